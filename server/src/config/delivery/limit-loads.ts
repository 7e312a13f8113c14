import { Problem } from '../../../../contract/problems.ts'

/** Too many loads of what is not held: the database is well, and the next moment may have a place. */
export class Crowded extends Problem {
  constructor() {
    super('store_unavailable', {
      detail: 'Too many configs that this node does not hold are asked for at once. Try again in a moment.',
      headers: { 'retry-after': '1' },
    })
  }
}

export interface Places {
  /**
   * Waits for a place among the loads under way, in the order of asking; returns what gives it back. Throws Crowded when
   * too many wait already, or when none came free in time.
   */
  take(): Promise<() => void>
  /** How many wait for a place. */
  waiting(): number
}

/** At most `most` loads at once; `waitingMost` more wait, each for `patienceMs` at most. */
export const limitLoads = (limits: { most: number; waitingMost: number; patienceMs: number }): Places => {
  const waiting = new Set<() => void>()
  let underWay = 0

  // Whoever ends hands the place on, so that nobody who comes later can be faster.
  const giveBack = (): void => {
    const [next] = waiting
    if (next) next()
    else underWay -= 1
  }
  const wait = (): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const start = (): void => {
        clearTimeout(timer)
        waiting.delete(start)
        resolve(giveBack)
      }
      const timer = setTimeout(() => {
        waiting.delete(start)
        reject(new Crowded())
      }, limits.patienceMs)
      waiting.add(start)
    })

  return {
    async take() {
      if (underWay >= limits.most) {
        if (waiting.size >= limits.waitingMost) throw new Crowded()
        return wait()
      }
      underWay += 1
      return giveBack
    },
    waiting: () => waiting.size,
  }
}
