import { checkArithmetic, checkExtreme } from './check-arithmetic.ts'
import { checkCompared, checkContained, checkStart } from './check-compared.ts'
import { checkFractional } from './check-fractional.ts'
import { checkSemVer } from './check-sem-ver.ts'
import { type Call, shapeOfName } from './rule-call.ts'
import {
  inWords,
  isNumeric,
  isOnly,
  isTextual,
  oneOf,
  onlyIf,
  refused,
  type Shape,
  shapeOf,
  shapeOfValues,
} from './rule-shapes.ts'

type Check = (call: Call) => Shape

const shapesOf = (call: Call): Shape[] => call.operands.map((_, place) => call.shapeAt(place))

/** With so many operands, in a list where they are more than one; flagd fails on others, or leaves some out in silence. */
const taking =
  (least: number, most: number, check: Check): Check =>
  (call) => {
    const { length } = call.operands
    if (length >= least && length <= most) return check(call)
    const count = least === most ? `${least}` : most === Infinity ? `${least} or more` : `${least} or ${most}`
    return call.refuse(
      `${call.operation} takes ${count} operand${count === '1' ? '' : 's'} in a list, and has ${length}.`,
    )
  }

const truths: Check = (call) => shapeOfValues([true, false], call.pointer)

const comparing: Check = (call) => {
  const shapes = shapesOf(call)
  const isStrict = call.operation.length === 3
  if (!isStrict && !shapes.every(isTextual) && !shapes.every(isNumeric)) {
    return call.refuse(
      `${call.operation} compares ${shapes.map(inWords).join(' with ')}: flagd fails on a text that is no number beside a number, and on lists.`,
    )
  }
  checkCompared(call, shapes)
  return truths(call)
}

const joining: Check = (call) => {
  if (!call.isList) return call.refuse(`${call.operation} takes a list of conditions.`)
  const shapes = shapesOf(call)
  const isTrue = call.operation === 'or'
  // One before the last is the result only where it decides.
  return oneOf(shapes.map((shape, place) => (place < shapes.length - 1 ? onlyIf(isTrue, shape) : shape)))
}

const choosing: Check = (call) => {
  const shapes = shapesOf(call)
  const isResult = (place: number) => place % 2 === 1 || place === shapes.length - 1
  const results = shapes.filter((_, place) => isResult(place))
  return oneOf(shapes.length % 2 === 1 ? results : [...results, shapeOfValues([null], call.pointer)])
}

const negating: Check = (call) => {
  call.shapeAt(0)
  return truths(call)
}

const containing: Check = (call) => {
  const [item, all] = shapesOf(call) as [Shape, Shape]
  if (!isOnly(all, 'string', 'list', 'null')) {
    return call.refuse(`in looks into a list or a text, and this is ${inWords(all)}.`, 1)
  }
  if (isOnly(all, 'string', 'null') && !isTextual(item)) {
    return call.refuse(`in looks for a text in a text, and this is ${inWords(item)}.`, 0)
  }
  checkContained(call, item)
  return truths(call)
}

/** Of two texts; nothing is at the start of what is absent. */
const affixing: Check = (call) => {
  const shapes = shapesOf(call)
  const odd = shapes.findIndex((shape) => !isTextual(shape))
  if (odd >= 0) {
    return call.refuse(
      `${call.operation} takes two texts, and this is ${inWords(shapes[odd] as Shape)}.`,
      odd,
    )
  }
  if (call.operation === 'starts_with') checkStart(call, shapes[0] as Shape)
  return shapeOfValues([true, false, null], call.pointer)
}

const concatenating: Check = (call) => {
  const [first] = shapesOf(call)
  if (call.operands.length === 1 && first?.kinds.has('null')) {
    return call.refuse(
      'flagd fails on cat of nothing: give what counts where it is absent, {"var": ["plan", "none"]}.',
    )
  }
  return shapeOf(['string'])
}

const cutting: Check = (call) => {
  const [text, ...places] = shapesOf(call)
  if (text && !isOnly(text, 'string')) {
    return call.refuse(
      `flagd fails on substr of what is no text, and this is ${inWords(text)}: {"var": ["plan", ""]} is one where it is absent too.`,
      0,
    )
  }
  const odd = places.findIndex((place) => !isOnly(place, 'number'))
  return odd < 0 ? shapeOf(['string']) : call.refuse('substr takes numbers for start and length.', odd + 1)
}

const merging: Check = (call) => {
  shapesOf(call)
  return shapeOf(['list'])
}

const checkNames = (call: Call, names: readonly unknown[], pointerAt: (place: number) => string): Shape => {
  const all = names.map((name, place) => shapeOfName(call, name, pointerAt(place)))
  return all.every((shape) => shape) ? shapeOf(['list']) : refused
}

const missing: Check = (call) => checkNames(call, call.operands, call.pointerAt)

const missingSome: Check = (call) => {
  const [least, names] = call.operands
  if (!Number.isInteger(least) || !Array.isArray(names)) {
    return call.refuse(
      'missing_some takes how many are needed and a list of names: [1, ["country", "language"]].',
    )
  }
  return checkNames(call, names, (place) => `${call.pointerAt(1)}/${place}`)
}

/** What flagd documents, but for what goes through lists, which no attribute is. */
export const operations: ReadonlyMap<string, Check> = new Map([
  ...['==', '===', '!=', '!==', '>', '>='].map((name): [string, Check] => [name, taking(2, 2, comparing)]),
  ...['<', '<='].map((name): [string, Check] => [name, taking(2, 3, comparing)]),
  ['and', taking(1, Infinity, joining)],
  ['or', taking(1, Infinity, joining)],
  ['if', taking(2, Infinity, choosing)],
  ['!', taking(1, 1, negating)],
  ['!!', taking(1, 1, negating)],
  ['in', taking(2, 2, containing)],
  ['starts_with', taking(2, 2, affixing)],
  ['ends_with', taking(2, 2, affixing)],
  ['sem_ver', taking(3, 3, checkSemVer)],
  ['fractional', taking(1, Infinity, checkFractional)],
  ['cat', taking(1, Infinity, concatenating)],
  ['substr', taking(2, 3, cutting)],
  ['merge', taking(1, Infinity, merging)],
  ['missing', taking(1, Infinity, missing)],
  ['missing_some', taking(2, 2, missingSome)],
  ['+', taking(1, Infinity, checkArithmetic)],
  ['-', taking(1, 2, checkArithmetic)],
  ['*', taking(2, Infinity, checkArithmetic)],
  ['/', taking(2, 2, checkArithmetic)],
  ['%', taking(2, 2, checkArithmetic)],
  ['min', taking(1, Infinity, checkExtreme)],
  ['max', taking(1, Infinity, checkExtreme)],
])
