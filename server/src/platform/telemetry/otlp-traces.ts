import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import type { Resource } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
  type Sampler,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { createTracing } from './create-tracing.ts'
import type { OtelSettings, Sampling } from './read-otel.ts'
import type { Tracing } from './tracing.ts'

interface TracesOptions {
  resource: Resource
  version: string
  settings: NonNullable<OtelSettings['traces']>
  /** Takes the spans instead of what sends them by OTLP. */
  processor?: SpanProcessor
}

/** Sends spans by OTLP to where OTEL_EXPORTER_OTLP_* say, which the exporter reads. */
export const openOtlpTraces = (options: TracesOptions): { tracing: Tracing; close(): Promise<void> } => {
  const { batching, sampling, longestValue } = options.settings
  // A trace that begins here has the id that the request has had since it came.
  const ids = new RandomIdGenerator()
  let traceId: string | undefined
  const provider = new TracerProvider({
    resource: options.resource,
    sampler: samplerOf(sampling),
    idGenerator: {
      generateTraceId: () => traceId ?? ids.generateTraceId(),
      generateSpanId: () => ids.generateSpanId(),
    },
    ...(longestValue !== undefined && { spanLimits: { attributeValueLengthLimit: longestValue } }),
    spanProcessors: [
      options.processor ?? new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), ...batching }),
    ],
  })
  const tracer = provider.getTracer('parasol', options.version)
  const beginTrace = <Result>(id: string, begin: () => Result): Result => {
    traceId = id
    try {
      return begin()
    } finally {
      traceId = undefined
    }
  }
  return { tracing: createTracing(tracer, beginTrace), close: () => provider.shutdown() }
}

const samplerOf = ({ ratio, isParentBased }: Sampling): Sampler => {
  const root =
    ratio === 1
      ? new AlwaysOnSampler()
      : ratio === 0
        ? new AlwaysOffSampler()
        : new TraceIdRatioBasedSampler(ratio)
  return isParentBased ? new ParentBasedSampler({ root }) : root
}
