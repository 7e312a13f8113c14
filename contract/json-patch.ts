import { equalJson, isJsonObject } from './json-equal.ts'
import { jsonPointer } from './json-pointer.ts'

/** One operation of RFC 6902. */
export interface JsonPatchOperation {
  op: 'add' | 'remove' | 'replace'
  path: string
  value?: unknown
}

/** An operation, and the value it takes away. */
interface Step extends JsonPatchOperation {
  before?: unknown
}

type Path = readonly (string | number)[]

/**
 * The steps that make `after` of `before`, in the order in which they must be taken. Objects are changed member by member and
 * arrays element by element between what both have at their beginning and end.
 */
export const listSteps = (before: unknown, after: unknown, path: Path = []): Step[] => {
  if (isJsonObject(before) && isJsonObject(after)) return memberSteps(before, after, path)
  if (Array.isArray(before) && Array.isArray(after)) return elementSteps(before, after, path)
  return equalJson(before, after) ? [] : [{ op: 'replace', path: jsonPointer(path), value: after, before }]
}

const memberSteps = (
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  path: Path,
): Step[] => {
  const steps = Object.entries(before).flatMap(([name, was]): Step[] =>
    Object.hasOwn(after, name)
      ? listSteps(was, after[name], [...path, name])
      : [{ op: 'remove', path: jsonPointer([...path, name]), before: was }],
  )
  for (const [name, value] of Object.entries(after)) {
    if (!Object.hasOwn(before, name)) steps.push({ op: 'add', path: jsonPointer([...path, name]), value })
  }
  return steps
}

const elementSteps = (before: readonly unknown[], after: readonly unknown[], path: Path): Step[] => {
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && equalJson(before[start], after[start])) start += 1
  let same = 0
  while (same < shorter - start && equalJson(before.at(-1 - same), after.at(-1 - same))) same += 1

  const [was, is] = [before.slice(start, before.length - same), after.slice(start, after.length - same)]
  const both = Math.min(was.length, is.length)
  const pointer = (index: number): string => jsonPointer([...path, start + index])
  return [
    ...was
      .slice(0, both)
      .flatMap((element, index) => listSteps(element, is[index], [...path, start + index])),
    // From the last one down, so that no removal moves another.
    ...was
      .slice(both)
      .map((element, index): Step => ({ op: 'remove', path: pointer(both + index), before: element }))
      .reverse(),
    ...is.slice(both).map((value, index): Step => ({ op: 'add', path: pointer(both + index), value })),
  ]
}

/** The JSON Patch (RFC 6902) of these steps. */
export const toJsonPatch = (steps: readonly Step[]): JsonPatchOperation[] =>
  steps.map(({ op, path, value }) => (op === 'remove' ? { op, path } : { op, path, value }))

/** The steps for a reader, a line each: `~ /a: 1 -> 2`, `+ /b: 3`, `- /c: 4`. Long values are shortened. */
export const toText = (steps: readonly Step[]): string =>
  steps
    .map(({ op, path, value, before }) => {
      if (op === 'add') return `+ ${path}: ${shortened(value)}`
      if (op === 'remove') return `- ${path}: ${shortened(before)}`
      return `~ ${path}: ${shortened(before)} -> ${shortened(value)}`
    })
    .join('\n')

const longestValue = 80

/** The value as JSON, cut where a line would get too long; never within a character. */
const shortened = (value: unknown): string => {
  const text = JSON.stringify(value)
  if (text.length <= longestValue) return text
  return `${text.slice(0, longestValue - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
