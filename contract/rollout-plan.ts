import type { RolloutPlan } from './rollout.ts'

/** What of a plan its steps follow from. */
export type Growth = Pick<RolloutPlan, 'growth' | 'growthFactorPercent' | 'durationSeconds'>

/** Percentages count in hundredths, so that no step is off by what floating point adds up. */
const hundredths = (percent: number): number => Math.round(percent * 100)
const all = hundredths(100)

/**
 * The percentage of the devices that have the release after a step, the first being step 0. With the growth factor F, as
 * AppConfig's deployment strategies grow:
 *
 *     linear       F x (n + 1)    20: 20, 40, 60, 80, 100
 *     exponential  F x 2^n        10: 10, 20, 40, 80, 100
 *
 * Never above 100; with a duration of 0 the first step reaches all.
 */
export const percentAt = (plan: Growth, step: number): number => {
  if (plan.durationSeconds === 0) return 100
  const factor = hundredths(plan.growthFactorPercent)
  const grown = plan.growth === 'linear' ? factor * (step + 1) : factor * 2 ** step
  return Math.min(all, grown) / 100
}

/** How many steps there are; the last one reaches all devices. */
export const stepsOf = (plan: Growth): number => {
  if (plan.durationSeconds === 0) return 1
  const times = all / hundredths(plan.growthFactorPercent)
  return plan.growth === 'linear' ? Math.ceil(times) : Math.ceil(Math.log2(times)) + 1
}

/**
 * Seconds from one step to the next: the steps divide the duration evenly, the first being taken at its beginning. So
 * 20 percent in 30 minutes are 5 steps, 6 minutes apart, and all devices have it after 24.
 */
export const stepSeconds = (plan: Growth): number => plan.durationSeconds / stepsOf(plan)
