import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ownRolloutPlan, planOf, type RolloutPlan, rolloutPresets } from './rollout.ts'
import { percentAt, stepSeconds, stepsOf } from './rollout-plan.ts'

const plan: fc.Arbitrary<RolloutPlan> = fc.record({
  growth: fc.constantFrom('linear', 'exponential'),
  growthFactorPercent: fc.integer({ min: 1, max: 10_000 }).map((hundredths) => hundredths / 100),
  durationSeconds: fc.integer({ min: 0, max: 90 * 86_400 }),
  bakeSeconds: fc.nat(1000),
})
const percentages = (given: RolloutPlan) =>
  Array.from({ length: stepsOf(given) }, (_, step) => percentAt(given, step))

describe('a rollout plan', () => {
  test('reaches all devices with its last step, and not before', () => {
    fc.assert(
      fc.property(plan, (given) => {
        const steps = stepsOf(given)
        expect(Number.isInteger(steps) && steps >= 1).toBe(true)
        expect(percentAt(given, steps - 1)).toBe(100)
        expect(percentAt(given, steps + 7)).toBe(100)
        if (steps > 1) expect(percentAt(given, steps - 2)).toBeLessThan(100)
      }),
    )
  })

  test('grows with each step, in hundredths of a percent', () => {
    fc.assert(
      fc.property(plan, fc.nat(10_000), (given, at) => {
        const step = at % stepsOf(given)
        const percent = percentAt(given, step)
        expect(percent).toBe(Math.round(percent * 100) / 100)
        expect(percent).toBeGreaterThan(step === 0 ? 0 : percentAt(given, step - 1))
      }),
    )
  })

  test('starts with its growth factor, and divides its duration by its steps', () => {
    fc.assert(
      fc.property(plan, (given) => {
        expect(percentAt(given, 0)).toBe(given.durationSeconds === 0 ? 100 : given.growthFactorPercent)
        expect(stepSeconds(given) * stepsOf(given)).toBeCloseTo(given.durationSeconds, 5)
      }),
    )
  })

  test('is refused where its steps would be less than a second apart', () => {
    const tenthOfPercent = { growth: 'linear', growthFactorPercent: 0.1, bakeSeconds: 0 }
    expect(ownRolloutPlan.safeParse({ ...tenthOfPercent, durationSeconds: 1000 }).success).toBe(true)
    expect(ownRolloutPlan.safeParse({ ...tenthOfPercent, durationSeconds: 0 }).success).toBe(true)
    const refused = ownRolloutPlan.safeParse({ ...tenthOfPercent, durationSeconds: 999 })
    expect(refused.error?.issues).toMatchObject([
      { path: ['durationSeconds'], message: expect.stringContaining('1000 steps') },
    ])
  })

  test('of a preset grows as its name says', () => {
    const { AllAtOnce, Canary10Percent20Minutes, Linear20PercentEvery6Minutes } = rolloutPresets
    expect(percentages(AllAtOnce)).toEqual([100])
    expect(percentages(Canary10Percent20Minutes)).toEqual([10, 20, 40, 80, 100])
    expect(stepSeconds(Canary10Percent20Minutes)).toBe(240)
    expect(percentages(Linear20PercentEvery6Minutes)).toEqual([20, 40, 60, 80, 100])
    expect(stepSeconds(Linear20PercentEvery6Minutes)).toBe(360)
    expect(planOf('AllAtOnce')).toEqual(AllAtOnce)
  })

  test.each([
    ['linear', 30, [30, 60, 90, 100]],
    ['linear', 33.33, [33.33, 66.66, 99.99, 100]],
    ['linear', 100, [100]],
    ['exponential', 2, [2, 4, 8, 16, 32, 64, 100]],
    ['exponential', 50, [50, 100]],
    [
      'exponential',
      0.01,
      [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92, 100],
    ],
  ] as const)('%s by %d grows %j', (growth, growthFactorPercent, expected) => {
    expect(percentages({ growth, growthFactorPercent, durationSeconds: 60, bakeSeconds: 0 })).toEqual(
      expected,
    )
  })
})
