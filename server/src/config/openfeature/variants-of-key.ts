import type { JsonValue } from '../../../../contract/json.ts'
import { isJsonObject } from '../../../../contract/json-equal.ts'
import { mergePatch } from '../../../../contract/merge-patch.ts'
import type { Rule } from '../../../../contract/targeting.ts'
import type { Budget } from './bounds.ts'
import type { KeyPatch, KeyPlan } from './key-plans.ts'
import { excludesEachOther, narrowed, type Required } from './required-values.ts'
import type { Condition, SharedRules } from './share-rules.ts'

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

interface Step extends KeyPatch, Condition {}

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
  const steps = patches.map((patch) => ({ ...patch, ...rules.conditionOf(patch.override, suffix) }))
  const making: Making = { steps, base, suffix, variants: {}, mayLack: false, count: budget.startKey(key) }
  const choice = chooseFrom(making, steps.length - 1, [], new Map())
  const variants = Object.fromEntries(Object.entries(making.variants).reverse())
  return { variants, choice, mayLack: making.mayLack }
}

/** Asks for the overrides from the last one up, since one that replaces the value makes those before it matter no more. */
const chooseFrom = (making: Making, from: number, later: readonly KeyPatch[], known: Required): Choice => {
  const choices: unknown[] = []
  for (let at = from; at >= 0; at--) {
    making.count.step()
    const step = making.steps[at] as Step
    if (excludesEachOther(known, step.required)) continue
    const both = [step, ...later]
    const yes = isJsonObject(step.value)
      ? chooseFrom(making, at - 1, both, narrowed(known, step.required))
      : take(making, undefined, both)
    if (!step.condition) return choose(choices, yes)
    choices.push(step.condition, yes)
  }
  return choose(choices, take(making, making.base, later))
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

/** An `if`: conditions and what each leads to, in turn, and what counts otherwise, in one list with an `if` that stands there. */
export const choose = (choices: readonly unknown[], otherwise: Choice): Choice => {
  if (choices.length === 0) return otherwise
  const isRule = typeof otherwise === 'object' && otherwise !== null && Object.hasOwn(otherwise, 'if')
  const further = isRule ? otherwise.if : undefined
  return { if: [...choices, ...(Array.isArray(further) ? further : [otherwise])] }
}
