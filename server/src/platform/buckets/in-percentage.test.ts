import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateWithFlagd } from '../../config/targeting/flagd.fixture.ts'
import { inOrder, inPercentage, orderKeys, percentageRule } from './in-percentage.ts'

const buckets = Array.from({ length: 10_000 }, (_, bucket) => bucket)
const membersAt = (seed: string, percent: number) => {
  const keys = orderKeys(seed)
  return buckets.filter((bucket) => inOrder(keys, bucket, percent))
}

const seeds = fc.string({ maxLength: 64 })
const hundredths = fc.integer({ min: 0, max: 10_000 })
const bucket = fc.integer({ min: 0, max: 9999 })

describe('inPercentage', () => {
  it('takes exactly the percentage of the buckets, to 0.01', () => {
    fc.assert(
      fc.property(seeds, hundredths, (seed, size) => {
        expect(membersAt(seed, size / 100)).toHaveLength(size)
      }),
      { numRuns: 60 },
    )
  })

  it('keeps each device while the percentage grows', () => {
    fc.assert(
      fc.property(seeds, bucket, hundredths, hundredths, (seed, device, one, other) => {
        const [less, more] = [Math.min(one, other) / 100, Math.max(one, other) / 100]
        if (inPercentage(seed, device, less)) expect(inPercentage(seed, device, more)).toBe(true)
      }),
    )
  })

  it('chooses for each seed independently of any other, however alike they are', () => {
    // Of 1,000 x 1,000 among 10,000, 100 are in both; the standard deviation of a draw without replacement is 9.
    const pair = fc.tuple(seeds, seeds).filter(([one, other]) => one !== other)
    const neighbours = fc
      .tuple(seeds, fc.nat(1e6), fc.integer({ min: 1, max: 1000 }))
      .map(([name, number, distance]) => [`${name}${number}`, `${name}${number + distance}`])
    fc.assert(
      fc.property(fc.oneof(pair, neighbours), ([one = '', other = '']) => {
        const keys = orderKeys(other)
        const both = membersAt(one, 10).filter((device) => inOrder(keys, device, 10))
        expect(Math.abs(both.length - 100)).toBeLessThan(55)
      }),
      { numRuns: 100 },
    )
  })

  it.each([
    [10, 81],
    [50, 625],
  ])('agrees between any two of 60 seeds at %i %% as often as chance would have it', (percent, expected) => {
    const members = Array.from({ length: 60 }, (_, at) => new Set(membersAt(`rollout-${at}`, percent)))
    const deviations = members.flatMap((one, at) =>
      members.slice(at + 1).map((other) => Math.abs(one.intersection(other).size - percent ** 2)),
    )
    // Draws without replacement, 1,770 pairs: the variance, and no pair beyond five and a half standard deviations.
    const variance = deviations.reduce((sum, deviation) => sum + deviation ** 2, 0) / deviations.length
    expect(Math.abs(variance / expected - 1)).toBeLessThan(0.2)
    expect(Math.max(...deviations)).toBeLessThan(5.5 * Math.sqrt(expected))
  })

  it('spreads over all buckets: each hundred of neighbours has its share', () => {
    // 10 of 100 expected, standard deviation 3, over the sum of 200 seeds: 2000 with 42.
    const shares = new Array<number>(100).fill(0)
    for (let at = 0; at < 200; at++) {
      for (const member of membersAt(`trial-${at}`, 10)) {
        const hundred = Math.floor(member / 100)
        shares[hundred] = (shares[hundred] ?? 0) + 1
      }
    }
    for (const share of shares) expect(Math.abs(share - 2000)).toBeLessThan(260)
  })

  it('answers the same for ever: a device must not change sides with an upgrade of the server', () => {
    expect(membersAt('rollout-1', 0.05)).toMatchInlineSnapshot(`
      [
        2063,
        4324,
        4404,
        5061,
        8114,
      ]
    `)
    expect(membersAt('new-checkout', 0.05)).toMatchInlineSnapshot(`
      [
        565,
        3484,
        4398,
        4509,
        6367,
      ]
    `)
    expect(membersAt('ü€😀', 0.05)).toMatchInlineSnapshot(`
      [
        640,
        5805,
        7355,
        7574,
        8392,
      ]
    `)
  })
})

describe('percentageRule', () => {
  it('is to flagd what inPercentage is to us, for every bucket', () => {
    fc.assert(
      fc.property(seeds, hundredths, (seed, size) => {
        const holds = evaluateWithFlagd(percentageRule(seed, size / 100))
        expect(buckets.filter((device) => holds({ bucket: device }))).toEqual(membersAt(seed, size / 100))
      }),
      { numRuns: 10 },
    )
  })

  it('is to flagd what inPercentage is to us, for many seeds and percentages', () => {
    fc.assert(
      fc.property(seeds, hundredths, fc.array(bucket, { minLength: 1, maxLength: 5 }), (seed, size, some) => {
        const holds = evaluateWithFlagd(percentageRule(seed, size / 100))
        for (const device of some) {
          expect(holds({ bucket: device })).toBe(inPercentage(seed, device, size / 100))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('takes no device without a bucket, but for 100 percent', () => {
    fc.assert(
      fc.property(seeds, hundredths, (seed, size) => {
        expect(evaluateWithFlagd(percentageRule(seed, size / 100))({})).toBe(size === 10_000)
      }),
    )
  })
})
