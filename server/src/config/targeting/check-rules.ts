import { jsonPointer } from '../../../../contract/json-pointer.ts'
import type { ProblemError } from '../../../../contract/problems.ts'
import type { Attributes, Flag, Override, Rule } from '../../../../contract/targeting.ts'
import { type AbsentLetIn, findAbsentLetIn } from './check-absent.ts'
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

/** As many as are told of any body: they are enough to see what is meant. */
const mostFindings = 20
/** What a device reads for the first time is evaluated while others wait. */
const mostOperations = 10_000

/**
 * Checks the rules of overrides and flags, for an app with these attributes; the first 20 mistakes are told. What it accepts,
 * flagd evaluates for any context without an error; and overrides mean what they say for devices that do not tell everything.
 */
export const checkRules = ({ overrides = [], flags = {} }: Ruled, attributes: Attributes): CheckedRules => {
  const errors: ProblemError[] = []
  const warnings: ProblemError[] = []
  const used = new Set<string>()
  let operations = 0
  const check = (isOverride: boolean, pointer: string, run: (scope: Scope) => unknown): boolean => {
    const [asked, before] = [askedIn(attributes, isOverride), errors.length]
    const refuse = (at: string, detail: string) => void errors.push(found(at, detail))
    const scope = { isOverride, asked, used, operations: 0, refuse }
    run(scope)
    if (operations <= mostOperations && operations + scope.operations > mostOperations) {
      refuse(pointer, `The rules of a config have together at most ${mostOperations} operations.`)
    }
    operations += scope.operations
    return errors.length === before
  }
  const isEnough = () => errors.length >= mostFindings || operations > mostOperations

  for (const [place, { when }] of overrides.entries()) {
    if (when === undefined) continue
    if (isEnough()) break
    const pointer = jsonPointer(['overrides', place, 'when'])
    const isSound = check(true, pointer, (scope) => checkCondition(scope, when, pointer))
    if (isSound) errors.push(...findAbsentLetIn(when, pointer).map(explainAbsent))
  }
  for (const [key, flag] of Object.entries(flags)) {
    if (flag === null) continue
    if (isEnough()) break
    const pointer = jsonPointer(['flags', key])
    const targeting = `${pointer}/targeting`
    const doubt = (detail: string) => void warnings.push(found(targeting, detail))
    const isSound = check(false, pointer, (scope) => checkFlag(scope, flag, pointer, doubt))
    if (!isSound || !flag.targeting) continue
    // Where flags divide by what is absent, flagd's own examples do.
    const absent = findAbsentLetIn(flag.targeting, targeting).filter(
      ({ operation }) => operation !== 'fractional',
    )
    warnings.push(...absent.map(explainAbsent))
  }
  return {
    errors: errors.slice(0, mostFindings),
    warnings: warnings.slice(0, mostFindings),
    used: [...used].filter((name) => Object.hasOwn(attributes, name)).sort(),
  }
}

const found = (pointer: string, detail: string): ProblemError => ({ code: 'invalid_rule', pointer, detail })

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

const explainAbsent = ({ pointer, operation, attribute, isNegated }: AbsentLetIn): ProblemError => {
  const [equality, joint] = isNegated ? ['===', 'or'] : ['!==', 'and']
  const ask = `ask {"${equality}": [{"var": "${attribute}"}, null]} before it, in an ${joint}`
  const counts =
    operation === 'fractional' ? 'are all counted as one' : 'count as 0, or as equal to each other'
  const fix = attribute === 'bucket' ? `write {"var": ["bucket", 10000]}, or ${ask}` : ask
  return found(
    pointer,
    `This lets in devices that do not tell their ${attribute} too, for they ${counts}: ${fix}.`,
  )
}
