import { type Attributes, ROOT_CONTEXT, SeverityNumber, TraceFlags, trace } from '@opentelemetry/api'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import type { Resource } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { ofTelemetry } from './of-telemetry.ts'
import type { Batching } from './read-otel.ts'
import type { SpanIds, Tracing } from './tracing.ts'

interface LogsOptions {
  resource: Resource
  version: string
  batching: Batching
  tracing: Tracing | undefined
}

interface Logs {
  /** Takes a line of the log: one JSON object. */
  take(line: string): void
  close(): Promise<void>
}

const severities: Readonly<Record<string, SeverityNumber>> = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
}

/** Sends the lines of the log by OTLP to where OTEL_EXPORTER_OTLP_* say, with the ids of the span that they were written in. */
export const openOtlpLogs = ({ resource, version, batching, tracing }: LogsOptions): Logs => {
  const provider = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter(), ...batching })],
  })
  const logger = provider.getLogger('parasol', version)
  return {
    take(line) {
      const read = JSON.parse(line) as Record<string, unknown>
      if (read[ofTelemetry] === true) return
      const { level, time, msg, traceId, spanId, sampled, err, ...rest } = read
      const ids = idsOf({ traceId, spanId, sampled }) ?? tracing?.current()
      logger.emit({
        severityNumber: severities[String(level)] ?? SeverityNumber.UNSPECIFIED,
        severityText: String(level).toUpperCase(),
        timestamp: Date.parse(String(time)),
        body: String(msg ?? ''),
        attributes: {
          ...attributesOf(rest),
          ...exceptionOf(err),
          ...(!ids && traceId ? { traceId: String(traceId) } : {}),
        },
        ...(ids && { context: contextOf(ids) }),
      })
    },
    close: () => provider.shutdown(),
  }
}

const idsOf = ({ traceId, spanId, sampled }: Record<string, unknown>): SpanIds | undefined =>
  typeof traceId === 'string' && typeof spanId === 'string'
    ? { traceId, spanId, isSampled: sampled === true }
    : undefined

const contextOf = ({ traceId, spanId, isSampled }: SpanIds) =>
  trace.setSpanContext(ROOT_CONTEXT, {
    ...{ traceId, spanId },
    traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
  })

/** Values that are objects are told as JSON. */
const attributesOf = (fields: Record<string, unknown>): Attributes =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => [
        name,
        typeof value === 'object' ? JSON.stringify(value) : (value as string | number | boolean),
      ]),
  )

/** By the names of the semantic conventions. */
const exceptionOf = (err: unknown): Attributes => {
  if (typeof err !== 'object' || err === null) return {}
  const { type, message, stack } = err as Record<string, unknown>
  return attributesOf({
    'exception.type': type,
    'exception.message': message,
    'exception.stacktrace': stack,
  })
}
