import type { Bucket } from './bucket.ts'
import type { PolicyLimiter, Verdict } from './limit-policy.ts'

/** One policy that a request comes under, with the client's bucket, and how it was judged last. */
export interface Applied {
  limiter: PolicyLimiter
  bucket: Bucket
  cost: number
  verdict: Verdict
}

/** Asking more often finds nothing new: then it is admitted, and counted. */
const roundsMost = 4

/**
 * Takes a request's cost under the first `count` policies at once, or under none where one refuses: then false. Undefined where
 * Redis must be asked first.
 */
export const takeAll = (applied: readonly Applied[], count: number, nowMs: number): boolean | undefined => {
  let isUnknown = false
  let isRefused = false
  for (let index = 0; index < count; index += 1) {
    const one = applied[index] as Applied
    one.verdict = one.limiter.judge(one.bucket, one.cost, nowMs)
    if (one.verdict === 'refused') isRefused = true
    else if (one.verdict === 'unknown') isUnknown = true
  }
  if (isRefused) return false
  if (isUnknown) return undefined
  takeNow(applied, count, nowMs)
  return true
}

/** The same where Redis must be asked. The policies are held meanwhile: they must be the caller's own. */
export const askAll = async (applied: readonly Applied[], now: () => number): Promise<boolean> => {
  for (let round = 0; round < roundsMost; round += 1) {
    const nowMs = now()
    await Promise.all(
      applied.map(async ({ limiter, bucket, cost }) => {
        if (limiter.judge(bucket, cost, nowMs) === 'unknown') await limiter.ask(bucket, cost)
      }),
    )
    // A quota may have changed meanwhile.
    for (const one of applied) one.cost = Math.min(one.cost, one.limiter.policy.quota)
    const isAdmitted = takeAll(applied, applied.length, now())
    if (isAdmitted !== undefined) return isAdmitted
  }
  takeNow(applied, applied.length, now())
  return true
}

const takeNow = (applied: readonly Applied[], count: number, nowMs: number): void => {
  for (let index = 0; index < count; index += 1) {
    const { limiter, bucket, cost } = applied[index] as Applied
    limiter.take(bucket, cost, nowMs)
  }
}

/** Whole seconds, 1 or more, after which a client that was refused does well to try again. */
export const retrySeconds = ({ retryAt }: Bucket, nowMs: number): number =>
  Math.max(1, Math.ceil((retryAt - nowMs) / 1_000))
