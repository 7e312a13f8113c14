import { describe, expect, it } from 'vitest'
import { createBitReader, createBitWriter, finishBits } from './bits.ts'
import {
  addLatency,
  createLatencies,
  type Latencies,
  latencyAt,
  mergeLatencies,
  readLatencies,
  sumOfLatencies,
  writeLatencies,
} from './latencies.ts'
import { drawsOf } from './tally.fixture.ts'

const draw = drawsOf(42)
const normal = () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw())
const distributions: Record<string, () => number> = {
  even: () => 0.05 + draw() * 10,
  'log-normal': () => Math.exp(normal() * 0.8) * 0.3,
  // About 1 ms is where the bin of the key 0 lies.
  'around a millisecond': () => 0.9 + draw() * 0.2,
  'two humps': () => (draw() < 0.8 ? 0.2 : 900) * Math.exp(normal() * 0.2),
  'long tail': () => 0.1 / (1 - draw()) ** 1.5,
}

const again = (latencies: Latencies): Latencies => {
  const writer = createBitWriter()
  writeLatencies(writer, latencies)
  return readLatencies(createBitReader(finishBits(writer), 0))
}

describe.each(Object.entries(distributions))('quantiles of durations that are %s', (_, next) => {
  it('are within 1 % of the exact ones, also from three nodes and after storing', () => {
    const exact: number[] = []
    const nodes = [0, 1, 2].map(() => createLatencies())
    for (let at = 0; at < 30_000; at++) {
      const milliseconds = next()
      exact.push(milliseconds)
      addLatency(nodes[at % 3] ?? createLatencies(), milliseconds)
    }
    const all = createLatencies()
    for (const node of nodes) mergeLatencies(all, again(node))
    exact.sort((one, two) => one - two)
    for (const share of [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1]) {
      const right = exact[Math.floor(share * (exact.length - 1))] ?? Number.NaN
      expect(Math.abs(latencyAt(all, share) / right - 1)).toBeLessThanOrEqual(0.010_000_1)
    }
    const sum = exact.reduce((total, milliseconds) => total + milliseconds, 0)
    expect(Math.abs(sumOfLatencies(all) / sum - 1)).toBeLessThan(0.01)
  })
})

describe('durations', () => {
  it('that merge up to the bin of a millisecond keep all that is above', () => {
    const quick = createLatencies()
    addLatency(quick, 0.005, 1000)
    const slow = createLatencies()
    for (let at = 0; at <= 1000; at++) addLatency(slow, 0.01 + 0.99 * (at / 1000))
    mergeLatencies(quick, slow)
    expect(latencyAt(quick, 1)).toBeCloseTo(1, 1)
  })

  it('out of bounds are kept at the bounds, and what is no number is left out', () => {
    const latencies = createLatencies()
    addLatency(latencies, Number.NaN)
    addLatency(latencies, -5)
    addLatency(latencies, 0.000_001)
    addLatency(latencies, Number.POSITIVE_INFINITY)
    expect(latencies.count).toBe(3)
    expect(latencyAt(again(latencies), 0)).toBe(0)
    expect(Math.abs(latencyAt(again(latencies), 1) / 1_000_000 - 1)).toBeLessThan(0.011)
  })
})
