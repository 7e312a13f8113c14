import semver from 'semver'
import type { Call } from './rule-call.ts'
import { inWords, isTextual, type Shape, shapeOfValues } from './rule-shapes.ts'

const operators = ['=', '!=', '<', '<=', '>', '>=', '^', '~']

/** Of two versions; one that is none, or absent, is in no relation to any. */
export const checkSemVer = (call: Call): Shape => {
  const operator: unknown = call.operands[1]
  if (typeof operator !== 'string' || !operators.includes(operator)) {
    const hint = operator === '==' ? ' Equal is =.' : ''
    return call.refuse(`sem_ver compares by one of ${operators.join(' ')}, written out.${hint}`, 1)
  }
  for (const place of [0, 2]) {
    const shape = call.shapeAt(place)
    if (!isTextual(shape)) {
      return call.refuse(
        `sem_ver compares versions, and this is ${inWords(shape)}: declare it as a version.`,
        place,
      )
    }
    const operand = call.operands[place]
    if (typeof operand === 'string' && !isFull(operand)) {
      const full = semver.coerce(operand)
      return call.refuse(
        `${JSON.stringify(operand.slice(0, 64))} is no full version${full ? `: write ${full.version}` : ''}.`,
        place,
      )
    }
  }
  return shapeOfValues([true, false, null], call.pointer)
}

/** A version written in full, as those of contexts are. */
export const isFull = (text: string): boolean => semver.parse(text)?.raw === text && /^\d/.test(text)
