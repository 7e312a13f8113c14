import type { Override, Rule } from '../../../../contract/targeting.ts'
import { percentageRule } from '../../platform/buckets/in-percentage.ts'
import { isSplit } from './key-plans.ts'
import { type Required, requiredValues } from './required-values.ts'

/** When an override counts. */
export interface Condition {
  /** A rule, or a reference to one; null: always. */
  condition: Rule | null
  required: Required
}

/** The conditions of overrides, each written once and referred to by the flags that ask for it. */
export interface SharedRules {
  conditionOf(override: Override, suffix: string): Condition
  /** A rule of another kind, or a reference to it. */
  refer(name: string, rule: Rule): Rule
  evaluators: Readonly<Record<string, Rule>>
}

/**
 * Both flagd and flagd-core put a rule in the place of its reference in the text of the whole definition: `canRefer` is false
 * where values hold something that looks like a reference. What they would not take literally in a name or a rule is left out.
 */
export const shareRules = (canRefer: boolean): SharedRules => {
  const names = new Map<string, string>()
  const evaluators: Record<string, Rule> = {}
  /** One override touches many keys. */
  const known = new Map<Override, Condition>()

  const refer = (wanted: string, rule: Rule): Rule => {
    const text = JSON.stringify(rule)
    if (!canRefer || text.includes('$') || text === '{}') return rule
    const before = names.get(text)
    if (before !== undefined) return { $ref: before }
    let name = wanted.replaceAll('.', '_')
    while (Object.hasOwn(evaluators, name)) name += '_'
    names.set(text, name)
    evaluators[name] = rule
    return { $ref: name }
  }

  return {
    evaluators,
    refer,
    conditionOf(override, suffix) {
      const before = known.get(override)
      if (before) return before
      const rule = ruleOf(override)
      const condition = rule && refer(`${override.name}${suffix}`, rule)
      const made = { condition, required: requiredValues(override.when) }
      known.set(override, made)
      return made
    },
  }
}

const ruleOf = (override: Override): Rule | null => {
  const { name, when, rollout = 100 } = override
  const percentage = isSplit(override) ? percentageRule(name, rollout) : null
  if (!when || !percentage) return when ?? percentage
  return { and: [when, percentage] }
}
