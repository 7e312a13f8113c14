import { type Bucket, countedByAll, roll } from './bucket.ts'
import type { Policy } from './policy.ts'
import type { Granted } from './shared-counts.ts'
import type { Sharing } from './sharing.ts'
import { msUntilFree } from './sliding-window.ts'
import type { WindowClock } from './window-clock.ts'

interface Asking {
  policy: Policy
  sharing: Sharing
  bucket: Bucket
  active: Set<Bucket>
  now: () => number
  clock: WindowClock
  /** Nothing was used for a while: the lease goes back. */
  isIdle: boolean
}

/** The leases of all gateways are at most this part of the quota, so that what idles elsewhere is little. */
const leasePart = 0.02
/** What was used longer ago says nothing of what will be. */
const memoryMs = 200

/** Asks the shared counts for what waits and what will be needed soon, and tells them what they do not know. Never rejects. */
export const askShared = (asking: Asking): Promise<void> => {
  const { bucket } = asking
  bucket.asking ??= exchange(asking).finally(() => {
    bucket.asking = undefined
  })
  return bucket.asking
}

const exchange = async (asking: Asking): Promise<void> => {
  const { policy, sharing, bucket, now, isIdle } = asking
  const epoch = sharing.epoch(policy, bucket.client)
  if (epoch !== undefined && bucket.epoch !== epoch) meetServer(bucket, sharing, epoch)
  const want = bucket.wanted
  const { untold, untoldBefore, window } = bucket
  const returned = isIdle ? bucket.lease : 0
  const spare = isIdle || sharing.isApart(now()) ? 0 : spareFor(policy, bucket, now(), sharing.gateways())
  bucket.wanted = 0
  bucket.demand = 0
  bucket.askedAt = now()
  bucket.lease -= returned
  try {
    const ask = { client: bucket.client, want, spare, returned, untold, untoldBefore }
    settle(asking, await sharing.take(policy, ask), want)
    // What was admitted meanwhile is still to be told; and a window may have ended.
    if (bucket.window === window) {
      bucket.untold -= untold
      bucket.untoldBefore -= untoldBefore
    } else bucket.untoldBefore = Math.max(0, bucket.untoldBefore - untold)
  } catch {
    bucket.lease += returned
  }
}

/** Another server than this client's counts were told to knows nothing of them. */
const meetServer = (bucket: Bucket, sharing: Sharing, epoch: string): void => {
  if (bucket.epoch !== undefined) {
    bucket.untold = bucket.used
    bucket.untoldBefore = bucket.usedBefore
    bucket.lease = 0
    sharing.noteRestart()
  }
  bucket.epoch = epoch
}

const spareFor = (
  { mode, quota }: Policy,
  { demand, askedAt }: Bucket,
  nowMs: number,
  gateways: number,
): number => {
  if (mode === 'exact' || nowMs - askedAt > memoryMs) return 0
  return Math.min(2 * demand, Math.ceil((quota * leasePart) / gateways))
}

const settle = (asking: Asking, granted: Granted, want: number): void => {
  const { policy, sharing, bucket, active, now, clock } = asking
  const { quota, windowMs } = policy
  const nowMs = now()
  clock.moveTo(nowMs)
  roll(bucket, clock.window)
  bucket.lease += granted.granted
  bucket.leasedAt = nowMs
  bucket.low = granted.granted > want ? bucket.lease / 2 : 0
  bucket.free = granted.free
  bucket.all = granted.used
  bucket.allBefore = granted.usedBefore
  bucket.askedIn = bucket.window
  // Until all have told what they admitted, nobody knows the whole.
  if (!sharing.isApart(nowMs)) learnShare(bucket, granted.used + granted.usedBefore, sharing.gateways())
  if (bucket.lease > 0) active.add(bucket)
  bucket.refusedUntil = 0
  if (granted.granted >= want) return
  const waitMs = msUntilFree(quota, 1, windowMs, countedByAll(bucket, clock.passed))
  bucket.refusedUntil = nowMs + Math.min(waitMs, askAgainMs(windowMs))
}

/** Who had little of a client may have more of it soon: a tenth of an even part is left to it. */
const learnShare = (bucket: Bucket, all: number, gateways: number): void => {
  const own = bucket.used + bucket.usedBefore + bucket.lease
  if (all > 0) bucket.share = Math.min(1, Math.max(own / all, 0.1 / gateways))
}

/** Others may give leases back: one asks again sooner than the counts alone would say, but not for each request. */
const askAgainMs = (windowMs: number): number => Math.min(1_000, Math.max(5, windowMs / 50))
