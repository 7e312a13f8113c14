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
  /** Whether so much is being asked that what can wait had better. */
  isBusy(): boolean
  /** Of those that were here in the last seconds; at least 1. */
  gateways(): number
  /** Whether gateways were told last to keep apart; unlike `isApart` it does not end before the counts have answered again. */
  isToldApart(): boolean
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
  /** Told once when each gateway begins to keep to its part, with the reason where there is one, and once when all count together again. */
  onTurn: (isApart: boolean, error?: unknown) => void
  /** How long after the counts are back each keeps to its part: longer than others need to connect again. */
  settleMs?: number
}

const retryMs = 500
const tellEveryMs = 5_000
/** A client refuses more than some thousands at once, and then Redis would seem to be away. */
const busyFrom = 1_000

/** Watches over the counts that gateways share. */
export const createSharing = ({
  counts,
  gatewayId,
  now,
  wallMs = Date.now,
  onTurn,
  settleMs = 2_000,
}: SharingOptions): Sharing => {
  let awayUntil = Number.NEGATIVE_INFINITY
  let apartUntil = Number.NEGATIVE_INFINITY
  let apartSince = Number.NEGATIVE_INFINITY
  let offsetMs = wallMs() - now()
  let gateways = 1
  let failures = 0
  let isToldApart = false
  let underWay = 0

  const tell = (isApart: boolean, error?: unknown): void => {
    if (isApart === isToldApart) return
    isToldApart = isApart
    onTurn(isApart, error)
  }
  const keepApart = (forMs: number, error?: unknown): void => {
    const nowMs = now()
    tell(true, error)
    if (nowMs >= apartUntil) apartSince = nowMs
    apartUntil = Math.max(apartUntil, nowMs + forMs)
  }
  const countGateways = (): void => {
    counts.countGateways(gatewayId).then(
      (count) => {
        gateways = Math.max(1, count)
        if (awayUntil === Number.NEGATIVE_INFINITY && now() >= apartUntil) tell(false)
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
      underWay += 1
      try {
        const granted = await counts.take(policy, ask)
        offsetMs = granted.nowMs - now()
        if (wasAway) keepApart(settleMs)
        awayUntil = Number.NEGATIVE_INFINITY
        return granted
      } catch (error) {
        failures += 1
        awayUntil = now() + retryMs
        keepApart(retryMs, error)
        throw error
      } finally {
        underWay -= 1
      }
    },
    epoch: (policy, client) => counts.epoch(policy, client),
    noteRestart: () => keepApart(settleMs),
    offsetMs: () => offsetMs,
    isBusy: () => underWay >= busyFrom,
    gateways: () => gateways,
    isToldApart: () => isToldApart,
    failures: () => failures,
    recount: countGateways,
    close: () => clearInterval(timer),
  }
}
