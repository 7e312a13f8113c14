import { expect, it } from 'vitest'
import { record } from './distribution.ts'
import { createMeters } from './meters.ts'

const about = { name: 'some.thing', unit: 's', description: 'Some thing.' }

it('collects what was counted, by attributes in any order', async () => {
  const meters = createMeters()
  const counter = meters.counter(about)
  counter.of({ a: '1', b: '2' }).value += 1
  counter.of({ b: '2', a: '1' }).value += 2
  expect(await meters.collect()).toEqual([
    { ...about, kind: 'counter', points: [{ attributes: { a: '1', b: '2' }, value: 3 }] },
  ])
})

it('counts a value in the first bucket whose bound is not less', async () => {
  const meters = createMeters()
  const recorder = meters.histogram({ ...about, bounds: [1, 2] }).of({})
  for (const value of [0.5, 1, 1.5, 2, 3]) record(recorder, value)
  expect(await meters.collect()).toEqual([
    {
      ...{ ...about, kind: 'histogram' },
      points: [{ attributes: {}, value: { bounds: [1, 2], counts: [2, 2, 1], count: 5, sum: 8 } }],
    },
  ])
})

it('leaves out what is not known now, what throws and what has no point', async () => {
  const failed: string[] = []
  const meters = createMeters({ onError: (metric) => failed.push(metric) })
  const gauge = { ...about, kind: 'gauge' as const }
  meters.observe({ ...gauge, name: 'unknown' }, () => undefined)
  meters.observe({ ...gauge, name: 'empty' }, () => [])
  meters.observe({ ...gauge, name: 'away' }, () => Promise.reject(new Error('away')))
  meters.observe({ ...gauge, name: 'known' }, async () => 1)
  expect((await meters.collect()).map(({ name }) => name)).toEqual(['known'])
  expect(failed).toEqual(['away'])
})

it('asks nobody again who has not answered yet', async () => {
  const meters = createMeters()
  const { promise, resolve } = Promise.withResolvers<number>()
  let asked = 0
  meters.observe({ ...about, kind: 'gauge' }, () => {
    asked += 1
    return promise
  })
  const collected = [meters.collect(), meters.collect()]
  resolve(7)
  for (const one of collected) expect(await one).toMatchObject([{ points: [{ value: 7 }] }])
  expect(asked).toBe(1)
  await meters.collect()
  expect(asked).toBe(2)
})

it('shows one point where two sources tell of the same: sums added, of gauges the worse', async () => {
  const meters = createMeters()
  for (const value of [1, 3, 2]) {
    meters.observe({ ...about, name: 'age', kind: 'gauge' }, () => value)
    meters.observe({ ...about, name: 'size', kind: 'updown' }, () => value)
  }
  expect(await meters.collect()).toMatchObject([
    { name: 'age', points: [{ value: 3 }] },
    { name: 'size', points: [{ value: 6 }] },
  ])
})

it('shows no more of what has ended', async () => {
  const meters = createMeters()
  const end = meters.observe({ ...about, kind: 'gauge' }, () => 1)
  expect(await meters.collect()).toHaveLength(1)
  end()
  expect(await meters.collect()).toEqual([])
})

it('counts together what has too many sets of attributes', async () => {
  const meters = createMeters()
  const counter = meters.counter(about)
  for (let n = 0; n < 1_100; n += 1) counter.of({ n }).value += 1
  const [metric] = await meters.collect()
  expect(metric?.points).toHaveLength(1_001)
  expect(metric?.points.at(-1)).toEqual({ attributes: { 'otel.metric.overflow': 'true' }, value: 100 })
})
