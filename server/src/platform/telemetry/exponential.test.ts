import fc from 'fast-check'
import { expect, it } from 'vitest'
import { addExponential, createExponential, mergeExponential, sinceExponential } from './exponential.ts'
import type { ExponentialBuckets } from './metric.ts'

const values = fc.array(fc.double({ min: 1e-7, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 400 })

const countAll = (those: readonly number[]) => {
  const counted = createExponential()
  for (const value of those) addExponential(counted, value)
  return counted
}
const total = ({ counts }: ExponentialBuckets): number => [...counts.values()].reduce((sum, n) => sum + n, 0)

it('has a bucket around every value, and never more than 160', () => {
  fc.assert(
    fc.property(values, (those) => {
      const { scale, counts } = countAll(those)
      expect(total(countAll(those))).toBe(those.length)
      const indices = [...counts.keys()]
      expect(Math.max(...indices) - Math.min(...indices)).toBeLessThan(160)
      const base = 2 ** (2 ** -scale)
      for (const value of those) {
        const near = Math.ceil(Math.log(value) / Math.log(base)) - 1
        // The border of a bucket may be computed one off.
        expect([near - 1, near, near + 1].some((index) => counts.has(index))).toBe(true)
      }
    }),
    { numRuns: 100 },
  )
})

it('gives the same counts whether they are merged or counted together', () => {
  fc.assert(
    fc.property(values, values, (left, right) => {
      const merged = mergeExponential(countAll(left), countAll(right))
      const together = countAll([...left, ...right])
      const scale = Math.min(merged.scale, together.scale)
      const empty = { scale, zeroCount: 0, counts: new Map<number, number>() }
      expect(mergeExponential(merged, empty)).toEqual(mergeExponential(together, empty))
    }),
    { numRuns: 100 },
  )
})

it('is no wider than 160 buckets where two that lie far apart are merged', () => {
  const { counts, scale } = mergeExponential(countAll([0.0001]), countAll([0.5]))
  const indices = [...counts.keys()]
  expect([indices.length, Math.max(...indices) - Math.min(...indices) < 160]).toEqual([2, true])
  expect(scale).toBe(countAll([0.0001, 0.5]).scale)
})

it('tells what was counted since an earlier state, also where buckets became coarser meanwhile', () => {
  fc.assert(
    fc.property(values, values, (earlier, later) => {
      const before = countAll(earlier)
      const kept = { ...before, counts: new Map(before.counts) }
      for (const value of later) addExponential(before, value)
      const since = sinceExponential(before, kept)
      expect(total(since)).toBe(later.length)
    }),
    { numRuns: 100 },
  )
})

it('counts 0 and less apart', () => {
  expect(countAll([0, -1, 1])).toMatchObject({ zeroCount: 2 })
})
