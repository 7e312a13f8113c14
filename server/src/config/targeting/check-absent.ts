import { jsonPointer } from '../../../../contract/json-pointer.ts'
import { attributesOf } from './attributes-of.ts'
import { openCondition } from './evaluate-with-flagd.ts'
import { askedBy } from './rule-call.ts'
import { isTruthy } from './rule-shapes.ts'

/** A comparison that lets devices match that do not tell an attribute. */
export interface AbsentLetIn {
  pointer: string
  operation: string
  attribute: string
  /** By not holding, as within a `!`. */
  isNegated: boolean
}

const comparisons = ['==', '===', '<', '<=', '>', '>=', 'fractional']
const unequal = ['!=', '!==']
/** Each is the opposite of another one: not above 5 is at most 5. */
const opposed = ['<', '<=', '>', '>=', ...unequal]
const counting = ['+', '-', '*', '/', '%']

/**
 * The comparisons that let devices match where an attribute is absent: flagd takes what is absent for 0, so
 * `{"<": [{"var": "seats"}, 5]}` holds for everybody who does not tell. Takes a rule that has no other mistakes.
 */
export const findAbsentLetIn = (rule: unknown, pointer: string): AbsentLetIn[] => {
  const names = [...attributesOf(rule).names].filter((name) => !name.startsWith('$flagd.'))
  return names.flatMap((attribute) => {
    const found: AbsentLetIn[] = []
    const truths = new Map<unknown, boolean | undefined>()
    walk(rule, pointer, {
      truthOf: (part) => truthOf(part, attribute, truths),
      take: ({ operation, operands }, at, isNegated) => {
        const reading = operation === 'fractional' ? [...counting, 'cat'] : counting
        if (operands.some((operand) => counts(operand, attribute, reading)) && !operands.includes(null)) {
          found.push({ pointer: at, operation, attribute, isNegated })
        }
      },
    })
    return found
  })
}

interface Visit {
  truthOf(part: unknown): boolean | undefined
  take(comparison: Call, pointer: string, isNegated: boolean): void
}

/** Whether more devices match where a part is true, or fewer; or either, as with the condition of an `if`. */
type Effect = 'more' | 'fewer' | 'either'

/** Visits the comparisons that let more devices match by holding, or by not holding, and that nothing around them makes void. */
const walk = (part: unknown, pointer: string, visit: Visit, effect: Effect = 'more'): void => {
  const call = callOf(part)
  if (!call || isVoid(call, visit.truthOf(part), effect)) return
  const { operation, operands } = call
  if (effect === 'fewer' ? opposed.includes(operation) : comparisons.includes(operation)) {
    visit.take(call, pointer, effect === 'fewer')
  } else if (effect === 'either' && unequal.includes(operation)) visit.take(call, pointer, true)
  const inside = `${pointer}${jsonPointer([operation])}`
  const asked = askedOf(operation, operands, visit)
  for (const [place, operand] of operands.entries()) {
    if (!asked[place]) continue
    walk(operand, call.isList ? `${inside}/${place}` : inside, visit, effectOf(call, place, effect))
  }
}

const isVoid = ({ operation }: Call, truth: boolean | undefined, effect: Effect): boolean => {
  if (effect === 'either') return operation !== '!' && truth === unequal.includes(operation)
  return truth === (effect === 'fewer')
}

const effectOf = ({ operation, operands }: Call, place: number, effect: Effect): Effect => {
  if (operation === 'and' || operation === 'or' || operation === '!!') return effect
  if (operation === '!') return effect === 'either' ? effect : effect === 'more' ? 'fewer' : 'more'
  return operation === 'if' && isResult(operands, place) ? effect : 'either'
}

/** Whether flagd comes to each operand: what is before it may decide. In one go, because there may be a thousand. */
const askedOf = (operation: string, operands: readonly unknown[], { truthOf }: Visit): readonly boolean[] => {
  let isDecided = false
  return operands.map((operand, place) => {
    const isOpen = !isDecided
    if (operation === 'or') isDecided ||= truthOf(operand) === true
    if (operation !== 'if' || place % 2 === 0) return isOpen
    const truth = truthOf(operands[place - 1])
    isDecided ||= truth === true
    return isOpen && truth !== false
  })
}

type Truths = Map<unknown, boolean | undefined>

/** Whether a part is true where the attribute is absent; undefined where that depends on others. */
const truthOf = (part: unknown, attribute: string, truths: Truths): boolean | undefined => {
  if (typeof part !== 'object' || part === null) return isTruthy(part)
  if (truths.has(part)) return truths.get(part)
  const truth = findTruth(part, attribute, truths)
  truths.set(part, truth)
  return truth
}

const findTruth = (part: object, attribute: string, truths: Truths): boolean | undefined => {
  const call = callOf(part)
  if (!call) return isTruthy(part)
  const operands = () => call.operands.map((operand) => truthOf(operand, attribute, truths))
  switch (call.operation) {
    case 'and':
      return everyOf(operands(), true)
    case 'or':
      return everyOf(operands(), false)
    case '!':
    case '!!': {
      const truth = truthOf(call.operands[0], attribute, truths)
      return truth === undefined ? undefined : truth === (call.operation === '!!')
    }
    case 'if':
      return truthOfChoice(call.operands, attribute, truths)
    default: {
      const { names } = attributesOf(part)
      const isKnown = names.size === 1 && names.has(attribute)
      return isKnown ? openCondition(part)({}) === 'holds' : undefined
    }
  }
}

/** All of them are `wanted`, or one is not, or it cannot be known. */
const everyOf = (truths: readonly (boolean | undefined)[], wanted: boolean): boolean | undefined => {
  if (truths.includes(!wanted)) return !wanted
  return truths.every((truth) => truth === wanted) ? wanted : undefined
}

/** From one condition on. */
const truthOfChoice = (
  operands: readonly unknown[],
  attribute: string,
  truths: Truths,
  at = 0,
): boolean | undefined => {
  if (at >= operands.length) return false
  const truth = truthOf(operands[at], attribute, truths)
  if (at === operands.length - 1) return truth
  const otherwise = truthOfChoice(operands, attribute, truths, at + 2)
  const then = truthOf(operands[at + 1], attribute, truths)
  if (truth === undefined) return then === otherwise ? then : undefined
  return truth ? then : otherwise
}

/** Whether an operand may be the attribute, with nothing in its place where it is absent, or is made of it by these operations. */
const counts = (operand: unknown, attribute: string, by: readonly string[]): boolean => {
  const call = callOf(operand)
  if (!call) return false
  const { operation, operands } = call
  const isAsked = askedBy(operand) === attribute
  if (operation === 'var')
    return isAsked ? (operands[1] ?? null) === null : counts(operands[1], attribute, by)
  const results = by.includes(operation) || operation === 'and' ? operands : chosenBy(call)
  return results.some((one) => counts(one, attribute, by))
}

/** Of `or` and `if` the operands that it may be where those that were asked before are absent. */
const chosenBy = ({ operation, operands }: Call): readonly unknown[] => {
  if (operation === 'or') return operands.slice(-1)
  return operation === 'if' ? operands.filter((_, place) => isResult(operands, place)) : []
}

const isResult = (operands: readonly unknown[], place: number): boolean =>
  place % 2 === 1 || place === operands.length - 1

interface Call {
  operation: string
  operands: readonly unknown[]
  isList: boolean
}

const callOf = (part: unknown): Call | undefined => {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return undefined
  const [operation] = Object.keys(part)
  if (operation === undefined) return undefined
  const operands: unknown = Reflect.get(part, operation)
  return {
    operation,
    operands: Array.isArray(operands) ? operands : [operands],
    isList: Array.isArray(operands),
  }
}
