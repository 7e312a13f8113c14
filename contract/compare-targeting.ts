import { type Bump, bumpOf, compareMembers, hasNewType } from './compare-data.ts'
import type { ChangeOfValue } from './config.ts'
import type { JsonValue } from './json.ts'
import { equalJson, isJsonObject } from './json-equal.ts'
import { jsonPointer } from './json-pointer.ts'
import { mergePatch } from './merge-patch.ts'
import type { Flag, Override } from './targeting.ts'

type Data = Readonly<Record<string, unknown>>

interface Targeted {
  data: Data
  overrides?: readonly Override[] | undefined
}

/**
 * What differs between the overrides of two configs; each is one change, and they are told apart by their names. It deserves
 * what it does to the data: one that came or went, laid over the base against the base; one that changed, after against
 * before; a patch at least. Which devices a condition picks, and the order, are a patch.
 */
export const compareOverrides = (before: Targeted, after: Targeted): ChangeOfValue[] => {
  const [was, is] = [placesOf(before.overrides), placesOf(after.overrides)]
  const changes: ChangeOfValue[] = []
  for (const [name, { at, override }] of was) {
    if (is.has(name)) continue
    const bump = bumpBetween(before.data, override.data, {})
    changes.push({ ...changeAt(['overrides', at], 'removed', bump), before: override, after: undefined })
  }
  for (const [name, { at, override }] of is) {
    const old = was.get(name)?.override
    if (old && equalJson(old, override)) continue
    const bump = bumpBetween(after.data, old?.data ?? {}, override.data)
    const kind = old ? 'changed' : 'added'
    changes.push({ ...changeAt(['overrides', at], kind, bump), before: old, after: override })
  }
  return [...changes, ...compareOrder([...was.keys()], [...is.keys()])]
}

const placesOf = (overrides: readonly Override[] = []) =>
  new Map(overrides.map((override, at) => [override.name, { at, override }]))

const changeAt = (
  path: readonly (string | number)[],
  kind: ChangeOfValue['kind'],
  bump: Bump,
): Pick<ChangeOfValue, 'pointer' | 'kind' | 'bump'> => ({
  pointer: jsonPointer(path),
  kind,
  bump: bump === 'none' ? 'patch' : bump,
})

/** Of the data with one patch over it against the same data with another one. */
const bumpBetween = (data: Data, before: Data, after: Data): Bump => {
  const part = touched(data, [before, after]) as JsonValue
  const over = (patch: Data) => mergePatch(part, patch as JsonValue) as Data
  return bumpOf(compareMembers([], over(before), over(after)))
}

/** Of a value what these patches say something of, and no more: they make no difference to the rest, which may be large. */
const touched = (value: unknown, patches: readonly unknown[]): unknown => {
  if (!isJsonObject(value) || !patches.every(isJsonObject)) return value
  const names = new Set(patches.flatMap((patch) => Object.keys(patch)))
  const members = [...names].filter((name) => Object.hasOwn(value, name))
  return Object.fromEntries(
    members.map((name) => {
      const saying = patches.filter((patch) => Object.hasOwn(patch, name))
      return [
        name,
        touched(
          value[name],
          saying.map((patch) => patch[name]),
        ),
      ]
    }),
  )
}

/** Where two overrides say the same thing, the later one counts. */
const compareOrder = (was: readonly string[], is: readonly string[]): ChangeOfValue[] => {
  const kept = {
    before: was.filter((name) => is.includes(name)),
    after: is.filter((name) => was.includes(name)),
  }
  if (equalJson(kept.before, kept.after)) return []
  return [{ ...changeAt(['overrides'], 'changed', 'patch'), ...kept }]
}

type Flags = Readonly<Record<string, Flag | null>>

/**
 * What differs between the flags of two configs, each one change: a new one is minor; one that is gone, or got a variant of a
 * type that none had, major; all else a patch.
 */
export const compareFlags = (before: Flags = {}, after: Flags = {}): ChangeOfValue[] => {
  const changes: ChangeOfValue[] = []
  for (const [key, was] of Object.entries(before)) {
    const is = Object.hasOwn(after, key) ? after[key] : undefined
    if (is === undefined)
      changes.push({ ...changeAt(['flags', key], 'removed', 'major'), before: was, after: is })
    else if (!equalJson(was, is)) {
      changes.push({ ...changeAt(['flags', key], 'changed', bumpOfFlag(was, is)), before: was, after: is })
    }
  }
  for (const [key, is] of Object.entries(after)) {
    if (Object.hasOwn(before, key)) continue
    changes.push({ ...changeAt(['flags', key], 'added', 'minor'), before: undefined, after: is })
  }
  return changes
}

/** In what a document says itself, null takes away the flag of its template. */
const bumpOfFlag = (was: Flag | null | undefined, is: Flag | null): Bump => {
  if (is === null) return 'major'
  if (!was) return 'minor'
  return hasNewType(variantsOf(was), variantsOf(is)) ? 'major' : 'patch'
}

const variantsOf = ({ variants }: Flag): readonly unknown[] => Object.values(variants)
