import type { AlertCondition } from '../../../../contract/alert-condition.ts'
import type { RuleDefinition } from '../../../../contract/alert-rule.ts'
import type { Verdict } from './step-alert.ts'
import { isCount } from './windows-of.ts'

/** What was measured in one window; null where there is nothing to say. `count`: of how many requests or devices. */
export interface Reading {
  value: number | null
  count: number
}

export interface Judgement {
  verdict: Verdict
  /** In the unit of the condition: of change percent, of burnRate times the budget. */
  value: number | null
  limit: number
}

const nothing: Reading = { value: null, count: 0 }
/** From nothing to something is infinitely much; JSON and columns want a number. */
const percentMost = 1_000_000

/** Fewer failures are chance: of a few hundred requests one is more than an objective of 99.9 % allows in hours. */
const failuresLeast = 5

/**
 * Holds what was measured against the condition of a rule. `readings` are of the windows of windowsOf, in their order; a missing one is
 * nothing known.
 */
export const judgeRule = (
  { on, condition, minimumCount }: Pick<RuleDefinition, 'on' | 'condition' | 'minimumCount'>,
  readings: readonly (Reading | undefined)[],
): Judgement => {
  const at = (index: number): Reading => readings[index] ?? nothing
  switch (condition.kind) {
    case 'threshold':
      return judgeThreshold(condition, at(0), isCount(on) ? 0 : minimumCount)
    case 'change':
      return judgeChange(condition, at(0), at(1), { minimumCount, isCount: isCount(on) })
    case 'absence':
      return judgeAbsence(at(0), at(1))
    case 'burnRate':
      return judgeBurn(condition, at, minimumCount)
  }
}

type Of<Kind extends AlertCondition['kind']> = Extract<AlertCondition, { kind: Kind }>

const judgeThreshold = (
  { above, below, resolveAt }: Of<'threshold'>,
  { value, count }: Reading,
  minimumCount: number,
): Judgement => {
  const limit = above ?? below ?? 0
  if (value === null || count < minimumCount) return { verdict: 'unknown', value, limit }
  const wellAt = resolveAt ?? limit
  const isBad = above === undefined ? value < limit : value > limit
  const isNear = above === undefined ? value < wellAt : value > wellAt
  return { verdict: isBad ? 'bad' : isNear ? 'near' : 'good', value, limit }
}

const judgeChange = (
  { direction, percent, minimumChange = 0, resolvePercent = percent }: Of<'change'>,
  current: Reading,
  baseline: Reading,
  known: { minimumCount: number; isCount: boolean },
): Judgement => {
  const unknown: Judgement = { verdict: 'unknown', value: null, limit: percent }
  if (current.value === null || baseline.value === null) return unknown
  // What has dropped to nothing is what one wants to hear of.
  const count = (known.isCount ? Math.max : Math.min)(current.count, baseline.count)
  if (count < known.minimumCount) return unknown
  const difference = current.value - baseline.value
  const exact = difference === 0 ? 0 : (difference / Math.abs(baseline.value)) * 100
  const value = Math.max(-percentMost, Math.min(percentMost, exact))
  const size = direction === 'up' ? value : direction === 'down' ? -value : Math.abs(value)
  const isLarge = Math.abs(difference) >= minimumChange
  if (isLarge && size >= percent) return { verdict: 'bad', value, limit: percent }
  return { verdict: isLarge && size >= resolvePercent ? 'near' : 'good', value, limit: percent }
}

/** Also without anything in the day before: an alert that fires goes on, but none begins for what is long over. */
const judgeAbsence = (current: Reading, before: Reading): Judgement => {
  const value = current.value ?? 0
  if (value > 0) return { verdict: 'good', value, limit: 0 }
  return { verdict: (before.value ?? 0) > 0 ? 'bad' : 'near', value, limit: 0 }
}

const judgeBurn = (
  { objective, windows }: Of<'burnRate'>,
  at: (index: number) => Reading,
  minimumCount: number,
): Judgement => {
  const pairs = windows.map(({ factor }, index) => {
    const [long, short] = [at(index * 2), at(index * 2 + 1)]
    const isKnown = long.value !== null && short.value !== null && long.count >= minimumCount
    const burn = isKnown ? Math.min(long.value ?? 0, short.value ?? 0) / (1 - objective) : null
    const isChance = Math.round((long.value ?? 0) * long.count) < failuresLeast
    return { value: burn, limit: factor, part: burn === null ? -1 : isChance ? 0 : burn / factor }
  })
  const worst = pairs.reduce((one, other) => (other.part > one.part ? other : one))
  const { value, limit, part } = worst
  return { verdict: part < 0 ? 'unknown' : part >= 1 ? 'bad' : 'good', value, limit }
}
