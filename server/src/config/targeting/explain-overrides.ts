import { jsonPointer } from '../../../../contract/json-pointer.ts'
import type { Override } from '../../../../contract/targeting.ts'
import { inPercentage, standingOf } from '../../platform/buckets/in-percentage.ts'
import type { Effective } from '../effective.ts'
import type { Context } from './context.ts'
import { describeCondition } from './describe-condition.ts'
import { openCondition } from './evaluate-with-flagd.ts'
import { languagesOf } from './languages-of.ts'
import { ruleValues, type Values } from './rule-values.ts'

/** One reason, by JSON pointer into the override. */
export interface Reason {
  pointer: string
  detail: string
}

export interface OverrideExplained {
  name: string
  matched: boolean
  /** Where it has a percentage: where this bucket stands in its order, in percent; null without a bucket. */
  rollout?: { percent: number; standing: number | null; included: boolean }
  /** Of one that matches what held; of another the first that did not, or all of which one was needed. */
  why: Reason[]
}

/** Why each override of a config matches for this context, or does not. */
export const explainOverrides = (
  config: Pick<Effective, 'overrides' | 'flags'>,
  context: Context,
): OverrideExplained[] => {
  const values = ruleValues(context, languagesOf(config))
  return (config.overrides ?? []).map((override) => explainOverride(override, values))
}

const explainOverride = ({ name, when, rollout }: Override, values: Values): OverrideExplained => {
  const condition = when === undefined ? { holds: true, why: [] } : explainWhen(when, values)
  const part =
    rollout === undefined ? undefined : explainRollout(name, rollout, values.bucket as number | undefined)
  const matched = condition.holds && (part?.rollout.included ?? true)
  const parts = condition.holds && part ? [part.reason] : []
  const why = condition.holds && !matched ? parts : [...condition.why, ...parts]
  return {
    ...{ name, matched },
    ...(part && { rollout: part.rollout }),
    why: why.length > 0 ? why : [{ pointer: '', detail: 'it is for every device' }],
  }
}

const explainWhen = (when: unknown, values: Values): { holds: boolean; why: Reason[] } => {
  const outcome = openCondition(when)(values)
  if (outcome === 'fails') {
    return {
      holds: false,
      why: [{ pointer: '/when', detail: 'flagd fails on it for what the device tells' }],
    }
  }
  const holds = outcome === 'holds'
  return { holds, why: reasonsFor(when, '/when', values, holds) }
}

const explainRollout = (name: string, percent: number, bucket: number | undefined) => {
  const standing = bucket === undefined ? null : standingOf(name, bucket)
  const included = percent >= 100 || (bucket !== undefined && inPercentage(name, bucket, percent))
  const stands = standing === null ? 'the bucket is absent' : `bucket ${bucket} stands at ${standing} %`
  const detail = `${stands}, and the rollout is at ${percent} %`
  return { rollout: { percent, standing, included }, reason: { pointer: '/rollout', detail } }
}

/** Why a rule holds, or does not: of `and` the first that does not, of `or` the first that does, of others itself. */
const reasonsFor = (rule: unknown, pointer: string, values: Values, holds: boolean): Reason[] => {
  const parts = partsOf(rule, pointer)
  const isTrue = (part: Part) => openCondition(part.rule)(values) === 'holds'
  const of = (part: Part, itHolds: boolean) => reasonsFor(part.rule, part.pointer, values, itHolds)
  switch (parts?.operation) {
    case 'and':
    case 'or': {
      const isDecidedByOne = holds === (parts.operation === 'or')
      const deciding = parts.all.find((part) => isTrue(part) === holds)
      if (isDecidedByOne) return deciding ? of(deciding, holds) : []
      return parts.all.flatMap((part) => of(part, holds))
    }
    case '!':
    case '!!':
      return parts.all.flatMap((part) => of(part, holds === (parts.operation === '!!')))
    case 'if': {
      const at = parts.all.findIndex(
        (part, place) => place % 2 === 0 && (place === parts.all.length - 1 || isTrue(part)),
      )
      const before = parts.all.filter((_, place) => place % 2 === 0 && (at < 0 || place < at))
      const [chosen, result] = at < 0 ? [] : parts.all.slice(at, at + 2)
      return [
        ...before.flatMap((part) => of(part, false)),
        ...(chosen ? of(chosen, result ? true : holds) : []),
        ...(result && typeof result.rule === 'object' ? of(result, holds) : []),
      ]
    }
    default:
      return [{ pointer, detail: describeCondition(rule, values, holds) }]
  }
}

interface Part {
  rule: unknown
  pointer: string
}

const partsOf = (rule: unknown, pointer: string): { operation: string; all: Part[] } | undefined => {
  if (typeof rule !== 'object' || rule === null) return undefined
  const [operation, operands] = Object.entries(rule)[0] ?? []
  if (operation === undefined) return undefined
  const inside = `${pointer}${jsonPointer([operation])}`
  const all = Array.isArray(operands)
    ? operands.map((part, place) => ({ rule: part, pointer: `${inside}/${place}` }))
    : [{ rule: operands, pointer: inside }]
  return { operation, all }
}
