import type { Policy } from './policy.ts'
import type { Ask, Granted, SharedCounts } from './shared-counts.ts'

/** The shared counts as this gateway finds them: there, away, or just back. */
export interface Sharing {
  /**
   * Whether each gateway keeps to its own part now: while the counts are away, and for a while after, until all others have
   * told what they admitted meanwhile.
   */
  isApart(nowMs: number): boolean
  /** Whether they did not answer just now: asking again can wait. */
  isAway(nowMs: number): boolean
  /** When gateways began to keep apart last, by the clock of `now`. */
  apartSince(): number
  /** Throws where the counts are away. */
  take(policy: Policy, ask: Ask): Promise<Granted>
  epoch(policy: Policy, client: string): string | undefined
  /** Another server than before answers: it knows nothing of what was told to the one before. */
  noteRestart(): void
  /** What to add to `now` for the milliseconds since 1970 of the clock that all share. */
  offsetMs(): number
  /** Of those that were here in the last seconds; at least 1. */
  gateways(): number
  /** For metrics: how often the counts did not answer. */
  failures(): number
  /** Counts the gateways now; otherwise that is done every few seconds. */
  recount(): void
  close(): void
}

interface SharingOptions {
  counts: SharedCounts
  gatewayId: string
  now: () => number
  /** Milliseconds since 1970 as this machine has them, until the clock of the counts is known. */
  wallMs?: () => number
  onError: (error: unknown) => void
  /** How long after the counts are back each keeps to its part: longer than others need to connect again. */
  settleMs?: number
}

const retryMs = 500
const tellEveryMs = 5_000

/** Watches over the counts that gateways share. */
export const createSharing = ({
  counts,
  gatewayId,
  now,
  wallMs = Date.now,
  onError,
  settleMs = 2_000,
}: SharingOptions): Sharing => {
  let awayUntil = Number.NEGATIVE_INFINITY
  let apartUntil = Number.NEGATIVE_INFINITY
  let apartSince = Number.NEGATIVE_INFINITY
  let offsetMs = wallMs() - now()
  let gateways = 1
  let failures = 0

  const keepApart = (forMs: number): void => {
    const nowMs = now()
    if (nowMs >= apartUntil) apartSince = nowMs
    apartUntil = Math.max(apartUntil, nowMs + forMs)
  }
  const countGateways = (): void => {
    counts.countGateways(gatewayId).then(
      (count) => {
        gateways = Math.max(1, count)
      },
      () => {},
    )
  }
  countGateways()
  const timer = setInterval(countGateways, tellEveryMs)
  timer.unref()

  return {
    isApart: (nowMs) => nowMs < apartUntil,
    isAway: (nowMs) => nowMs < awayUntil,
    apartSince: () => apartSince,
    async take(policy, ask) {
      const wasAway = awayUntil > Number.NEGATIVE_INFINITY
      try {
        const granted = await counts.take(policy, ask)
        offsetMs = granted.nowMs - now()
        if (wasAway) keepApart(settleMs)
        awayUntil = Number.NEGATIVE_INFINITY
        return granted
      } catch (error) {
        failures += 1
        awayUntil = now() + retryMs
        keepApart(retryMs)
        onError(error)
        throw error
      }
    },
    epoch: (policy, client) => counts.epoch(policy, client),
    noteRestart: () => keepApart(settleMs),
    offsetMs: () => offsetMs,
    gateways: () => gateways,
    failures: () => failures,
    recount: countGateways,
    close: () => clearInterval(timer),
  }
}
