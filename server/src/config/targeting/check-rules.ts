import { jsonPointer } from '../../../../contract/json-pointer.ts'
import type { ProblemError } from '../../../../contract/problems.ts'
import type { Attributes, Flag, Override, Rule } from '../../../../contract/targeting.ts'
import { findHoldsForAbsent, type HoldsForAbsent } from './check-absent.ts'
import { checkExpression } from './check-expression.ts'
import { askedIn, type Scope } from './rule-scope.ts'
import type { Shape } from './rule-shapes.ts'

/** What carries rules: a document, or a patch of one. */
export interface Ruled {
  overrides?: readonly Override[] | undefined
  flags?: Readonly<Record<string, Flag | null>> | undefined
}

export interface CheckedRules {
  /** Why it cannot be saved: `invalid_rule`, by JSON pointer into what was given. */
  errors: ProblemError[]
  /** What can be saved, and may mean something else than was thought. */
  warnings: ProblemError[]
  /** The attributes of the app that it asks for, in the order of the alphabet. */
  used: string[]
}

/**
 * Checks every rule of overrides and flags, for an app with these attributes. What it accepts, flagd evaluates for any context
 * without an error; and overrides mean what they say for devices that do not tell everything.
 */
export const checkRules = ({ overrides = [], flags = {} }: Ruled, attributes: Attributes): CheckedRules => {
  const errors: ProblemError[] = []
  const warnings: ProblemError[] = []
  const used = new Set<string>()
  const open = (isOverride: boolean): Scope => ({
    ...{ isOverride, asked: askedIn(attributes, isOverride), used, operations: 0 },
    refuse: (pointer, detail) => void errors.push({ code: 'invalid_rule', pointer, detail }),
  })
  const tell = (into: ProblemError[], found: readonly HoldsForAbsent[]) =>
    into.push(...found.map((one) => ({ code: 'invalid_rule' as const, ...explainAbsent(one) })))

  for (const [place, { when }] of overrides.entries()) {
    if (when === undefined) continue
    const pointer = jsonPointer(['overrides', place, 'when'])
    if (isSound(errors, () => checkCondition(open(true), when, pointer))) {
      tell(errors, findHoldsForAbsent(when, pointer))
    }
  }
  for (const [key, flag] of Object.entries(flags)) {
    if (flag === null) continue
    const pointer = jsonPointer(['flags', key])
    const scope = open(false)
    const doubt = (detail: string) =>
      void warnings.push({ code: 'invalid_rule', pointer: `${pointer}/targeting`, detail })
    if (isSound(errors, () => checkFlag(scope, flag, pointer, doubt)) && flag.targeting) {
      const found = findHoldsForAbsent(flag.targeting, `${pointer}/targeting`)
      tell(
        warnings,
        found.filter(({ operation }) => operation !== 'fractional'),
      )
    }
  }
  return { errors, warnings, used: [...used].filter((name) => Object.hasOwn(attributes, name)).sort() }
}

const isSound = (errors: readonly ProblemError[], check: () => unknown): boolean => {
  const before = errors.length
  check()
  return errors.length === before
}

const checkCondition = (scope: Scope, when: Override['when'], pointer: string): void => {
  if (!isEmpty(when)) checkExpression(scope, when, pointer)
  else scope.refuse(pointer, '{} holds for nobody: leave `when` away for every device.')
}

const isEmpty = (rule: Rule | null | undefined): boolean => !rule || Object.keys(rule).length === 0

const checkFlag = (scope: Scope, flag: Flag, pointer: string, doubt: (detail: string) => void): void => {
  const { variants, defaultVariant, targeting } = flag
  const names = Object.keys(variants)
  if (defaultVariant && !names.includes(defaultVariant)) {
    scope.refuse(
      `${pointer}/defaultVariant`,
      `There is no variant ${JSON.stringify(defaultVariant)}: ${names.join(', ')}.`,
    )
  }
  if (isEmpty(targeting)) return
  const result = checkExpression(scope, targeting, `${pointer}/targeting`)
  for (const { value, pointer: at } of result.values ?? []) {
    // Nothing is the default.
    if (value === null || names.includes(String(value))) continue
    scope.refuse(at, `This may give ${JSON.stringify(value)}, and the variants are ${names.join(', ')}.`)
  }
  if (mayBeAnything(result)) {
    doubt(
      `What this gives depends on what clients tell: where it is none of ${names.join(', ')}, the flag has an error.`,
    )
  }
}

const mayBeAnything = ({ values, kinds }: Shape): boolean => values === undefined && kinds.size > 0

const explainAbsent = ({ pointer, operation, attribute }: HoldsForAbsent) => {
  const ask = `ask {"!==": [{"var": "${attribute}"}, null]} before it, in an and`
  const counts =
    operation === 'fractional' ? 'are all counted as one' : 'count as 0, or as equal to each other'
  const fix = attribute === 'bucket' ? `write {"var": ["bucket", 10000]}, or ${ask}` : ask
  return {
    pointer,
    detail: `This holds for devices that do not tell their ${attribute} too, for they ${counts}: ${fix}.`,
  }
}
