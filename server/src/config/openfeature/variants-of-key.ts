import type { JsonValue } from '../../../../contract/json.ts'
import { isJsonObject } from '../../../../contract/json-equal.ts'
import { mergePatch } from '../../../../contract/merge-patch.ts'
import type { Rule } from '../../../../contract/targeting.ts'
import type { Budget } from './bounds.ts'
import type { KeyPatch, KeyPlan } from './key-plans.ts'
import { excludesEachOther, narrowed, type Required, requiredValues } from './required-values.ts'
import type { SharedRules } from './share-rules.ts'

/** What a rule gives: the name of a variant; null for no value. */
export type Choice = string | null | Rule

/** A flag before it is written as flagd wants it. */
export interface Choosing {
  /** What a device without any override gets first. */
  variants: Readonly<Record<string, JsonValue>>
  choice: Choice
  /** Whether some device gets no value. */
  mayLack: boolean
}

interface Step extends KeyPatch {
  condition: Rule | null
  required: Required
}

interface Making {
  steps: readonly Step[]
  base: JsonValue | undefined
  suffix: string
  variants: Record<string, JsonValue>
  mayLack: boolean
  count: ReturnType<Budget['startKey']>
}

/**
 * Each value that a key can have, by the names of the overrides that make it up (`a+b` where both are laid over it), and which
 * of them a device gets. `suffix` is added to the names of variants and rules.
 */
export const variantsOfKey = (
  { key, base, patches }: KeyPlan,
  suffix: string,
  rules: SharedRules,
  budget: Budget,
): Choosing => {
  const steps = patches.map((patch) => ({
    ...patch,
    condition: rules.conditionOf(patch.override, suffix),
    required: requiredValues(patch.override.when),
  }))
  const making: Making = { steps, base, suffix, variants: {}, mayLack: false, count: budget.startKey(key) }
  const choice = chooseFrom(making, steps.length - 1, [], new Map())
  return { variants: making.variants, choice, mayLack: making.mayLack }
}

/** Asks for the overrides from the last one up, since one that replaces the value makes those before it matter no more. */
const chooseFrom = (making: Making, at: number, later: readonly KeyPatch[], known: Required): Choice => {
  making.count.step()
  const step = making.steps[at]
  if (!step) return take(making, making.base, later)
  const { condition, required, value } = step
  if (excludesEachOther(known, required)) return chooseFrom(making, at - 1, later, known)
  const no = condition && chooseFrom(making, at - 1, later, known)
  const both = [step, ...later]
  const yes = isJsonObject(value)
    ? chooseFrom(making, at - 1, both, narrowed(known, required))
    : take(making, undefined, both)
  return condition ? choose(condition, yes, no) : yes
}

/** The variant that these make of a value, as it is named. */
const take = (making: Making, base: JsonValue | undefined, patches: readonly KeyPatch[]): Choice => {
  const value = patches.reduce<JsonValue | undefined>(lay, base)
  if (value === undefined || value === null) {
    making.mayLack = true
    return null
  }
  const name = `${patches.map(({ override }) => override.name).join('+') || 'default'}${making.suffix}`
  making.count.addVariant(value)
  making.variants[name] = value
  return name
}

/** A key of data under one more override. */
export const lay = (value: JsonValue | undefined, { value: patch }: KeyPatch): JsonValue | undefined =>
  patch === null ? undefined : mergePatch(value, patch)

/** An `if`, in one list with the one that stands in its place otherwise. */
export const choose = (condition: Rule, yes: Choice, no: Choice): Choice => {
  const further = typeof no === 'object' && no !== null && Object.hasOwn(no, 'if') ? no.if : undefined
  return { if: [condition, yes, ...(Array.isArray(further) ? further : [no])] }
}
