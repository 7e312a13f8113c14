/** A bound of what may be under way, which follows what the other side can do. */
export interface AdaptiveLimit {
  /** Takes a place for one more; false where there is none. */
  enter(): boolean
  /** One is over: how long it took, in ms. */
  leave(tookMs: number): void
  /** How many places there are now. */
  places(): number
}

interface Options {
  /** There are never more places. */
  most: number
  /** And never fewer: so many at a time are no reason to refuse anything. */
  least?: number
  now?: () => number
}

const windowMs = 250
/** Less than this is not slow, however fast it is otherwise. */
const slowMs = 100
/** So many times as long as usual is. */
const slowTimes = 4
/** Nothing came back for so long. */
const stuckMs = 1_000
/** What is usual is forgotten by so much with each window, so that a service may become slower in time. */
const forgetting = 1.002

/**
 * Additive increase, multiplicative decrease, by what answers take: where they take much longer than usual they wait in a queue
 * over there, and refusing early is better for everybody than waiting. With a service that does C a second, places settle at what
 * it does within the time that counts as slow, so it is busy all the time and nobody waits longer.
 */
export const adaptLimit = (options: Options): AdaptiveLimit => {
  const { most, now = () => performance.now() } = options
  const least = Math.min(most, options.least ?? 64)
  let places = most
  let underWay = 0
  let usualMs = Number.POSITIVE_INFINITY
  let window = { since: now(), sumMs: 0, leastMs: Number.POSITIVE_INFINITY, count: 0, peak: 0 }
  let lastOverAt = now()

  const judge = (at: number): void => {
    const meanMs = window.sumMs / window.count
    // The fastest of a while: whatever waits in a queue takes longer.
    usualMs = Math.min(usualMs * forgetting, window.leastMs)
    const isSlow = meanMs > Math.max(slowMs, slowTimes * usualMs)
    if (isSlow) places = Math.max(least, Math.floor(Math.min(places, window.peak) * 0.9))
    // Who asks for half of it learns nothing of what would be too much.
    else if (window.peak * 2 > places) places = Math.min(most, Math.ceil(places * 1.1))
    window = { since: at, sumMs: 0, leastMs: Number.POSITIVE_INFINITY, count: 0, peak: underWay }
  }

  return {
    enter() {
      const at = now()
      if (underWay >= places) return false
      if (underWay >= least && at - lastOverAt > stuckMs) return false
      if (underWay === 0) lastOverAt = at
      underWay += 1
      window.peak = Math.max(window.peak, underWay)
      return true
    },
    leave(tookMs) {
      const at = now()
      underWay -= 1
      lastOverAt = at
      window.sumMs += tookMs
      window.leastMs = Math.min(window.leastMs, tookMs)
      window.count += 1
      if (at - window.since >= windowMs) judge(at)
    },
    places: () => places,
  }
}
