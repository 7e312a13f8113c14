import type { Fault } from './check-event.ts'
import { readTime } from './read-time.ts'

/** How far the times of events may be from the server's. */
export interface TimeBounds {
  /** Milliseconds that an event may be old. No more than its partition is kept: else its id could count twice. */
  oldMostMs: number
}

/** Clocks that differ by less are right enough: what was measured would be the network. */
const skewLeastMs = 60_000
/** How far ahead of now an id may have been made: each day ahead has a partition. */
export const aheadMostMs = 7 * 86_400_000

/** Milliseconds since 1970 that a UUID of version 7 was made at (RFC 9562 §5.7). */
export const madeAt = (eventId: string): number =>
  Number.parseInt(eventId.slice(0, 8) + eventId.slice(9, 13), 16)

/** How far the clock of a device is behind, in milliseconds, by when it says that it sent what came at `receivedAt`. */
export const skewOf = (sentAt: string | undefined, receivedAt: number): number => {
  if (sentAt === undefined) return 0
  const skew = receivedAt - Date.parse(sentAt)
  return Math.abs(skew) < skewLeastMs ? 0 : skew
}

/**
 * When an event happened by the server's clock, and when its id was made; or why its times cannot be. The id is never put right: it
 * must lead to the same partition at every attempt to send it, so ids of clocks that are wrong by more than that are refused.
 */
export const dateEvent = (
  { eventId, at }: { eventId: string; at: string },
  { receivedAt, skewMs, oldMostMs }: TimeBounds & { receivedAt: number; skewMs: number },
): { at: number; madeAt: number } | Fault => {
  const made = madeAt(eventId)
  if (made < receivedAt - oldMostMs || made > receivedAt + aheadMostMs)
    return wrongClock(made, receivedAt, oldMostMs)
  const happened = Math.min(readTime(at) + skewMs, receivedAt)
  if (happened < receivedAt - oldMostMs) return tooOld(happened, oldMostMs)
  return { at: happened, madeAt: made }
}

const iso = (ms: number): string => new Date(ms).toISOString()

const daysOf = (ms: number): string => {
  const days = ms / 86_400_000
  return days === 1 ? 'a day' : `${days} days`
}

const wrongClock = (made: number, now: number, oldMostMs: number): Fault => ({
  code: 'clock_wrong',
  detail: `/eventId says that it was made at ${iso(made)}, which is more than ${daysOf(oldMostMs)} before, or ${daysOf(aheadMostMs)} after now. Here it is ${iso(now)}: set the clock, and make the event anew`,
})

const tooOld = (happened: number, oldMostMs: number): Fault => ({
  code: 'event_too_old',
  detail: `/at is ${iso(happened)} by the clock of the server: events are taken for ${daysOf(oldMostMs)}`,
})
