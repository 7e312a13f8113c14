import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
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
      { numRuns: 60 },
    )
  })

  test('keeps each device while the percentage grows', () => {
    fc.assert(
      fc.property(
        rolloutId,
        fc.integer({ min: 0, max: 9999 }),
        hundredths,
        hundredths,
        (id, bucket, one, other) => {
          const [less, more] = [Math.min(one, other) / 100, Math.max(one, other) / 100]
          if (isInRollout(id, bucket, less)) expect(isInRollout(id, bucket, more)).toBe(true)
        },
      ),
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
      { numRuns: 60 },
    )
  })

  test('spreads over all buckets: each hundred of neighbours has its share', () => {
    // 10 of 100 expected, standard deviation 3, over the sum of 200 rollouts: 2000 with 42.
    const shares = new Array<number>(100).fill(0)
    for (let id = 1; id <= 200; id++) {
      for (const bucket of membersAt(id, 10)) {
        const hundred = Math.floor(bucket / 100)
        shares[hundred] = (shares[hundred] ?? 0) + 1
      }
    }
    for (const share of shares) expect(Math.abs(share - 2000)).toBeLessThan(260)
  })

  test('answers the same for ever: a device must not change sides with an upgrade of the server', () => {
    expect(membersAt(1, 0.05)).toMatchInlineSnapshot(`
      [
        1322,
        4110,
        7371,
        8575,
        9804,
      ]
    `)
    expect(membersAt(51, 0.05)).toMatchInlineSnapshot(`
      [
        1838,
        2474,
        3537,
        4526,
        9027,
      ]
    `)
    expect(membersAt(2 ** 40 + 7, 0.05)).toMatchInlineSnapshot(`
      [
        860,
        1785,
        2588,
        3472,
        6047,
      ]
    `)
  })
})
