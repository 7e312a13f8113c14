import type { Http2ServerRequest } from 'node:http2'
import type { ConnectionLimits } from './listener.ts'

interface Watched {
  incoming: Http2ServerRequest
  since: number
  bytes: number
}

interface Watch {
  /** To be called with each request that has a body. */
  watch(incoming: Http2ServerRequest): void
  /** Looks at all of them once; done by itself a few times in a span. */
  look(now: number): void
  stop(): void
}

const looksInSpan = 4

/** Of HTTP/2 all streams of a connection together: a slow one hides behind a fast one, but only while that lasts. */
const bytesOf = (incoming: Http2ServerRequest): number => incoming.stream.session?.socket.bytesRead ?? 0

/** The client's turn: what has arrived is read, and more is asked for. Else we are the slow ones. */
const isAwaited = (incoming: Http2ServerRequest): boolean =>
  incoming.readableFlowing === true && incoming.readableLength === 0

/**
 * Cuts bodies off that arrive slower than `bodyBytes` in `bodySpanMs`: a bound of the whole time would cut large ones on a
 * slow line, and let small ones hold a connection. The bytes are those of the connection, so nothing is counted per piece.
 */
export const watchBodies = (
  { bodyBytes, bodySpanMs }: ConnectionLimits,
  cut: (incoming: Http2ServerRequest) => void,
): Watch => {
  const all = new Set<Watched>()
  const isSlow = (body: Watched, now: number): boolean => {
    const bytes = bytesOf(body.incoming)
    if (!isAwaited(body.incoming) || bytes - body.bytes >= bodyBytes) {
      body.since = now
      body.bytes = bytes
    }
    return now - body.since >= bodySpanMs
  }
  const look = (now: number): void => {
    for (const body of all) {
      if (!isSlow(body, now)) continue
      all.delete(body)
      cut(body.incoming)
    }
  }
  const timer = setInterval(() => look(performance.now()), bodySpanMs / looksInSpan)
  timer.unref()
  return {
    watch(incoming) {
      const body = { incoming, since: performance.now(), bytes: bytesOf(incoming) }
      all.add(body)
      incoming.once('close', () => all.delete(body))
    },
    look,
    stop: () => clearInterval(timer),
  }
}
