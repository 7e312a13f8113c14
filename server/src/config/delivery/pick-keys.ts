import type { JsonValue } from '../../../../contract/json.ts'
import { isJsonObject } from '../../../../contract/json-equal.ts'

type Members = Readonly<Record<string, JsonValue>>

/**
 * The part of the data that these paths name: `theme.primary` gives `{theme: {primary}}`. A name may hold dots itself: the
 * longest that is there counts. What is not there is left out.
 */
export const pickKeys = (data: Members, paths: readonly string[]): Record<string, JsonValue> => {
  const picked: Tree = new Map()
  for (const path of paths) {
    const names = namesOf(data, path.split('.'))
    if (names) mark(picked, names)
  }
  return cut(data, picked)
}

/** What is wanted of an object, by name; undefined: the value as a whole. */
type Tree = Map<string, Tree | undefined>

const namesOf = (value: unknown, parts: readonly string[]): string[] | undefined => {
  if (parts.length === 0) return []
  if (!isJsonObject(value)) return undefined
  for (let length = parts.length; length > 0; length--) {
    const name = parts.slice(0, length).join('.')
    const rest = Object.hasOwn(value, name) ? namesOf(value[name], parts.slice(length)) : undefined
    if (rest) return [name, ...rest]
  }
  return undefined
}

const mark = (tree: Tree, [name = '', ...rest]: readonly string[]): void => {
  if (rest.length === 0) {
    tree.set(name, undefined)
    return
  }
  // A part of what is wanted as a whole is wanted already.
  if (tree.has(name) && tree.get(name) === undefined) return
  const below = tree.get(name) ?? new Map()
  tree.set(name, below)
  mark(below, rest)
}

/** In the order of the data. */
const cut = (data: Members, tree: Tree): Record<string, JsonValue> =>
  Object.fromEntries(
    Object.entries(data)
      .filter(([name]) => tree.has(name))
      .map(([name, value]) => {
        const below = tree.get(name)
        return [name, below ? cut(value as Members, below) : value]
      }),
  )
