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

/** Under all policies: what is to be told of each, and whether one of them refuses. */
export interface Decision {
  isRefused: boolean
  standings: readonly Standing[]
}

/** A policy with the client's bucket under it. */
interface Held {
  applied: Applied
  bucket: Bucket
}

/** Asking more often finds nothing new: then it is admitted, and counted. */
const roundsMost = 4

/**
 * Takes a request's cost under all policies at once, or under none where one refuses. At once where everything needed is
 * known here; else when Redis was asked.
 */
export const takeAll = (applied: readonly Applied[], now: () => number): Decision | Promise<Decision> => {
  const nowMs = now()
  const held: Held[] = []
  for (const one of applied) held.push({ applied: one, bucket: one.limiter.bucketOf(one.client, nowMs) })
  return settleAt(held, nowMs) ?? askAll(held, now)
}

/** What is decided now; undefined where more must be known. */
const settleAt = (held: readonly Held[], nowMs: number): Decision | undefined => {
  let isUnknown = false
  let isRefused = false
  for (const { applied, bucket } of held) {
    const verdict = applied.limiter.judge(bucket, applied.cost, nowMs)
    if (verdict === 'refused') isRefused = true
    else if (verdict === 'unknown') isUnknown = true
  }
  if (isRefused) return decided(held, nowMs, true)
  return isUnknown ? undefined : takeNow(held, nowMs)
}

const takeNow = (held: readonly Held[], nowMs: number): Decision => {
  for (const { applied, bucket } of held) applied.limiter.take(bucket, applied.cost, nowMs)
  return decided(held, nowMs, false)
}

const askAll = async (held: readonly Held[], now: () => number): Promise<Decision> => {
  for (let round = 0; round < roundsMost; round += 1) {
    const nowMs = now()
    await Promise.all(
      held.map(async ({ applied: { limiter, cost }, bucket }) => {
        if (limiter.judge(bucket, cost, nowMs) === 'unknown') await limiter.ask(bucket, cost)
      }),
    )
    const settled = settleAt(held, now())
    if (settled) return settled
  }
  return takeNow(held, now())
}

const decided = (held: readonly Held[], nowMs: number, isRefused: boolean): Decision => {
  const standings: Standing[] = []
  for (const { applied, bucket } of held) {
    const { limiter, cost } = applied
    const isViolated = isRefused && limiter.judge(bucket, cost, nowMs) === 'refused'
    standings.push({
      applied,
      isViolated,
      remaining: isViolated ? 0 : limiter.remaining(bucket, nowMs),
      resetSeconds: limiter.resetSeconds(nowMs),
      retryAfterSeconds: isViolated ? Math.max(1, Math.ceil((bucket.retryAt - nowMs) / 1_000)) : 0,
    })
  }
  return { isRefused, standings }
}
