import type { Call } from './rule-call.ts'
import { inWords, isOnly, type Shape, shapeOf } from './rule-shapes.ts'

/** Far below what a number can hold, so that no step of a rule gets there. */
const greatest = 1e300

const results: Readonly<Record<string, (all: readonly number[], divisor: number) => number>> = {
  '+': (all) => all.reduce((sum, most) => sum + most, 0),
  '-': (all) => all.reduce((sum, most) => sum + most, 0),
  '*': (all) => all.reduce((product, most) => product * most, 1),
  '/': ([most = 0], divisor) => most / Math.abs(divisor),
  '%': ([most = 0]) => most,
}

/** flagd fails where the result is no number: on texts, on lists, on a division by 0. What is absent counts as 0. */
export const checkArithmetic = (call: Call): Shape => {
  const { operation, operands } = call
  const shapes = operands.map((_, place) => call.shapeAt(place))
  const odd = shapes.findIndex((shape) => !isOnly(shape, 'number', 'boolean', 'null'))
  if (odd >= 0) {
    return call.refuse(`${operation} takes numbers, and this is ${inWords(shapes[odd] as Shape)}.`, odd)
  }
  const divisor: unknown = operands[1]
  if ((operation === '/' || operation === '%') && (typeof divisor !== 'number' || divisor === 0)) {
    return call.refuse(
      `${operation} is by a number that is written out and not 0: flagd fails on a division by 0.`,
      1,
    )
  }
  const mosts = shapes.map(({ most, kinds }) => (kinds.has('boolean') ? Math.max(1, most) : most))
  const most = results[operation]?.(mosts, Number(divisor)) ?? 0
  return most > greatest
    ? call.refuse('The result may be greater than a number can be.')
    : shapeOf(['number'], most)
}

/** The least or the greatest: flagd fails where one of them is no number. */
export const checkExtreme = (call: Call): Shape => {
  const shapes = call.operands.map((_, place) => call.shapeAt(place))
  const odd = shapes.findIndex((shape) => !isOnly(shape, 'number'))
  if (odd < 0) return shapeOf(['number'], Math.max(...shapes.map(({ most }) => most)))
  return call.refuse(
    `flagd fails on ${call.operation} of what is no number, and this is ${inWords(shapes[odd] as Shape)}: give what counts where it is absent, {"var": ["seats", 0]}.`,
    odd,
  )
}
