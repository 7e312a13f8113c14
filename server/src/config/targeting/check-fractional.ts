import type { Call } from './rule-call.ts'
import { inWords, isOnly, isTextual, oneOf, refused, type Shape, shapeOfValues } from './rule-shapes.ts'

const mostWeight = 2_147_483_647

/** What to divide by, a text, and what to divide into: lists of a variant and its weight. */
export const checkFractional = (call: Call): Shape => {
  const { operands, scope } = call
  if (!call.isList)
    return call.refuse('fractional takes a list: what to divide by, then each variant with its weight.')
  const isKeyed = !Array.isArray(operands[0])
  if (!isKeyed && scope.isOverride) {
    return call.refuse(
      'In an override fractional says what it divides by, for there is no targeting key: {"fractional": [{"cat": ["trial", {"var": "bucket"}]}, ["on", 5], ["off", 95]]}. A rollout is simpler.',
    )
  }
  if (isKeyed && !checkKey(call)) return refused
  const entries = operands.map((entry, place) => ({ entry, place })).slice(isKeyed ? 1 : 0)
  if (entries.length === 0)
    return call.refuse('fractional divides into nothing: give it variants with weights.')
  const variants = entries.map(({ entry, place }) => checkEntry(call, entry, place))
  const weights = entries.map(({ entry }) =>
    Array.isArray(entry) && typeof entry[1] === 'number' ? entry[1] : 1,
  )
  if (weights.reduce((sum, weight) => sum + weight, 0) > mostWeight) {
    return call.refuse(`The weights of fractional are together at most ${mostWeight}.`)
  }
  return oneOf([...variants, shapeOfValues([null], call.pointer)])
}

const checkKey = (call: Call): boolean => {
  const key = call.shapeAt(0)
  const isGood = call.scope.isOverride ? isOnly(key, 'string') : isTextual(key)
  if (isGood) return true
  call.refuse(
    `fractional divides by a text, and this is ${inWords(key)}: {"cat": ["trial", {"var": "bucket"}]} is one.`,
    0,
  )
  return false
}

const checkEntry = (call: Call, entry: unknown, place: number): Shape => {
  if (!Array.isArray(entry) || entry.length < 1 || entry.length > 2) {
    return call.refuse('fractional divides into lists of a variant and a weight: ["on", 5].', place)
  }
  const variant = call.shapeIn(place, 0)
  const weight = entry.length === 2 ? call.shapeIn(place, 1) : undefined
  const isWhole = typeof entry[1] !== 'number' || (Number.isInteger(entry[1]) && entry[1] >= 0)
  if ((weight && !isOnly(weight, 'number')) || !isWhole) {
    return call.refuse('A weight is a whole number, 0 or more.', place)
  }
  return isOnly(variant, 'string', 'number', 'boolean', 'null')
    ? variant
    : call.refuse(`A variant is a text, and this is ${inWords(variant)}.`, place)
}
