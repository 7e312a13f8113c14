import type { Override, Rule } from '../../../../contract/targeting.ts'
import { percentageRule } from '../targeting/in-percentage.ts'
import { isSplit } from './key-plans.ts'

/** The conditions of overrides, each written once and referred to by the flags that ask for it. */
export interface SharedRules {
  /** The condition of an override, or a reference to it; null: it always holds. */
  conditionOf(override: Override, suffix: string): Rule | null
  /** The same for a condition of another kind. */
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

  const refer = (name: string, rule: Rule): Rule => {
    const text = JSON.stringify(rule)
    if (!canRefer || text.includes('$') || text === '{}') return rule
    const known = names.get(text)
    if (known !== undefined) return { $ref: known }
    let free = name.replaceAll('.', '_')
    while (Object.hasOwn(evaluators, free)) free += '_'
    names.set(text, free)
    evaluators[free] = rule
    return { $ref: free }
  }

  return {
    evaluators,
    refer,
    conditionOf(override, suffix) {
      const rule = conditionOf(override)
      return rule && refer(`${override.name}${suffix}`, rule)
    },
  }
}

const conditionOf = (override: Override): Rule | null => {
  const { name, when, rollout = 100 } = override
  const percentage = isSplit(override) ? percentageRule(name, rollout) : null
  if (!when || !percentage) return when ?? percentage
  return { and: [when, percentage] }
}
