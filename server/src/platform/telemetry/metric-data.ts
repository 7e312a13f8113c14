import { ValueType } from '@opentelemetry/api'
import {
  type AggregationTemporality,
  DataPointType,
  InstrumentType,
  type MetricData,
} from '@opentelemetry/sdk-metrics'
import type { Distribution, ExponentialBuckets, Metric, NumberKind } from './metric.ts'

/** The instrument that a metric would have been counted by, which decides how it is told: in all, or since last time. */
export const instrumentOf = ({ kind }: Metric): InstrumentType =>
  kind === 'histogram' ? InstrumentType.HISTOGRAM : instruments[kind]

const instruments: Readonly<Record<NumberKind, InstrumentType>> = {
  counter: InstrumentType.COUNTER,
  updown: InstrumentType.UP_DOWN_COUNTER,
  gauge: InstrumentType.GAUGE,
}

interface Times {
  temporality: AggregationTemporality
  /** Seconds and nanoseconds since 1970. */
  startTime: [number, number]
  endTime: [number, number]
}

/** A metric as the SDK of OpenTelemetry has it, for its exporters. */
export const metricData = (metric: Metric, { temporality, ...times }: Times): MetricData => {
  const { name, unit, description } = metric
  // What is counted in pieces is whole.
  const valueType = unit.startsWith('{') || unit === 'By' ? ValueType.INT : ValueType.DOUBLE
  const common = { descriptor: { name, unit, description, valueType }, aggregationTemporality: temporality }
  if (metric.kind === 'histogram') return { ...common, ...histogramData(metric, times) }
  const dataPoints = metric.points.map((point) => ({ ...times, ...point }))
  if (metric.kind === 'gauge') return { ...common, dataPointType: DataPointType.GAUGE, dataPoints }
  return { ...common, dataPointType: DataPointType.SUM, isMonotonic: metric.kind === 'counter', dataPoints }
}

const histogramData = (
  { points }: Extract<Metric, { kind: 'histogram' }>,
  times: Omit<Times, 'temporality'>,
) => {
  if (points.some(({ value }) => value.exponential !== undefined)) {
    const dataPoints = points.flatMap(({ attributes, value }) =>
      value.exponential ? [{ ...times, attributes, value: exponentialData(value, value.exponential) }] : [],
    )
    return { dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM as const, dataPoints }
  }
  const dataPoints = points.map(({ attributes, value: { bounds, counts, count, sum } }) => ({
    ...{ ...times, attributes },
    value: { buckets: { boundaries: [...bounds], counts: [...counts] }, count, sum },
  }))
  return { dataPointType: DataPointType.HISTOGRAM as const, dataPoints }
}

const exponentialData = ({ count, sum }: Distribution, { scale, zeroCount, counts }: ExponentialBuckets) => {
  const indices = [...counts.keys()]
  const offset = indices.length === 0 ? 0 : Math.min(...indices)
  const length = indices.length === 0 ? 0 : Math.max(...indices) - offset + 1
  const bucketCounts = Array.from({ length }, (_, index) => counts.get(offset + index) ?? 0)
  const negative = { offset: 0, bucketCounts: [] }
  return { count, sum, scale, zeroCount, positive: { offset, bucketCounts }, negative }
}
