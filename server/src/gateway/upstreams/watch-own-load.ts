/** Whether this process has more to do than it can, as the requests that wait for it would tell. */
export interface OwnLoad {
  /** Whether this ordinary request has waited too long already, and is to be refused. Looks at a clock only while that may be. */
  isTooMuch(): boolean
  close(): void
}

interface Options {
  /** Told when refusing becomes possible, and when it is over, with how many were refused meanwhile. */
  onTurn: (isOverloaded: boolean, refused: number) => void
  now?: () => number
  /** Calls again and again, every `ms` or later where the process is busy; returns what ends it. */
  every?: (ms: number, look: () => void) => () => void
}

const everyMs = 100
/** A turn of the event loop that takes so much longer makes all wait that came in the meantime. */
const lateMs = 100
/** Turns in a row that are so late: a single one is a pause of the garbage collector, or of the machine. */
const turnsMost = 5
/** So many requests of a turn are answered whatever the time: a machine that is busy with something else is no reason to refuse a few. */
const leastInTurn = 200
/** So many turns without need to refuse end it. */
const calmTurns = 20

/**
 * What waits for a process is in no queue of its own, but in the sockets: each turn of the event loop takes all that has come, and the
 * last has waited for all before it. A timer that comes late tells how long that is. Where several turns in a row
 * were too long, what stands at the end of one is refused, so that a turn ends soon and nobody waits longer.
 */
export const watchOwnLoad = ({ onTurn, now = () => performance.now(), every = repeat }: Options): OwnLoad => {
  let turnBegan = now()
  let late = 0
  let calm = 0
  let isOverloaded = false
  let inTurn = 0
  let refusedInTurn = 0
  let refused = 0

  const turn = (to: boolean): void => {
    isOverloaded = to
    onTurn(to, refused)
    refused = 0
  }
  const look = (): void => {
    const at = now()
    const isLate = at - turnBegan > everyMs + lateMs
    // Few requests do not make it late, and refusing them would not help.
    late = isLate && inTurn > leastInTurn ? late + 1 : 0
    calm = refusedInTurn > 0 ? 0 : calm + 1
    if (!isOverloaded && late >= turnsMost) turn(true)
    else if (isOverloaded && calm >= calmTurns) turn(false)
    turnBegan = at
    inTurn = 0
    refusedInTurn = 0
  }
  const end = every(everyMs, look)

  return {
    isTooMuch() {
      inTurn += 1
      if (!isOverloaded || inTurn <= leastInTurn || now() - turnBegan <= everyMs + lateMs) return false
      refusedInTurn += 1
      refused += 1
      return true
    },
    close: end,
  }
}

const repeat = (ms: number, look: () => void): (() => void) => {
  const timer = setInterval(look, ms)
  timer.unref()
  return () => clearInterval(timer)
}
