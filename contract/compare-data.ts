import type { ChangeOfValue } from './config.ts'
import { equalJson, isJsonObject } from './json-equal.ts'
import { jsonPointer } from './json-pointer.ts'

/** The step between versions that a change deserves, the smallest first. */
const bumps = ['none', 'patch', 'minor', 'major'] as const
export type Bump = (typeof bumps)[number]

export const higherBump = (a: Bump, b: Bump): Bump => (bumps.indexOf(a) < bumps.indexOf(b) ? b : a)

/** The highest that any of these changes deserves; `none` where there are none. */
export const bumpOf = (changes: readonly ChangeOfValue[]): Bump =>
  changes.reduce<Bump>((highest, { bump }) => higherBump(highest, bump), 'none')

type Members = Readonly<Record<string, unknown>>

/** What differs between two objects, and what each difference deserves, as compareConfigs tells of data. */
export const compareMembers = (path: readonly string[], before: Members, after: Members): ChangeOfValue[] => {
  const changes = Object.entries(before).flatMap(([name, was]): ChangeOfValue[] => {
    const here = [...path, name]
    if (Object.hasOwn(after, name)) return compareValues(here, was, after[name])
    return [{ pointer: jsonPointer(here), kind: 'removed', bump: 'major', before: was, after: undefined }]
  })
  for (const [name, is] of Object.entries(after)) {
    if (Object.hasOwn(before, name)) continue
    const pointer = jsonPointer([...path, name])
    changes.push({ pointer, kind: 'added', bump: 'minor', before: undefined, after: is })
  }
  return changes
}

const compareValues = (path: readonly string[], before: unknown, after: unknown): ChangeOfValue[] => {
  if (isJsonObject(before) && isJsonObject(after)) return compareMembers(path, before, after)
  if (equalJson(before, after)) return []
  const bump =
    typeOf(before) !== typeOf(after) || hasNewType(elementsOf(before), elementsOf(after)) ? 'major' : 'patch'
  return [{ pointer: jsonPointer(path), kind: 'changed', bump, before, after }]
}

/** The JSON type of a value, in the words of JSON Schema. */
const typeOf = (value: unknown): string => {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

const elementsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Whoever reads these values knows the types they had; where there were none, nobody knows any. */
export const hasNewType = (before: readonly unknown[], after: readonly unknown[]): boolean => {
  const known = new Set(before.map(typeOf))
  return known.size > 0 && after.some((value) => !known.has(typeOf(value)))
}
