import { askShared } from './ask-shared.ts'
import { type Bucket, countedIn, newBucket, roll } from './bucket.ts'
import { createBuckets } from './buckets.ts'
import type { Policy } from './policy.ts'
import type { Sharing } from './sharing.ts'
import { freeOf, msUntilFree } from './sliding-window.ts'

/** What is known now of whether a client may take something: to find out more, ask. */
export type Verdict = 'free' | 'refused' | 'unknown'

/** One policy over all clients. Whoever finds an amount free takes it at once, before anybody else can. */
export interface PolicyLimiter {
  readonly policy: Policy
  /** The bucket of a client, moved on to now. */
  bucketOf(client: string, nowMs: number): Bucket
  judge(bucket: Bucket, cost: number, nowMs: number): Verdict
  take(bucket: Bucket, cost: number, nowMs: number): void
  /** Waits until more is known of what others took. Never rejects. */
  ask(bucket: Bucket, cost: number): Promise<void>
  /** What is left, for all gateways as far as this one knows; whole, 0 or more. */
  remaining(bucket: Bucket, nowMs: number): number
  /** Seconds until the window ends. */
  resetSeconds(nowMs: number): number
  /** Gives back what is not used, and tells what was admitted while the counts were away. */
  sweep(nowMs: number): void
  size(): number
}

interface LimiterOptions {
  /** Absent: this process counts alone. */
  sharing?: Sharing | undefined
  now: () => number
  clientsMost: number
}

/** All gateways together admit this part of the quota for a client that they did not hear of lately, before they ask. */
const unaskedPart = 0.02
const idleMs = 100

/** Limits each client to the policy's quota, over all gateways that share their counts. */
export const limitPolicy = (
  policy: Policy,
  { sharing: shared, now, clientsMost }: LimiterOptions,
): PolicyLimiter => {
  const { quota, windowMs, mode } = policy
  const sharing = mode === 'process' ? undefined : shared
  const buckets = createBuckets(clientsMost)
  /** Buckets that hold a lease, or have to tell something. */
  const active = new Set<Bucket>()
  const unaskedMost =
    sharing && mode !== 'exact' ? () => Math.floor((quota * unaskedPart) / sharing.gateways()) : fixed(0)
  const ratePerMs = quota / windowMs
  const offsetMs = shared ? shared.offsetMs : fixed(Date.now() - now())

  const passedAt = (nowMs: number): number => ((nowMs + offsetMs()) % windowMs) / windowMs
  const windowAt = (nowMs: number): number => Math.floor((nowMs + offsetMs()) / windowMs)

  const refuseFor = (bucket: Bucket, waitMs: number, nowMs: number): Verdict => {
    bucket.retryAt = nowMs + waitMs
    return 'refused'
  }
  const judgeAlone = (bucket: Bucket, cost: number, nowMs: number): Verdict => {
    const counted = countedIn(bucket, passedAt(nowMs))
    if (freeOf(quota, counted) >= cost) return 'free'
    return refuseFor(bucket, msUntilFree(quota, cost, windowMs, counted), nowMs)
  }
  /** Refilled steadily by this gateway's part: whole windows would lose the fractions of small parts. */
  const judgeApart = (bucket: Bucket, cost: number, nowMs: number, since: number): Verdict => {
    const most = Math.max(1, bucket.share * quota)
    if (bucket.filledAt < since) {
      const { used, usedBefore } = bucket
      bucket.tokens = most - used - usedBefore * (1 - passedAt(nowMs))
      bucket.filledAt = nowMs
    }
    const rate = bucket.share * ratePerMs
    bucket.tokens = Math.min(most, bucket.tokens + (nowMs - bucket.filledAt) * rate)
    bucket.filledAt = nowMs
    if (bucket.tokens >= Math.min(cost, most)) return 'free'
    return refuseFor(bucket, (Math.min(cost, most) - bucket.tokens) / rate, nowMs)
  }

  return {
    policy,
    bucketOf(client, nowMs) {
      const known = buckets.find(client)
      if (known) {
        roll(known, windowAt(nowMs))
        return known
      }
      const bucket = newBucket(client, windowAt(nowMs), 1 / (sharing?.gateways() ?? 1))
      buckets.add(bucket)
      return bucket
    },
    judge(bucket, cost, nowMs) {
      if (!sharing) return judgeAlone(bucket, cost, nowMs)
      if (bucket.lease >= cost) return 'free'
      if (sharing.isApart(nowMs)) return judgeApart(bucket, cost, nowMs, sharing.apartSince())
      if (bucket.refusedUntil > nowMs) return 'refused'
      const isNew = bucket.window - bucket.askedIn > 1
      return isNew && bucket.untold + cost <= unaskedMost() ? 'free' : 'unknown'
    },
    take(bucket, cost, nowMs) {
      bucket.used += cost
      if (!sharing) return
      bucket.demand += cost
      if (bucket.lease >= cost) bucket.lease -= cost
      else {
        bucket.untold += cost
        if (sharing.isApart(nowMs)) {
          bucket.tokens -= cost
          active.add(bucket)
        }
      }
      if (bucket.lease < bucket.low && !bucket.asking && !sharing.isApart(nowMs)) {
        void askShared({ policy, sharing, bucket, active, now, windowAt, passedAt })
      }
    },
    async ask(bucket, cost) {
      if (!sharing) return
      bucket.wanted += cost
      // One that is under way left before this was wanted.
      await bucket.asking
      if (bucket.wanted > 0) void askShared({ policy, sharing, bucket, active, now, windowAt, passedAt })
      await bucket.asking
    },
    remaining(bucket, nowMs) {
      if (!sharing) return Math.max(0, freeOf(quota, countedIn(bucket, passedAt(nowMs))))
      if (sharing.isApart(nowMs)) return Math.max(0, Math.floor(bucket.tokens + bucket.lease))
      const isKnown = bucket.window - bucket.askedIn <= 1
      return isKnown ? Math.max(0, bucket.free) + bucket.lease : Math.max(0, quota - bucket.used)
    },
    resetSeconds: (nowMs) => Math.max(1, Math.ceil(((1 - passedAt(nowMs)) * windowMs) / 1_000)),
    sweep(nowMs) {
      if (!sharing || sharing.isAway(nowMs)) return
      for (const bucket of active) {
        roll(bucket, windowAt(nowMs))
        const isDone = bucket.lease === 0 && bucket.untold === 0 && bucket.untoldBefore === 0
        if (isDone) active.delete(bucket)
        else if (!bucket.asking && nowMs - bucket.leasedAt > idleMs) {
          void askShared({ policy, sharing, bucket, active, now, windowAt, passedAt, isIdle: true })
        }
      }
    },
    size: () => buckets.size,
  }
}

const fixed = (value: number) => () => value
