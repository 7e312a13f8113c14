import { DiagLogLevel, diag } from '@opentelemetry/api'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { logRarely } from '../log/log-rarely.ts'
import type { Log } from '../log/open-log.ts'
import { within } from '../within.ts'
import type { Meters } from './meters.ts'
import type { Attributes } from './metric.ts'
import { ofTelemetry } from './of-telemetry.ts'
import type { OtelSettings } from './read-otel.ts'
import type { Tracing } from './tracing.ts'

interface OtlpOptions {
  settings: OtelSettings
  resource: Attributes
  version: string
  log: Log
}

/** What is sent to where the OTEL_* settings say. */
export interface Otlp {
  /** Undefined where traces are not asked for. */
  tracing: Tracing | undefined
  /** Takes a line of the log; undefined where logs are not asked for. */
  takeLine: ((line: string) => void) | undefined
  /** From now on metrics are sent, where they are asked for. */
  sendMetrics(meters: Meters): void
  /** Sends what is left, in bounded time. Rejects where that is not taken. */
  close(): Promise<void>
}

const closeWithinMs = 5_000

/** Opens what traces, metrics and logs are sent by: each is loaded only where it is asked for. */
export const openOtlp = async ({ settings, log, version, ...options }: OtlpOptions): Promise<Otlp> => {
  tellFaults(log)
  const resource = defaultResource().merge(resourceFromAttributes(options.resource))
  const shared = { resource, version }
  const closers: (() => Promise<void>)[] = []
  const traces =
    settings.traces &&
    (await import('./otlp-traces.ts')).openOtlpTraces({ ...shared, settings: settings.traces })
  if (traces) closers.push(traces.close)
  const tracing = traces?.tracing
  const logs =
    settings.logs && (await import('./otlp-logs.ts')).openOtlpLogs({ ...shared, ...settings.logs, tracing })
  if (logs) closers.push(logs.close)
  const metrics = settings.metrics && (await import('./otlp-metrics.ts'))
  return {
    tracing,
    takeLine: logs?.take,
    sendMetrics(meters) {
      if (!metrics || !settings.metrics) return
      closers.push(metrics.openOtlpMetrics({ ...shared, ...settings.metrics, meters }).close)
    },
    async close() {
      const closed = Promise.all(closers.map((close) => close()))
      await within(closeWithinMs, 'sending the last telemetry', closed)
    },
  }
}

/** That something could not be sent is told, but no more than once a minute. */
const tellFaults = (log: Log): void => {
  const tell = logRarely<string>(60_000, (kind, message, leftOut) =>
    log.warn({ kind, leftOut, fault: String(message).slice(0, 500), [ofTelemetry]: true }, 'telemetry'),
  )
  diag.setLogger(
    {
      error: (message) => tell('error', message),
      warn: (message) => tell('warn', message),
      info: () => {},
      debug: () => {},
      verbose: () => {},
    },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
}
