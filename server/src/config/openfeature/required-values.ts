/** By attribute the only texts with which a condition can hold. */
export type Required = ReadonlyMap<string, ReadonlySet<string>>

const nothing: Required = new Map()

/**
 * What a condition requires of attributes, where that can be read off it: `==`, `===` and `in` over plain texts, and those
 * inside of `and`. Two conditions that require different texts of one attribute never hold together.
 */
export const requiredValues = (rule: unknown): Required => {
  const [operation, operands] = operationOf(rule)
  if (operation === 'and') {
    return operands.reduce<Required>((all, operand) => narrowed(all, requiredValues(operand)), nothing)
  }
  const [one, other] = operands
  if (operation === '==' || operation === '===') {
    const name = nameOf(one) ?? nameOf(other)
    const text = nameOf(one) === undefined ? one : other
    return operands.length === 2 ? requirement(name, [text]) : nothing
  }
  if (operation === 'in' && Array.isArray(other)) return requirement(nameOf(one), other)
  return nothing
}

/** What is required where both hold. */
export const narrowed = (one: Required, other: Required): Required => {
  const all = new Map(one)
  for (const [name, texts] of other) all.set(name, all.get(name)?.intersection(texts) ?? texts)
  return all
}

/** Whether no device can meet both. */
export const excludesEachOther = (one: Required, other: Required): boolean => {
  for (const [name, texts] of other) if (one.get(name)?.isDisjointFrom(texts)) return true
  return false
}

const operationOf = (rule: unknown): [operation: string, operands: readonly unknown[]] => {
  const none: [string, readonly unknown[]] = ['', []]
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) return none
  const [only, ...others] = Object.entries(rule)
  if (!only || others.length > 0) return none
  return [only[0], Array.isArray(only[1]) ? only[1] : [only[1]]]
}

/** The attribute that is asked for, without anything in its place where it is absent. */
const nameOf = (part: unknown): string | undefined => {
  const [operation, [name, ...others]] = operationOf(part)
  return operation === 'var' && typeof name === 'string' && others.length === 0 ? name : undefined
}

/** A text that looks like a number, or an empty one, equals more than itself to JsonLogic. */
const isPlain = (text: unknown): text is string => typeof text === 'string' && Number.isNaN(Number(text))

const requirement = (name: string | undefined, texts: readonly unknown[]): Required =>
  name !== undefined && texts.every(isPlain) ? new Map([[name, new Set(texts)]]) : nothing
