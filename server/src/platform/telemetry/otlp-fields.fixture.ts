import type { Fields } from './protobuf.fixture.ts'

// By hand from opentelemetry-proto 1.x (common, resource, metrics, trace, logs); what no test looks at is left out.
const anyValue = (): Fields => ({
  1: ['string', 'string'],
  2: ['bool', 'bool'],
  3: ['int', 'int'],
  4: ['double', 'double'],
})
const keyValue = (): Fields => ({ 1: ['key', 'string'], 2: ['value', anyValue] })
const scope = (): Fields => ({ 1: ['name', 'string'], 2: ['version', 'string'] })
const resource = (): Fields => ({ 1: ['attributes[]', keyValue] })

const numberPoint = (): Fields => ({
  2: ['start', 'fixed64'],
  3: ['time', 'fixed64'],
  4: ['double', 'double'],
  6: ['int', 'fixed64'],
  7: ['attributes[]', keyValue],
})
const histogramPoint = (): Fields => ({
  2: ['start', 'fixed64'],
  3: ['time', 'fixed64'],
  4: ['count', 'fixed64'],
  5: ['sum', 'double'],
  6: ['bucketCounts', 'fixed64s'],
  7: ['bounds', 'doubles'],
  9: ['attributes[]', keyValue],
})
const buckets = (): Fields => ({ 1: ['offset', 'sint'], 2: ['counts', 'ints'] })
const exponentialPoint = (): Fields => ({
  1: ['attributes[]', keyValue],
  4: ['count', 'fixed64'],
  5: ['sum', 'double'],
  6: ['scale', 'sint'],
  8: ['positive', buckets],
})
const sum = (): Fields => ({
  1: ['points[]', numberPoint],
  2: ['temporality', 'int'],
  3: ['isMonotonic', 'bool'],
})
const gauge = (): Fields => ({ 1: ['points[]', numberPoint] })
const histogram = (): Fields => ({ 1: ['points[]', histogramPoint], 2: ['temporality', 'int'] })
const exponential = (): Fields => ({ 1: ['points[]', exponentialPoint], 2: ['temporality', 'int'] })
const metric = (): Fields => ({
  1: ['name', 'string'],
  3: ['unit', 'string'],
  5: ['gauge', gauge],
  7: ['sum', sum],
  9: ['histogram', histogram],
  10: ['exponential', exponential],
})
const span = (): Fields => ({
  1: ['traceId', 'hex'],
  2: ['spanId', 'hex'],
  4: ['parentId', 'hex'],
  5: ['name', 'string'],
  6: ['kind', 'int'],
  7: ['start', 'fixed64'],
  8: ['end', 'fixed64'],
  9: ['attributes[]', keyValue],
  15: ['status', () => ({ 3: ['code', 'int'] })],
})
const line = (): Fields => ({
  1: ['time', 'fixed64'],
  2: ['severity', 'int'],
  3: ['severityText', 'string'],
  5: ['body', anyValue],
  6: ['attributes[]', keyValue],
  9: ['traceId', 'hex'],
  10: ['spanId', 'hex'],
})

const request = (items: () => Fields): Fields => {
  const ofScope = (): Fields => ({ 1: ['scope', scope], 2: ['items[]', items] })
  const ofResource = (): Fields => ({ 1: ['resource', resource], 2: ['scopes[]', ofScope] })
  return { 1: ['resources[]', ofResource] }
}

/** The fields of a request by the path that it is sent to. */
export const otlpRequests: Readonly<Record<string, Fields>> = {
  metrics: request(metric),
  traces: request(span),
  logs: request(line),
}
