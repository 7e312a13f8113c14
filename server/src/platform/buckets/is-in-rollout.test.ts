import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inPercentage } from './in-percentage.ts'
import { isInRollout } from './is-in-rollout.ts'

const buckets = Array.from({ length: 10_000 }, (_, bucket) => bucket)
const membersAt = (rolloutId: number, percent: number) =>
  buckets.filter((bucket) => isInRollout(rolloutId, bucket, percent))

const rolloutId = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const hundredths = fc.integer({ min: 0, max: 10_000 })

describe('isInRollout', () => {
  test('takes exactly the percentage of the buckets, to 0.01', () => {
    fc.assert(
      fc.property(rolloutId, hundredths, (id, size) => {
        expect(membersAt(id, size / 100)).toHaveLength(size)
      }),
      { numRuns: 20 },
    )
  })

  test('chooses each rollout’s devices independently of any other’s, neighbours included', () => {
    // Of 1,000 x 1,000 among 10,000, 100 are in both; the standard deviation of a draw without replacement is 9.
    fc.assert(
      fc.property(rolloutId, fc.integer({ min: 1, max: 1000 }), (one, distance) => {
        const other = one > distance ? one - distance : one + distance
        const both = membersAt(one, 10).filter((bucket) => isInRollout(other, bucket, 10))
        expect(Math.abs(both.length - 100)).toBeLessThan(55)
      }),
      { numRuns: 20 },
    )
  })

  test('is the percentage that a rule of the export can say, by a seed that tells rollouts from overrides', () => {
    fc.assert(
      fc.property(rolloutId, fc.integer({ min: 0, max: 9999 }), hundredths, (id, bucket, size) => {
        expect(isInRollout(id, bucket, size / 100)).toBe(inPercentage(`rollout-${id}`, bucket, size / 100))
      }),
    )
  })
})
