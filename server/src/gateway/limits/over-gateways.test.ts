import { describe, expect, it } from 'vitest'
import { testEnvironment } from '../../../../tests/environment.ts'
import { simulate, type Traffic } from './gateways.fixture.ts'
import type { Policy } from './policy.ts'

const even = [1, 1, 1, 1]
const skewed = [94, 3, 2, 1]
const shapes: [string, number[]][] = [
  ['even', even],
  ['skewed', skewed],
]

const policy = (quota: number, mode: Policy['mode'] = 'shared'): Policy => ({
  name: 'burst',
  id: 'burst',
  quota,
  windowMs: 1_000,
  mode,
})

/** So many requests a second over all gateways. */
const spread = (weights: number[], rate: number): Traffic => {
  const whole = weights.reduce((sum, weight) => sum + weight)
  return (gateway) => (rate * (weights[gateway] ?? 0)) / whole
}

/** Admitted in whole windows, as a part of what they allow. */
const part = (admitted: readonly number[], quota: number, from: number, to: number): number =>
  admitted.slice(from, to).reduce((sum, one) => sum + (one ?? 0), 0) / (quota * (to - from))

const expectWithin = (ratio: number): void => {
  expect(ratio).toBeGreaterThanOrEqual(0.97)
  expect(ratio).toBeLessThanOrEqual(1.05)
}

describe.each(shapes)('over four gateways with %s traffic', (_, weights) => {
  // The largest takes a quarter of a minute: only in the campaign.
  it.each([10, 100, 1_000, testEnvironment.campaign ? 100_000 : 10_000])(
    '%d a second are admitted, when more come',
    async (quota) => {
      const { admitted, asks } = await simulate({
        policy: policy(quota),
        gateways: 4,
        forMs: 3_000,
        traffic: spread(weights, 3 * quota),
      })
      for (const [window, one] of admitted.slice(0, 3).entries()) {
        expect(one / quota, `window ${window}`).toBeLessThanOrEqual(1.05)
        expect(one / quota, `window ${window}`).toBeGreaterThanOrEqual(0.97)
      }
      // No round trip for each of them.
      if (quota >= 1_000) expect(asks / 3).toBeLessThan(3_000)
    },
  )

  it.each([10, 1_000])('%d a second are admitted of a burst that begins amid a window', async (quota) => {
    const burst = spread(weights, 3 * quota)
    const { admitted } = await simulate({
      policy: policy(quota),
      gateways: 4,
      forMs: 4_000,
      traffic: (gateway, since) => (since < 1_600 ? 0 : burst(gateway, since)),
    })
    expect((admitted[1] ?? 0) / quota).toBeLessThanOrEqual(1.05)
    expectWithin(part(admitted, quota, 2, 4))
  })

  it.each([100, 10_000])(
    '%d a second are admitted while Redis is away and after it is back with nothing in it',
    async (quota) => {
      const { admitted } = await simulate({
        policy: policy(quota),
        gateways: 4,
        forMs: 9_000,
        traffic: spread(weights, 2 * quota),
        onStep: (since, counts) => {
          if (since === 2_500) counts.state.isAway = true
          if (since === 4_700) counts.restart()
        },
      })
      expectWithin(part(admitted, quota, 0, 9))
      for (const one of admitted.slice(0, 9)) expect(one / quota).toBeLessThanOrEqual(1.06)
    },
  )
})

describe('one gateway', () => {
  it('admits all that the quota allows without asking for each', async () => {
    const { admitted, offered, asks } = await simulate({
      policy: policy(1_000),
      gateways: 1,
      forMs: 2_000,
      traffic: () => 900,
    })
    expect(admitted.reduce((sum, one) => sum + one)).toBe(offered)
    expect(asks).toBeLessThan(450)
  })

  it('asks each time in exact mode, and never admits more', async () => {
    const { admitted, offered, asks } = await simulate({
      policy: policy(500, 'exact'),
      gateways: 4,
      forMs: 2_000,
      traffic: spread(even, 400),
    })
    expect(admitted.reduce((sum, one) => sum + one)).toBe(offered)
    expect(asks).toBeGreaterThan(200)
    const over = await simulate({
      policy: policy(50, 'exact'),
      gateways: 4,
      forMs: 2_000,
      traffic: spread(skewed, 400),
    })
    expect(over.admitted.slice(0, 2)).toEqual([50, 50])
  })

  it('counts alone where the policy says so', async () => {
    const { admitted, asks } = await simulate({
      policy: policy(50, 'process'),
      gateways: 2,
      forMs: 2_000,
      traffic: spread([1, 1], 400),
    })
    expect(admitted.slice(0, 2)).toEqual([100, 100])
    expect(asks).toBe(0)
  })
})
