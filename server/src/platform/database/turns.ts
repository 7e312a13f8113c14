import { afterReading } from '../after-reading.ts'
import { OutOfTime } from '../within.ts'

/** A queue for something that serves one at a time. */
export interface Turns {
  /**
   * Waits for the turn, at most the patience of the queue; returns what ends the turn. Throws {@link OutOfTime}, or what
   * `refuse` was given.
   */
  take(): Promise<() => void>
  /** From now on nobody gets a turn any more. */
  refuse(error: Error): void
  isTaken(): boolean
  /** How many wait for their turn. */
  waiting(): number
}

interface Waiter {
  start(): void
  fail(error: Error): void
}

/** Makes a queue in which nobody waits for longer than `patienceMs`, whoever holds the turn. */
export const createTurns = (patienceMs: number): Turns => {
  const waiting = new Set<Waiter>()
  let taken = false
  let refusal: Error | undefined

  const end = (): void => {
    const [next] = waiting
    if (next === undefined) {
      taken = false
      return
    }
    waiting.delete(next)
    next.start()
  }
  const oneTurn = (): (() => void) => {
    let ended = false
    return () => {
      if (!ended) end()
      ended = true
    }
  }
  const wait = (): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const giveUp = (): void => {
        if (waiting.delete(waiter))
          reject(new OutOfTime(`the embedded database was busy for ${patienceMs} ms`))
      }
      // A statement stops this whole process while it runs: whoever's time ended meanwhile is served first.
      const timer = setTimeout(() => afterReading(giveUp), patienceMs)
      const waiter: Waiter = {
        start() {
          clearTimeout(timer)
          resolve(oneTurn())
        },
        fail(error) {
          clearTimeout(timer)
          reject(error)
        },
      }
      waiting.add(waiter)
    })

  return {
    async take() {
      if (refusal) throw refusal
      if (taken) return wait()
      taken = true
      return oneTurn()
    },
    isTaken: () => taken,
    waiting: () => waiting.size,
    refuse(error) {
      refusal = error
      for (const waiter of waiting) waiter.fail(error)
      waiting.clear()
    },
  }
}
