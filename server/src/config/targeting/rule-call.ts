import { explainUnknown, type Scope, shapeOfAsked } from './rule-scope.ts'
import type { Shape } from './rule-shapes.ts'

/** An operation with its operands; one that is not in a list is the only one. */
export interface Call {
  scope: Scope
  operation: string
  operands: readonly unknown[]
  isList: boolean
  /** Of the operation itself, as a rule. */
  pointer: string
  pointerAt(place: number): string
  /** Checks the operand and tells what it can be. */
  shapeAt(place: number): Shape
  /** The same of an element of an operand that is a list. */
  shapeIn(place: number, element: number): Shape
  /** Refuses the rule at this operation, or at one of its operands. */
  refuse(detail: string, place?: number): Shape
}

/** What a name gives, if it is that of an attribute; refused at `pointer` otherwise. */
export const shapeOfName = ({ scope }: Call, name: unknown, pointer: string): Shape | undefined => {
  if (typeof name !== 'string') {
    scope.refuse(pointer, 'The name of an attribute is written out: a computed one cannot be checked.')
    return undefined
  }
  const asked = scope.asked.get(name)
  if (asked === undefined) {
    scope.refuse(pointer, explainUnknown(scope, name))
    return undefined
  }
  scope.used.add(name)
  return shapeOfAsked(asked, pointer)
}

/** The attribute that an operand asks for, whatever counts where it is absent. */
export const askedBy = (operand: unknown): string | undefined => {
  if (typeof operand !== 'object' || operand === null || !Object.hasOwn(operand, 'var')) return undefined
  const name: unknown = [Reflect.get(operand, 'var')].flat()[0]
  return typeof name === 'string' ? name : undefined
}
