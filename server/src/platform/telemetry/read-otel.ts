import type { Attributes } from './metric.ts'

/** Variables of the environment whose names begin with `OTEL_`. */
export type OtelEnvironment = Readonly<Record<string, string>>

/** How what is to be sent is gathered, in ms and items. */
export interface Batching {
  scheduledDelayMillis: number
  exportTimeoutMillis: number
  maxQueueSize: number
  maxExportBatchSize: number
}

/** Which share of the traces that begin here is recorded; `isParentBased`: of others, as their beginning says. */
export interface Sampling {
  ratio: number
  isParentBased: boolean
}

/** What the standard settings of OpenTelemetry ask for; what is undefined is not sent. */
export interface OtelSettings {
  resource: Attributes
  traces: { batching: Batching; sampling: Sampling; longestValue: number | undefined } | undefined
  metrics: { everyMs: number; timeoutMs: number } | undefined
  logs: { batching: Batching } | undefined
  /** Distributions are wanted in exponential buckets. */
  isExponential: boolean
  /** What cannot be done as it is set, in words for the log: telemetry is no reason not to serve. */
  warnings: string[]
}

type Signal = 'TRACES' | 'METRICS' | 'LOGS'
const signals: readonly Signal[] = ['TRACES', 'METRICS', 'LOGS']

/** The beginning of every setting of where to send what. */
const otlp = 'OTEL_EXPORTER_OTLP'

/**
 * Reads the settings that OpenTelemetry's SDK leaves to the program (https://opentelemetry.io/docs/specs/otel/configuration/
 * sdk-environment-variables); where to send, with which headers and how compressed, the exporters read themselves.
 */
export const readOtel = (env: OtelEnvironment): OtelSettings => {
  const warnings: string[] = []
  const isAsked = isAskedFor(env, warnings)
  const [traces, metrics, logs] = signals.map((signal) => isAsked(signal))
  const integer = integerIn(env, warnings)
  return {
    resource: resourceOf(env),
    traces: traces
      ? {
          batching: batchingOf(integer, 'OTEL_BSP', 5_000),
          sampling: samplingOf(env, warnings),
          longestValue:
            integer('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 0) ||
            integer('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', 0) ||
            undefined,
        }
      : undefined,
    metrics: metrics ? readingOf(integer) : undefined,
    logs: logs ? { batching: batchingOf(integer, 'OTEL_BLRP', 1_000) } : undefined,
    isExponential:
      metrics === true &&
      textOf(env, `${otlp}_METRICS_DEFAULT_HISTOGRAM_AGGREGATION`) === 'base2_exponential_bucket_histogram',
    warnings,
  }
}

const textOf = (env: OtelEnvironment, name: string): string | undefined => env[name]?.trim() || undefined

/** Whether a signal is to be sent: its exporter is named, or an endpoint is. */
const isAskedFor = (env: OtelEnvironment, warnings: string[]) => {
  const isDisabled = textOf(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true'
  return (signal: Signal): boolean => {
    const name = `OTEL_${signal}_EXPORTER`
    const endpoint = textOf(env, `${otlp}_${signal}_ENDPOINT`) ?? textOf(env, `${otlp}_ENDPOINT`)
    const exporters = (textOf(env, name) ?? (endpoint ? 'otlp' : 'none')).split(',').map((one) => one.trim())
    const known = signal === 'METRICS' ? ['otlp', 'none', 'prometheus'] : ['otlp', 'none']
    const unknown = exporters.filter((one) => !known.includes(one))
    if (unknown.length > 0)
      warnings.push(`${name} is ${unknown.join(', ')}, which is not known here: set it to otlp, or to none.`)
    const isWanted = !isDisabled && exporters.includes('otlp')
    return isWanted && isSpoken(env, signal, warnings) && leadsSomewhere(env, signal, warnings)
  }
}

/** What is no address the exporter would take for none, and send to this host. */
const leadsSomewhere = (env: OtelEnvironment, signal: Signal, warnings: string[]): boolean => {
  const own = `${otlp}_${signal}_ENDPOINT`
  const name = textOf(env, own) ? own : `${otlp}_ENDPOINT`
  const endpoint = textOf(env, name)
  if (endpoint === undefined || /^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) return true
  warnings.push(
    `${name} is no address that begins with http:// or https://, so no ${signal.toLowerCase()} are sent.`,
  )
  return false
}

const isSpoken = (env: OtelEnvironment, signal: Signal, warnings: string[]): boolean => {
  const own = `${otlp}_${signal}_PROTOCOL`
  const name = textOf(env, own) ? own : `${otlp}_PROTOCOL`
  const protocol = textOf(env, name) ?? 'http/protobuf'
  if (protocol === 'http/protobuf') return true
  warnings.push(
    `${name} is ${protocol}, which is not spoken here, so no ${signal.toLowerCase()} are sent: set it to http/protobuf, with the port for HTTP, usually 4318.`,
  )
  return false
}

/** Timers of the runtime take no more ms: what is longer they take for 1. */
const integerMost = 2 ** 31 - 1

type ReadInteger = (name: string, otherwise: number) => number

const integerIn =
  (env: OtelEnvironment, warnings: string[]): ReadInteger =>
  (name, otherwise) => {
    const text = textOf(env, name)
    if (text === undefined) return otherwise
    const value = Number(text)
    if (Number.isInteger(value) && value > 0 && value <= integerMost) return value
    warnings.push(
      `${name} is ${JSON.stringify(text)}, but it must be a whole number from 1 to ${integerMost}; ${otherwise} is taken.`,
    )
    return otherwise
  }

const batchingOf = (integer: ReadInteger, prefix: string, delayMs: number): Batching => {
  const maxQueueSize = integer(`${prefix}_MAX_QUEUE_SIZE`, 2_048)
  return {
    scheduledDelayMillis: integer(`${prefix}_SCHEDULE_DELAY`, delayMs),
    exportTimeoutMillis: integer(`${prefix}_EXPORT_TIMEOUT`, 30_000),
    maxQueueSize,
    maxExportBatchSize: Math.min(integer(`${prefix}_MAX_EXPORT_BATCH_SIZE`, 512), maxQueueSize),
  }
}

const readingOf = (integer: ReadInteger): { everyMs: number; timeoutMs: number } => {
  const everyMs = integer('OTEL_METRIC_EXPORT_INTERVAL', 60_000)
  return { everyMs, timeoutMs: Math.min(integer('OTEL_METRIC_EXPORT_TIMEOUT', 30_000), everyMs) }
}

const samplers: Readonly<Record<string, 'on' | 'off' | 'ratio'>> = {
  always_on: 'on',
  always_off: 'off',
  traceidratio: 'ratio',
}

const samplingOf = (env: OtelEnvironment, warnings: string[]): Sampling => {
  const name = textOf(env, 'OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on'
  const isParentBased = name.startsWith('parentbased_')
  const root = samplers[name.replace('parentbased_', '')]
  if (root === undefined) {
    warnings.push(`OTEL_TRACES_SAMPLER is ${name}, which is not known here; parentbased_always_on is taken.`)
    return { ratio: 1, isParentBased: true }
  }
  if (root !== 'ratio') return { ratio: root === 'on' ? 1 : 0, isParentBased }
  const text = textOf(env, 'OTEL_TRACES_SAMPLER_ARG') ?? '1'
  const ratio = Number(text)
  if (ratio >= 0 && ratio <= 1) return { ratio, isParentBased }
  warnings.push(`OTEL_TRACES_SAMPLER_ARG is ${text}, but it must be a number from 0 to 1; 1 is taken.`)
  return { ratio: 1, isParentBased }
}

/** OTEL_RESOURCE_ATTRIBUTES as W3C Baggage: `name=value,name=value`, percent-encoded; what cannot be read is left out. */
const resourceOf = (env: OtelEnvironment): Attributes => {
  const resource: Record<string, string> = {}
  for (const pair of (textOf(env, 'OTEL_RESOURCE_ATTRIBUTES') ?? '').split(',')) {
    const [name = '', value] = pair.split(/=(.*)/s, 2).map((part) => part.trim())
    const read = value === undefined ? undefined : decoded(value)
    if (name !== '' && read !== undefined) resource[name] = read
  }
  const name = textOf(env, 'OTEL_SERVICE_NAME')
  return { ...resource, ...(name && { 'service.name': name }) }
}

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
