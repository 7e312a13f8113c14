import { jsonPointer } from '../../../../contract/json-pointer.ts'
import { operations } from './check-operations.ts'
import { type Call, shapeOfName } from './rule-call.ts'
import type { Scope } from './rule-scope.ts'
import { oneOf, refused, type Shape, shapeOf, shapeOfValues } from './rule-shapes.ts'

const deepest = 32
/** flagd-core evaluates what has more than some 500 in another, slower way. */
const mostOperations = 250
const longestList = 1000

/** Checks a part of a rule: what flagd would not take, or would fail on for some context, is refused at its pointer. */
export const checkExpression = (scope: Scope, part: unknown, pointer: string, depth = 0): Shape => {
  const refuse = (detail: string): Shape => {
    scope.refuse(pointer, detail)
    return refused
  }
  if (depth > deepest) return refuse(`A rule is at most ${deepest} levels deep.`)
  if (Array.isArray(part)) return checkList(scope, part, pointer, depth)
  if (typeof part !== 'object' || part === null) return shapeOfValues([part], pointer)
  const [operation, ...others] = Object.keys(part)
  if (operation === undefined || others.length > 0) {
    return refuse('An operation has one member: its name, with its operands.')
  }
  scope.operations++
  if (scope.operations > mostOperations) {
    // Once is enough for a rule.
    return scope.operations > mostOperations + 1
      ? refused
      : refuse(
          `A rule has at most ${mostOperations} operations. Many values of one attribute go into one \`in\`.`,
        )
  }
  const call = callOf(scope, operation, Reflect.get(part, operation), pointer, depth)
  if (call.operands.length > longestList) return refuse(`An operation has at most ${longestList} operands.`)
  if (operation === 'var') return checkVariable(call)
  const check = operations.get(operation)
  return check ? check(call) : call.refuse(explainOperation(operation))
}

const checkList = (scope: Scope, list: readonly unknown[], pointer: string, depth: number): Shape => {
  if (list.length > longestList) {
    scope.refuse(pointer, `A list has at most ${longestList} values.`)
    return refused
  }
  for (const [place, element] of list.entries()) {
    checkExpression(scope, element, `${pointer}/${place}`, depth + 1)
  }
  return shapeOf(['list'])
}

const callOf = (scope: Scope, operation: string, operands: unknown, pointer: string, depth: number): Call => {
  const inside = `${pointer}${jsonPointer([operation])}`
  const isList = Array.isArray(operands)
  const pointerAt = (place: number) => (isList ? `${inside}/${place}` : inside)
  return {
    ...{ scope, operation, isList, pointer, pointerAt },
    operands: isList ? operands : [operands],
    shapeAt(place) {
      return checkExpression(scope, this.operands[place], pointerAt(place), depth + 1)
    },
    shapeIn(place, element) {
      const list = this.operands[place] as readonly unknown[]
      return checkExpression(scope, list[element], `${pointerAt(place)}/${element}`, depth + 2)
    },
    refuse(detail, place) {
      scope.refuse(place === undefined ? pointer : pointerAt(place), detail)
      return refused
    },
  }
}

const checkVariable = (call: Call): Shape => {
  const { operands } = call
  if (operands.length < 1 || operands.length > 2) {
    return call.refuse(
      'var takes a name, and maybe what counts where it is absent: {"var": ["plan", "free"]}.',
    )
  }
  const fallback = operands.length === 2 ? call.shapeAt(1) : undefined
  const known = shapeOfName(call, operands[0], call.pointer)
  if (!known) return refused
  return fallback ? oneOf([told(known), fallback]) : known
}

/** Where it is not absent. */
const told = ({ kinds, values, most }: Shape): Shape => ({
  kinds: new Set([...kinds].filter((kind) => kind !== 'null')),
  values: values?.filter(({ value }) => value !== null),
  most,
})

const otherNames: Readonly<Record<string, string>> = {
  ...{ not: '!', '&&': 'and', '||': 'or', '?:': 'if', '=': '==', '<>': '!=', eq: '==', neq: '!=' },
  ...{ val: 'var', semver: 'sem_ver', startsWith: 'starts_with', endsWith: 'ends_with', contains: 'in' },
}
const ofLists = ['map', 'filter', 'reduce', 'all', 'none', 'some', 'every']

const explainOperation = (operation: string): string => {
  if (ofLists.includes(operation)) {
    return `${operation} goes through a list, but no attribute is one: take in, and, or.`
  }
  if (operation === '$ref')
    return '$ref names a rule of a file of flagd, and there is none here: write the rule out.'
  const other = Object.hasOwn(otherNames, operation) ? otherNames[operation] : undefined
  return other
    ? `${operation} is called ${other} in flagd.`
    : `${JSON.stringify(operation.slice(0, 64))} is no operation. There are var, ${[...operations.keys()].join(', ')}.`
}
