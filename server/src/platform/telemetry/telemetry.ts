import { measureRequests, type RequestMeter } from './measure-requests.ts'
import { createMeters, type Meters } from './meters.ts'
import type { Attributes } from './metric.ts'
import type { Tracing } from './tracing.ts'

/** What a process tells of itself: one for all that runs in it. */
export interface Telemetry {
  meters: Meters
  /** What /metrics shows: of this process, or of all that answer at its port. */
  collect: Meters['collect']
  requests: RequestMeter
  /** Undefined where nobody has asked for traces. */
  tracing: Tracing | undefined
  /** What the process is, as OpenTelemetry names it. */
  resource: Attributes
}

interface TelemetryOptions {
  resource?: Attributes
  isExponential?: boolean
  tracing?: Tracing | undefined
  onError?: (metric: string, error: unknown) => void
}

/** Counts, and keeps what it counts until somebody reads. */
export const createTelemetry = ({ resource = {}, tracing, ...options }: TelemetryOptions = {}): Telemetry => {
  const meters = createMeters(options)
  return { meters, collect: meters.collect, requests: measureRequests(meters), tracing, resource }
}
