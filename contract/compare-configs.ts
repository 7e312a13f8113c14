import type { ChangeOfValue } from './config.ts'
import { equalJson, isJsonObject } from './json-equal.ts'
import { jsonPointer } from './json-pointer.ts'

/** What is compared: what clients get, or what one document says; an absent field is not said. */
export interface ComparedConfig {
  minimumAppVersion?: string | null | undefined
  recommendedAppVersion?: string | null | undefined
  deprecationDate?: string | null | undefined
  data: Readonly<Record<string, unknown>>
}

/** The step between versions that a change deserves, the smallest first. */
const bumps = ['none', 'patch', 'minor', 'major'] as const
export type Bump = (typeof bumps)[number]

export interface ConfigChanges {
  /** The highest that any of the changes deserves; `none` where nothing differs. */
  bump: Bump
  /** Versions and dates first, then data: what was there in its order, then what is new. */
  changes: ChangeOfValue[]
}

export const higherBump = (a: Bump, b: Bump): Bump => (bumps.indexOf(a) < bumps.indexOf(b) ? b : a)

/**
 * What differs between two configs, by JSON pointer into them (`/data/theme/primary`), and the bump it deserves:
 *
 * - major: a key of data is gone, or its value has another JSON type (null is one), or an array that had elements got one of
 *   a type it had none of;
 * - minor: data has a key it had not;
 * - patch: a value changed. An array is one value. A changed version or date is a patch, whatever changed about it.
 *
 * Objects are compared member by member; one that is new or gone as a whole is one change.
 */
export const compareConfigs = (before: ComparedConfig, after: ComparedConfig): ConfigChanges => {
  const changes = [...compareFields(before, after), ...compareMembers(['data'], before.data, after.data)]
  return { changes, bump: changes.reduce<Bump>((highest, { bump }) => higherBump(highest, bump), 'none') }
}

const compareFields = (before: ComparedConfig, after: ComparedConfig): ChangeOfValue[] =>
  (['minimumAppVersion', 'recommendedAppVersion', 'deprecationDate'] as const).flatMap((field) => {
    const [was, is] = [before[field], after[field]]
    if (was === is) return []
    const kind = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed'
    return [{ pointer: `/${field}`, kind, bump: 'patch', before: was, after: is }]
  })

type Members = Readonly<Record<string, unknown>>

const compareMembers = (path: readonly string[], before: Members, after: Members): ChangeOfValue[] => {
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
  const bump = typeOf(before) !== typeOf(after) || hasNewElementType(before, after) ? 'major' : 'patch'
  return [{ pointer: jsonPointer(path), kind: 'changed', bump, before, after }]
}

/** The JSON type of a value, in the words of JSON Schema. */
const typeOf = (value: unknown): string => {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** Whoever reads the elements knows the types they had; of an empty array nobody knows any. */
const hasNewElementType = (before: unknown, after: unknown): boolean => {
  if (!Array.isArray(before) || !Array.isArray(after) || before.length === 0) return false
  const known = new Set(before.map(typeOf))
  return after.some((element) => !known.has(typeOf(element)))
}
