import { type Piece, pieceOf } from './own-stream.ts'

/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export const eventStreamType = 'text/event-stream'

const retryLeastMs = 1_000
const retryMostMs = 60_000
/** A process that goes down sends its readers away: so many of them come back in a second. */
const returnsASecond = 2_000

/**
 * How long a reader waits before it connects again, in ms: at random, up to as long as all readers of this process (`readers`)
 * need at 2,000 a second, but never below one second and no more than a minute.
 */
export const drawRetryMs = (readers: number): number => {
  const spreadMs = Math.min(
    retryMostMs - retryLeastMs,
    Math.max(retryLeastMs, (readers / returnsASecond) * 1_000),
  )
  return Math.round(retryLeastMs + Math.random() * spreadMs)
}

/** What sends a reader away, to come back later and elsewhere. */
export const retryPiece = (readers: number): Piece => pieceOf(`retry: ${drawRetryMs(readers)}\n\n`)
