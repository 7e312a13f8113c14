import { askedBy } from './rule-call.ts'
import type { Values } from './rule-values.ts'

const longest = 80
const mostListed = 10

/** A value as a sentence has it. */
const show = (value: unknown): string => {
  if (value === undefined || value === null) return 'absent'
  if (Array.isArray(value)) {
    const listed = value.slice(0, mostListed).map(show).join(', ')
    return value.length > mostListed ? `${listed} and ${value.length - mostListed} more` : listed
  }
  const text = typeof value === 'string' && value !== '' ? value : JSON.stringify(value)
  return text.length > longest ? `${text.slice(0, longest)}...` : text
}

/** An attribute and its value: `country is FR`; with what counts in its place where it is absent. */
const subject = (operand: unknown, values: Values): string | undefined => {
  const name = askedBy(operand)
  if (name === undefined) return undefined
  const value = values[name]
  const fallback: unknown = [Reflect.get(operand as object, 'var')].flat()[1]
  const instead = value === undefined && fallback !== undefined ? ` and counts as ${show(fallback)}` : ''
  return `${name} is ${show(value)}${instead}`
}

const relations: Readonly<Record<string, (other: string) => string>> = {
  in: (other) => `one of ${other}`,
  starts_with: (other) => `starting with ${other}`,
  ends_with: (other) => `ending with ${other}`,
}
const equal = ['==', '===']
const unequal = ['!=', '!==']

/**
 * One condition with the values it was about, in words: `country is FR, not one of DE, AT`. `holds` says whether it did.
 */
export const describeCondition = (rule: unknown, values: Values, holds: boolean): string => {
  if (typeof rule !== 'object' || rule === null) return `${show(rule)} is ${holds ? 'true' : 'not true'}`
  const [operation = '', given] = Object.entries(rule)[0] ?? []
  const operands: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (operation === 'var') return subject(rule, values) ?? inGeneral(rule, values, holds)
  if (operation === 'missing')
    return operands.map((name) => `${name} is ${show(values[String(name)])}`).join(', ')
  const told = subject(operands[0], values)
  const other = operation === 'sem_ver' ? operands[2] : operands[1]
  if (told === undefined || isRule(other) || operands.length > 3) return inGeneral(rule, values, holds)
  if (equal.includes(operation)) return holds ? told : `${told}, not ${show(other)}`
  if (unequal.includes(operation)) return holds && other !== null ? `${told}, not ${show(other)}` : told
  const relation = relations[operation]?.(show(other)) ?? `${operatorOf(operation, operands)} ${show(other)}`
  return holds ? `${told}, ${relation}` : `${told}, not ${relation}`
}

const operatorOf = (operation: string, operands: readonly unknown[]): string =>
  operation === 'sem_ver' ? String(operands[1]) : operation

const isRule = (part: unknown): boolean =>
  Array.isArray(part) ? part.some(isRule) : typeof part === 'object' && part !== null

/** Where there are no better words: the condition itself, and what it reads. */
const inGeneral = (rule: object, values: Values, holds: boolean): string => {
  const text = JSON.stringify(rule)
  const names = [...new Set(text.match(/"var":\[?"[^"]+/g)?.map((found) => found.replace(/^.*"/, '')))]
  const told = names.map((name) => `${name} is ${show(values[name])}`).join(', ')
  return `${show(text)} ${holds ? 'holds' : 'does not hold'}${told === '' ? '' : `, where ${told}`}`
}
