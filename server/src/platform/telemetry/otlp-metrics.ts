import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import type { Resource } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  type InstrumentType,
  MeterProvider,
  type MetricProducer,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import type { Meters } from './meters.ts'
import { instrumentOf, metricData } from './metric-data.ts'
import { sinceLastTime } from './since-last-time.ts'

interface MetricsOptions {
  meters: Meters
  resource: Resource
  version: string
  everyMs: number
  timeoutMs: number
}

/**
 * Sends what the meters count by OTLP every `everyMs`, to where OTEL_EXPORTER_OTLP_* say, which the exporter reads. The SDK counts nothing
 * itself: it is given what /metrics shows.
 */
export const openOtlpMetrics = (options: MetricsOptions): { close(): Promise<void> } => {
  const exporter = new OTLPMetricExporter()
  const producer = produceMetrics(options, (instrument) => exporter.selectAggregationTemporality(instrument))
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: options.everyMs,
    exportTimeoutMillis: options.timeoutMs,
    metricProducers: [producer],
  })
  const provider = new MeterProvider({ resource: options.resource, readers: [reader] })
  return { close: () => provider.shutdown() }
}

/** Gives the SDK what the meters have counted, in all or since it asked last, as `temporalityOf` says. */
export const produceMetrics = (
  { meters, resource, version }: Pick<MetricsOptions, 'meters' | 'resource' | 'version'>,
  temporalityOf: (instrument: InstrumentType) => AggregationTemporality,
): MetricProducer => {
  const begunAt = timeNow()
  const since = sinceLastTime()
  let lastAt = begunAt
  return {
    async collect() {
      const collected = await meters.collect()
      const [endTime, startTime] = [timeNow(), lastAt]
      lastAt = endTime
      const metrics = collected.map((metric) => {
        const temporality = temporalityOf(instrumentOf(metric))
        // A gauge is no sum.
        return temporality === AggregationTemporality.DELTA && metric.kind !== 'gauge'
          ? metricData(since(metric), { temporality, startTime, endTime })
          : metricData(metric, { temporality, startTime: begunAt, endTime })
      })
      const told = metrics.filter(({ dataPoints }) => dataPoints.length > 0)
      const scopeMetrics = [{ scope: { name: 'parasol', version }, metrics: told }]
      return { resourceMetrics: { resource, scopeMetrics }, errors: [] }
    },
  }
}

const timeNow = (): [number, number] => {
  const ms = Date.now()
  return [Math.floor(ms / 1_000), (ms % 1_000) * 1_000_000]
}
