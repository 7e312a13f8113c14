import { askShared } from './ask-shared.ts'
import { type Bucket, countedByAll, countedHere, newBucket, roll } from './bucket.ts'
import { type BucketMemory, Buckets } from './buckets.ts'
import type { Decisions } from './count-decisions.ts'
import type { Policy } from './policy.ts'
import { PolicyText } from './policy-text.ts'
import type { Sharing } from './sharing.ts'
import { freeOf, msUntilFree } from './sliding-window.ts'
import { WindowClock } from './window-clock.ts'

/** What is known now of whether a client may take something: to find out more, ask. */
export type Verdict = 'free' | 'refused' | 'unknown'

interface LimiterOptions {
  /** Absent: this process counts alone. */
  sharing?: Sharing | undefined
  now: () => number
  memory: BucketMemory
}

/** All gateways together admit this part of the quota for a client that they did not hear of lately, before they ask. */
const unaskedPart = 0.02
const idleMs = 100

/**
 * One policy over all clients, and over all gateways that share their counts. Whoever finds an amount free takes it at once,
 * before anybody else can. A class, because its methods are called for every request: closures cost twice the time.
 */
export class PolicyLimiter {
  policy: Policy
  text: PolicyText
  /** Of each request that came under it; who refuses one counts that. */
  readonly decisions: Decisions = { admitted: 0, refused: 0 }
  readonly #sharing: Sharing | undefined
  readonly #now: () => number
  readonly #buckets: Buckets
  readonly #clock: WindowClock
  /** Buckets that hold a lease, or have to tell something. */
  readonly #active = new Set<Bucket>()

  constructor(policy: Policy, { sharing, now, memory }: LimiterOptions) {
    this.policy = policy
    this.text = new PolicyText(policy)
    this.#sharing = policy.mode === 'process' ? undefined : sharing
    this.#now = now
    this.#buckets = new Buckets(memory)
    const offsetMs = sharing?.offsetMs ?? fixed(Date.now() - now())
    // Who counts alone goes by its own clock, which nobody sets.
    this.#clock = new WindowClock(policy.windowMs, this.#sharing === undefined ? fixed(offsetMs()) : offsetMs)
  }

  /** From now on so much is let in; what was counted stays. */
  setQuota(quota: number): void {
    const part = quota / this.policy.quota
    // A lease of a larger quota could be more than all that may go now.
    for (const bucket of this.#active) bucket.lease = Math.min(bucket.lease, Math.floor(bucket.lease * part))
    this.policy = { ...this.policy, quota }
    this.text = new PolicyText(this.policy)
  }

  bucketOf(client: string, nowMs: number): Bucket {
    const known = this.#buckets.find(client)
    if (known !== undefined) return known
    this.#clock.moveTo(nowMs)
    const bucket = newBucket(ownText(client), this.#clock.window, 1 / (this.#sharing?.gateways() ?? 1))
    this.#buckets.add(bucket)
    return bucket
  }

  /** Moves the bucket on to now, and the limiter with it: what they tell without a time is of then. */
  judge(bucket: Bucket, cost: number, nowMs: number): Verdict {
    this.#clock.moveTo(nowMs)
    roll(bucket, this.#clock.window)
    return this.#sharing === undefined
      ? this.#judgeAlone(bucket, cost, nowMs)
      : this.#judgeShared(this.#sharing, bucket, cost, nowMs)
  }

  #judgeAlone(bucket: Bucket, cost: number, nowMs: number): Verdict {
    const { quota, windowMs } = this.policy
    const counted = countedHere(bucket, this.#clock.passed)
    if (freeOf(quota, counted) >= cost) return 'free'
    bucket.retryAt = nowMs + msUntilFree(quota, cost, windowMs, counted)
    return 'refused'
  }

  #judgeShared(sharing: Sharing, bucket: Bucket, cost: number, nowMs: number): Verdict {
    if (bucket.lease >= cost) return 'free'
    if (sharing.isApart(nowMs)) return this.#judgeApart(bucket, cost, nowMs, sharing.apartSince())
    const { quota, windowMs, mode } = this.policy
    if (bucket.refusedUntil > nowMs) {
      const counted = countedByAll(bucket, this.#clock.passed)
      bucket.retryAt = nowMs + msUntilFree(quota, cost - bucket.lease, windowMs, counted)
      return 'refused'
    }
    const isNew = mode === 'shared' && bucket.window - bucket.askedIn > 1
    const isFree = isNew && bucket.untold + cost <= Math.floor((quota * unaskedPart) / sharing.gateways())
    return isFree ? 'free' : 'unknown'
  }

  /** Refilled steadily by this gateway's part: whole windows would lose the fractions of small parts. */
  #judgeApart(bucket: Bucket, cost: number, nowMs: number, since: number): Verdict {
    const { quota, windowMs } = this.policy
    const most = Math.max(1, bucket.share * quota)
    if (bucket.filledAt < since) {
      bucket.tokens = most - bucket.used - bucket.usedBefore * (1 - this.#clock.passed)
      bucket.filledAt = nowMs
    }
    const rate = (bucket.share * quota) / windowMs
    bucket.tokens = Math.min(most, bucket.tokens + (nowMs - bucket.filledAt) * rate)
    bucket.filledAt = nowMs
    const lacking = Math.min(cost, most) - bucket.tokens
    if (lacking <= 0) return 'free'
    bucket.retryAt = nowMs + lacking / rate
    return 'refused'
  }

  /** After `judge` of the same moment. */
  take(bucket: Bucket, cost: number, nowMs: number): void {
    const sharing = this.#sharing
    this.decisions.admitted += 1
    bucket.used += cost
    if (sharing === undefined) return
    bucket.demand += cost
    if (bucket.lease >= cost) bucket.lease -= cost
    else {
      bucket.untold += cost
      if (sharing.isApart(nowMs)) {
        bucket.tokens -= cost
        this.#active.add(bucket)
      }
    }
    if (bucket.lease < bucket.low && !bucket.asking && !sharing.isApart(nowMs)) {
      void this.#askFor(sharing, bucket, false)
    }
  }

  /** Waits until more is known of what others took. Never rejects. */
  async ask(bucket: Bucket, cost: number): Promise<void> {
    if (this.#sharing === undefined) return
    bucket.wanted += cost
    // One that is under way left before this was wanted.
    await bucket.asking
    if (bucket.wanted > 0) void this.#askFor(this.#sharing, bucket, false)
    await bucket.asking
  }

  #askFor(sharing: Sharing, bucket: Bucket, isIdle: boolean): Promise<void> {
    const { policy } = this
    return askShared({
      policy,
      sharing,
      bucket,
      active: this.#active,
      now: this.#now,
      clock: this.#clock,
      isIdle,
    })
  }

  /** What is left, for all gateways as far as this one knows; whole, 0 or more. */
  remaining(bucket: Bucket, nowMs: number): number {
    const { quota } = this.policy
    const sharing = this.#sharing
    if (sharing === undefined) return Math.max(0, freeOf(quota, countedHere(bucket, this.#clock.passed)))
    if (sharing.isApart(nowMs)) return Math.max(0, Math.floor(bucket.tokens + bucket.lease))
    const isKnown = bucket.window - bucket.askedIn <= 1
    return isKnown ? Math.max(0, bucket.free) + bucket.lease : Math.max(0, quota - bucket.used)
  }

  /** Seconds until the window ends. */
  resetSeconds(): number {
    return Math.max(1, Math.ceil(this.#clock.leftMs / 1_000))
  }

  /** Gives back what is not used, and tells what was admitted while the counts were away. */
  sweep(nowMs: number): void {
    const sharing = this.#sharing
    if (sharing === undefined || sharing.isAway(nowMs)) return
    this.#clock.moveTo(nowMs)
    for (const bucket of this.#active) {
      roll(bucket, this.#clock.window)
      const isDone = bucket.lease === 0 && bucket.untold === 0 && bucket.untoldBefore === 0
      if (isDone) this.#active.delete(bucket)
      else if (sharing.isBusy()) return
      else if (!bucket.asking && nowMs - bucket.leasedAt > idleMs) void this.#askFor(sharing, bucket, true)
    }
  }

  /** The last word of a gateway that stops: gives back, and tells, all there is. Never rejects. */
  async giveBack(): Promise<void> {
    const sharing = this.#sharing
    if (sharing === undefined) return
    for (const bucket of this.#active) {
      await bucket.asking
      if (sharing.isAway(this.#now())) return
      const asking = this.#askFor(sharing, bucket, true)
      if (sharing.isBusy()) await asking
    }
    await Promise.all([...this.#active].map(({ asking }) => asking))
  }

  size(): number {
    return this.#buckets.size
  }
}

const fixed = (value: number) => () => value

/** A part of a longer text would keep all of that in memory. */
const ownText = (text: string): string => Buffer.from(text).toString()
