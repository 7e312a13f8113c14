import type { Attributes, Distribution, Metric } from './metric.ts'

export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8'

/** Words that Prometheus has for units of UCUM. */
const unitWords: Readonly<Record<string, string>> = { s: 'seconds', ms: 'milliseconds', By: 'bytes' }

/**
 * Metrics as text that Prometheus scrapes (exposition format 0.0.4), with the names that OpenTelemetry's "Prometheus and
 * OpenMetrics Compatibility" gives them: `http.server.request.duration` in `s` is `http_server_request_duration_seconds`. The
 * `resource` is told by target_info.
 */
export const writePrometheus = (metrics: readonly Metric[], resource: Attributes): string => {
  const families = metrics.map((metric) => {
    const name = prometheusName(metric)
    const type = metric.kind === 'histogram' || metric.kind === 'counter' ? metric.kind : 'gauge'
    const points =
      metric.kind === 'histogram'
        ? metric.points.map(({ attributes, value }) => histogramLines(name, attributes, value))
        : metric.points.map(({ attributes, value }) => line(name, labelsOf(attributes), value))
    return `${headOf(name, metric.description, type)}${points.join('')}`
  })
  const target = `${headOf('target_info', 'The process.', 'gauge')}${line('target_info', labelsOf(resource), 1)}`
  return `${target}${families.join('')}`
}

/** The name of a metric for Prometheus, without the `_bucket`, `_sum` and `_count` of a histogram. */
export const prometheusName = ({ name, unit, kind }: Pick<Metric, 'name' | 'unit' | 'kind'>): string => {
  const base = nameOf(name)
  const word = unit === '1' && kind === 'gauge' ? 'ratio' : unitWords[unit]
  const withUnit = word === undefined || base.split('_').includes(word) ? base : `${base}_${word}`
  return kind === 'counter' && !withUnit.endsWith('_total') ? `${withUnit}_total` : withUnit
}

const nameOf = (name: string): string => name.replaceAll(/[^a-zA-Z0-9_]+/g, '_').replaceAll(/_{2,}/g, '_')

const headOf = (name: string, help: string, type: string): string =>
  `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`

const labelsOf = (attributes: Attributes): string =>
  Object.entries(attributes)
    .map(([name, value]) => `${nameOf(name)}="${escaped(String(value))}"`)
    .join(',')

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')

const line = (name: string, labels: string, value: number): string =>
  `${name}${labels && `{${labels}}`} ${numberOf(value)}\n`

const numberOf = (value: number): string => {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

const histogramLines = (
  name: string,
  attributes: Attributes,
  { bounds, counts, count, sum }: Distribution,
): string => {
  const labels = labelsOf(attributes)
  const before = labels && `${labels},`
  let upTo = 0
  const buckets = counts.map((those, index) => {
    upTo += those
    const bound = bounds[index]
    return line(`${name}_bucket`, `${before}le="${bound === undefined ? '+Inf' : bound}"`, upTo)
  })
  return `${buckets.join('')}${line(`${name}_sum`, labels, sum)}${line(`${name}_count`, labels, count)}`
}
