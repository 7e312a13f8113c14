import { type Recorder, record } from './distribution.ts'
import type { Telemetry } from './telemetry.ts'

/** Something that a store was asked, when it is over. */
export interface StoreCall {
  system: 'postgresql' | 'redis'
  /** As the store calls it: `SELECT`, `GET`. */
  operation: string
  /** The statement with places for its values, never the values. */
  text?: string
  tookMs: number
  /** Why it failed. */
  error?: unknown
}

export type NoteStoreCall = (call: StoreCall) => void

const bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10]

/** Counts what stores are asked, and how long they take, by the names of the semantic conventions; a span each where traces are on. */
export const noteStoreCalls = ({ meters, tracing }: Pick<Telemetry, 'meters' | 'tracing'>): NoteStoreCall => {
  const durations = meters.histogram({
    name: 'db.client.operation.duration',
    unit: 's',
    description: 'Duration of what PostgreSQL and Redis are asked.',
    bounds,
  })
  const known = new Map<string, Recorder>()
  return (call) => {
    const { system, operation, tookMs, error } = call
    const kind = error === undefined ? '' : kindOf(error)
    const key = `${system} ${operation} ${kind}`
    const recorder =
      known.get(key) ??
      durations.of({
        'db.system.name': system,
        'db.operation.name': operation,
        ...(kind && { 'error.type': kind }),
      })
    known.set(key, recorder)
    record(recorder, tookMs / 1_000)
    tracing?.noteStoreCall(call, kind)
  }
}

/** A code of the store or of the system, or what the error is called; never its message, which may hold anything. */
export const kindOf = (error: unknown): string => {
  const { code, name } = error as { code?: unknown; name?: unknown }
  if (typeof code === 'string' && /^\w{1,40}$/.test(code)) return code
  return typeof name === 'string' ? name : 'Error'
}
