import type { Override } from '../../../../contract/targeting.ts'
import { inOrder, type OrderKeys, orderKeys } from '../../platform/buckets/in-percentage.ts'
import { attributesOf } from './attributes-of.ts'
import { type Outcome, openCondition } from './evaluate-with-flagd.ts'
import type { Question } from './outcome-tables.ts'

/** What of an override decides whether it matches. */
export type Deciding = Pick<Override, 'name' | 'when' | 'rollout'>

/** A part of a condition, whoever has it. */
interface Condition extends Question {
  names: ReadonlySet<string>
  computed: boolean
}

interface CompiledOverride {
  /** Places of the conditions that must all hold. */
  conditions: readonly number[]
  /** Undefined where all devices are in. */
  percentage: { keys: OrderKeys; percent: number } | undefined
}

export interface CompiledOverrides {
  /** Each condition once, however many overrides have it. */
  conditions: readonly Condition[]
  /** `undefined` for one that is never laid over anything: its rollout is at 0. */
  overrides: readonly (CompiledOverride | undefined)[]
}

const outcomes: readonly Outcome[] = ['holds not', 'holds', 'fails']

/** Conditions are split where `and` joins them, so that what is asked often is known by few values. */
export const compileOverrides = (overrides: readonly Deciding[]): CompiledOverrides => {
  const places = new Map<string, number>()
  const conditions: Condition[] = []
  const placeOf = (rule: unknown): number => {
    const text = JSON.stringify(rule)
    const known = places.get(text)
    if (known !== undefined) return known
    places.set(text, conditions.length)
    conditions.push(conditionOf(rule))
    return conditions.length - 1
  }
  return {
    conditions,
    overrides: overrides.map(({ name, when, rollout = 100 }) => {
      if (rollout <= 0) return undefined
      const percentage = rollout < 100 ? { keys: orderKeys(name), percent: rollout } : undefined
      return { conditions: when === undefined ? [] : joined(when).map(placeOf), percentage }
    }),
  }
}

/** What must all be true for a rule to be. */
const joined = (rule: unknown): readonly unknown[] => {
  const operands = isAlone(rule, 'and') ? Reflect.get(rule, 'and') : undefined
  // An `and` of nothing is not true.
  return Array.isArray(operands) && operands.length > 0 ? operands.flatMap(joined) : [rule]
}

const isAlone = (rule: unknown, operation: string): rule is object =>
  typeof rule === 'object' &&
  rule !== null &&
  Object.keys(rule).length === 1 &&
  Object.hasOwn(rule, operation)

const conditionOf = (rule: unknown): Condition => {
  const { names, computed } = attributesOf(rule)
  const evaluate = openCondition(rule)
  return {
    ...{ names, computed, attributes: computed ? undefined : [...names].sort() },
    answer: (values) => outcomes.indexOf(evaluate(values)),
  }
}

export const holds = outcomes.indexOf('holds')
export const fails = outcomes.indexOf('fails')

/** Whether a bucket is among those that an override is for. */
export const isReached = ({ percentage }: CompiledOverride, bucket: number | undefined): boolean =>
  !percentage || (bucket !== undefined && inOrder(percentage.keys, bucket, percentage.percent))
