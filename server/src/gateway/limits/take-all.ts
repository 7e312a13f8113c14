import type { Bucket } from './bucket.ts'
import type { PolicyLimiter } from './limit-policy.ts'

/** One policy that a request comes under. */
export interface Applied {
  limiter: PolicyLimiter
  /** As the limit stands in RateLimit-Policy. */
  item: string
  client: string
  cost: number
}

/** What was decided under one policy. */
export interface Standing {
  applied: Applied
  isViolated: boolean
  remaining: number
  resetSeconds: number
  /** Whole, 1 or more, where it is violated. */
  retryAfterSeconds: number
}

/** Asking more often finds nothing new: then it is admitted, and counted. */
const roundsMost = 4

/**
 * Takes a request's cost under all policies at once, or under none where one refuses. At once where everything needed is
 * known here; else when Redis was asked.
 */
export const takeAll = (
  applied: readonly Applied[],
  now: () => number,
): readonly Standing[] | Promise<readonly Standing[]> => {
  const nowMs = now()
  const buckets = applied.map(({ limiter, client }) => limiter.bucketOf(client, nowMs))
  return settleAt(applied, buckets, nowMs) ?? askAll(applied, buckets, now)
}

/** What is decided now; undefined where more must be known. */
const settleAt = (
  applied: readonly Applied[],
  buckets: readonly Bucket[],
  nowMs: number,
): readonly Standing[] | undefined => {
  let isUnknown = false
  let isRefused = false
  for (const [index, { limiter, cost }] of applied.entries()) {
    const verdict = limiter.judge(buckets[index] as Bucket, cost, nowMs)
    if (verdict === 'refused') isRefused = true
    else if (verdict === 'unknown') isUnknown = true
  }
  if (isRefused) return standings(applied, buckets, nowMs, true)
  if (isUnknown) return undefined
  for (const [index, { limiter, cost }] of applied.entries())
    limiter.take(buckets[index] as Bucket, cost, nowMs)
  return standings(applied, buckets, nowMs, false)
}

const askAll = async (
  applied: readonly Applied[],
  buckets: readonly Bucket[],
  now: () => number,
): Promise<readonly Standing[]> => {
  for (let round = 0; round < roundsMost; round += 1) {
    const nowMs = now()
    await Promise.all(
      applied.map(async ({ limiter, cost }, index) => {
        const bucket = buckets[index] as Bucket
        if (limiter.judge(bucket, cost, nowMs) === 'unknown') await limiter.ask(bucket, cost)
      }),
    )
    const settled = settleAt(applied, buckets, now())
    if (settled) return settled
  }
  const nowMs = now()
  for (const [index, { limiter, cost }] of applied.entries())
    limiter.take(buckets[index] as Bucket, cost, nowMs)
  return standings(applied, buckets, nowMs, false)
}

const standings = (
  applied: readonly Applied[],
  buckets: readonly Bucket[],
  nowMs: number,
  isRefused: boolean,
): Standing[] =>
  applied.map((one, index) => {
    const { limiter, cost } = one
    const bucket = buckets[index] as Bucket
    const isViolated = isRefused && limiter.judge(bucket, cost, nowMs) === 'refused'
    return {
      applied: one,
      isViolated,
      remaining: isViolated ? 0 : limiter.remaining(bucket, nowMs),
      resetSeconds: limiter.resetSeconds(nowMs),
      retryAfterSeconds: isViolated ? Math.max(1, Math.ceil((bucket.retryAt - nowMs) / 1_000)) : 0,
    }
  })
