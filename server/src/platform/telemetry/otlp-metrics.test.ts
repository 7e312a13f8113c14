import { resourceFromAttributes } from '@opentelemetry/resources'
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics'
import { expect, it } from 'vitest'
import { record } from './distribution.ts'
import { createMeters } from './meters.ts'
import { produceMetrics } from './otlp-metrics.ts'

const about = { unit: '{thing}', description: '' }

const open = (temporality: AggregationTemporality, isExponential = false) => {
  const meters = createMeters({ isExponential })
  const counter = meters.counter({ ...about, name: 'counter' }).of({ a: 'b' })
  const recorder = meters.histogram({ ...about, name: 'histogram', bounds: [1, 2] }).of({})
  meters.observe({ ...about, name: 'gauge', kind: 'gauge' }, () => 7)
  const producer = produceMetrics(
    { meters, resource: resourceFromAttributes({}), version: '1' },
    () => temporality,
  )
  const collect = async (): Promise<Record<string, MetricData>> => {
    const { resourceMetrics } = await producer.collect()
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
    return Object.fromEntries(metrics.map((metric) => [metric.descriptor.name, metric]))
  }
  return { counter, recorder, collect }
}

it('gives sums since the start where they are wanted so', async () => {
  const { counter, recorder, collect } = open(AggregationTemporality.CUMULATIVE)
  counter.value += 2
  record(recorder, 1.5)
  const first = await collect()
  counter.value += 3
  const second = await collect()
  expect(first.counter).toMatchObject({
    isMonotonic: true,
    dataPoints: [{ attributes: { a: 'b' }, value: 2 }],
  })
  expect(second.counter).toMatchObject({ dataPoints: [{ value: 5 }] })
  expect(second.histogram).toMatchObject({
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: [{ value: { count: 1, sum: 1.5, buckets: { boundaries: [1, 2], counts: [0, 1, 0] } } }],
  })
  expect(second.counter?.dataPoints[0]?.startTime).toEqual(first.counter?.dataPoints[0]?.startTime)
})

it('gives sums since the last time where they are wanted so, and leaves out what has not changed', async () => {
  const { counter, recorder, collect } = open(AggregationTemporality.DELTA)
  counter.value += 2
  record(recorder, 1.5)
  const first = await collect()
  counter.value += 3
  const second = await collect()
  expect(first.counter).toMatchObject({ dataPoints: [{ value: 2 }] })
  expect(second.counter).toMatchObject({ dataPoints: [{ value: 3 }] })
  expect(second.counter?.dataPoints[0]?.startTime).toEqual(first.counter?.dataPoints[0]?.endTime)
  expect(second.histogram).toBeUndefined()
  // What is no sum is as it is.
  expect(second.gauge).toMatchObject({ dataPoints: [{ value: 7 }] })
})

it('gives exponential buckets where they are wanted', async () => {
  const { recorder, collect } = open(AggregationTemporality.DELTA, true)
  for (const value of [1, 2, 4]) record(recorder, value)
  expect((await collect()).histogram).toMatchObject({
    dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
    dataPoints: [{ value: { count: 3, sum: 7, zeroCount: 0 } }],
  })
  record(recorder, 4)
  const [point] = (await collect()).histogram?.dataPoints ?? []
  expect(point).toMatchObject({ value: { count: 1, positive: { bucketCounts: [1] } } })
})
