import { LRUCache } from 'lru-cache'

/** How many seconds (whole, 1 or more) who asks under this name must wait; 0: not at all, and then it is counted. */
export type LimitRate = (name: string) => number

interface RateOptions {
  /** Requests of one name in a second, and at once; 0: any number. */
  perSecond: number
  /** Names remembered: those not heard of for longest are forgotten first. */
  namesMost?: number
  now?: () => number
}

/** A token bucket for each name (GCRA: one number each, the time at which its bucket will be full again). */
export const limitRate = ({
  perSecond,
  namesMost = 50_000,
  now = () => performance.now(),
}: RateOptions): LimitRate => {
  if (perSecond === 0) return () => 0
  const everyMs = 1_000 / perSecond
  const fullAt = new LRUCache<string, number>({ max: namesMost })
  return (name) => {
    const time = now()
    const full = Math.max(time, fullAt.get(name) ?? 0) + everyMs
    const waitMs = full - time - 1_000
    // A rounding error is no reason to refuse the last one.
    if (waitMs > 1e-6) return Math.max(1, Math.ceil(waitMs / 1_000))
    fullAt.set(name, full)
    return 0
  }
}
