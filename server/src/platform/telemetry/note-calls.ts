import { type Recorder, record } from './distribution.ts'
import type { Telemetry } from './telemetry.ts'

/** A request to another process that is under way. */
export interface CallUnderWay {
  /** The header that tells the other side of its span; undefined where none is recorded. */
  traceparent: string | undefined
  /** It is answered, or failed: `failure` is the kind of that. */
  over(outcome: { status: number } | { failure: string }): void
}

/** Begins a request with this method to `path` (without its query) below `base`. */
export type NoteCall = (method: string, base: URL, path: string) => CallUnderWay

const bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Counts requests to other processes, and how long they take, by the names of the semantic conventions; a span each where traces are on. */
export const noteCalls = (
  { meters, tracing }: Pick<Telemetry, 'meters' | 'tracing'>,
  name: string,
): NoteCall => {
  const durations = meters.histogram({
    name: 'http.client.request.duration',
    unit: 's',
    description: 'Duration of requests to other processes, until the answer begins.',
    bounds,
  })
  const known = new Map<string, Recorder>()
  const recorderOf = (method: string, base: URL, outcome: string): Recorder => {
    const key = `${method} ${base.host} ${outcome}`
    const found = known.get(key)
    if (found) return found
    const status = Number(outcome)
    const made = durations.of({
      'http.request.method': method,
      'server.address': base.hostname,
      'server.port': Number(base.port) || (base.protocol === 'https:' ? 443 : 80),
      ...(status > 0 && { 'http.response.status_code': status }),
      ...(!(status < 400) && { 'error.type': outcome }),
      'parasol.upstream': name,
    })
    known.set(key, made)
    return made
  }
  return (method, base, path) => {
    const startedAt = performance.now()
    const span = tracing?.call({ method, name, url: `${base.origin}${path}` })
    return {
      traceparent: span?.traceparent,
      over(outcome) {
        const told = 'status' in outcome ? String(outcome.status) : outcome.failure
        record(recorderOf(method, base, told), (performance.now() - startedAt) / 1_000)
        span?.end(outcome)
      },
    }
  }
}
