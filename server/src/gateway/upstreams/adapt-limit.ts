/** A bound of what may be under way, which follows what the other side can do. */
export interface AdaptiveLimit {
  /** Takes a place for one more; false where there is none. */
  enter(): boolean
  /** One is over: how long it took, in ms. That it failed fast tells nothing of how long answers take. */
  leave(tookMs: number, isFailed?: boolean): void
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
/** Fewer answers say too little: a window without them goes on. */
const answersLeast = 20
/** Less than this is not slow, however fast it is otherwise. */
const slowMs = 100
/** So many times as long as usual is. */
const slowTimes = 3
/** Nothing came back for so long. */
const stuckMs = 1_000
/** Then one in this time is let in: what is under way may be slow by nature, and only an answer shows that others are not. */
const probeMs = 100
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
  let window = { since: now(), logs: 0, count: 0, peak: 0 }
  let lastOverAt = now()
  let probedAt = Number.NEGATIVE_INFINITY

  const mayProbe = (at: number): boolean => {
    if (at - probedAt < probeMs) return false
    probedAt = at
    return true
  }
  const judge = (at: number): void => {
    // The geometric mean: a queue makes each answer wait, and the fast ones of a route show it, however slow its slow ones are.
    const meanMs = Math.exp(window.logs / window.count)
    usualMs = Math.min(usualMs * forgetting, meanMs)
    const slowFrom = Math.max(slowMs, slowTimes * usualMs)
    // Far too slow: by as much at once, or those who are in the queue would wait long until it is short.
    const part = Math.max(0.5, Math.min(0.9, slowFrom / meanMs))
    if (meanMs > slowFrom) places = Math.max(least, Math.floor(Math.min(places, window.peak) * part))
    // Who asks for half of it learns nothing of what would be too much.
    else if (window.peak * 2 > places) places = Math.min(most, Math.ceil(places * 1.1))
    window = { since: at, logs: 0, count: 0, peak: underWay }
  }

  return {
    enter() {
      const at = now()
      if (underWay >= places) return false
      if (underWay >= least && at - lastOverAt > stuckMs && !mayProbe(at)) return false
      if (underWay === 0) lastOverAt = at
      underWay += 1
      window.peak = Math.max(window.peak, underWay)
      return true
    },
    leave(tookMs, isFailed = false) {
      const at = now()
      underWay -= 1
      lastOverAt = at
      if (isFailed && tookMs < slowMs) return
      window.logs += Math.log(Math.max(1, tookMs))
      window.count += 1
      if (at - window.since >= windowMs && window.count >= answersLeast) judge(at)
    },
    places: () => places,
  }
}
