import type { Counted } from './sliding-window.ts'

/** What a gateway knows of one client under one policy. Times are of `performance.now()`, windows are counted from 1970. */
export interface Bucket {
  readonly client: string
  window: number
  /** What this gateway admitted in that window, and in the one before. */
  used: number
  usedBefore: number
  /** Granted by the shared counts and not used yet. */
  lease: number
  leasedAt: number
  /** Below this the next lease is fetched ahead. */
  low: number
  /** Admitted without a lease and not told yet, in this window and in the one before it. */
  untold: number
  untoldBefore: number
  /** Taken or waited for since the shared counts were asked last, and when that was. */
  demand: number
  askedAt: number
  /** Until then it is refused without asking; the second is when a client does well to try again. */
  refusedUntil: number
  retryAt: number
  /** What was free for all gateways, and what they had used, when they were asked last. */
  free: number
  all: number
  allBefore: number
  /** The part of what all gateways admit that comes through this one, as of the last window that it took part in. */
  share: number
  /** The last window in which the shared counts were asked. */
  askedIn: number
  /** Of the server that the counts were told to. */
  epoch: string | undefined
  asking: Promise<void> | undefined
  /** What waits for that answer, or for the next one. */
  wanted: number
  /** While the shared counts are away: what may go, and since when it was filled. */
  tokens: number
  filledAt: number
  /** It was used since the memory looked last. */
  isTouched: boolean
}

export const newBucket = (client: string, window: number, share: number): Bucket => ({
  client,
  window,
  used: 0,
  usedBefore: 0,
  lease: 0,
  leasedAt: 0,
  low: 0,
  untold: 0,
  untoldBefore: 0,
  demand: 0,
  askedAt: Number.NEGATIVE_INFINITY,
  refusedUntil: 0,
  retryAt: 0,
  free: 0,
  all: 0,
  allBefore: 0,
  share,
  askedIn: -2,
  epoch: undefined,
  asking: undefined,
  wanted: 0,
  tokens: 0,
  filledAt: 0,
  isTouched: false,
})

/** Moves a bucket on to a window; a clock that is set back over the border of one does not undo that. */
export const roll = (bucket: Bucket, window: number): void => {
  if (window === bucket.window || window === bucket.window - 1) return
  const isNext = window === bucket.window + 1
  bucket.usedBefore = isNext ? bucket.used : 0
  bucket.untoldBefore = isNext ? bucket.untold : 0
  bucket.used = 0
  bucket.untold = 0
  bucket.window = window
}

/** What this gateway admitted itself. */
export const countedHere = ({ used, usedBefore }: Bucket, passed: number): Counted => ({
  used,
  usedBefore,
  passed,
})

/** What all gateways admitted, as of the last answer; the bucket is at most one window further. */
export const countedByAll = ({ all, allBefore, askedIn, window }: Bucket, passed: number): Counted =>
  askedIn === window
    ? { used: all, usedBefore: allBefore, passed }
    : { used: 0, usedBefore: askedIn === window - 1 ? all : 0, passed }
