import type { JsonValue } from '../../../../contract/json.ts'
import { isJsonObject } from '../../../../contract/json-equal.ts'

/** The names of a JSON pointer (RFC 6901), unescaped. */
export const namesOf = (pointer: string): string[] =>
  pointer
    .slice(1)
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))

/** The value that these names lead to; undefined where there is none. */
export const valueAt = (document: JsonValue, names: readonly string[]): JsonValue | undefined => {
  let value: JsonValue | undefined = document
  for (const name of names) {
    if (Array.isArray(value)) value = /^(?:0|[1-9]\d*)$/.test(name) ? value[Number(name)] : undefined
    else if (isJsonObject(value)) value = Object.hasOwn(value, name) ? value[name] : undefined
    else return undefined
  }
  return value
}

/** A document that has this value behind these names and nothing else. */
export const onlyAt = (names: readonly string[], value: JsonValue): JsonValue =>
  names.reduceRight<JsonValue>((inner, name) => ({ [name]: inner }), value)

/**
 * Of a document what counts for the value at these names, and no more; undefined where it says nothing on the way to it. What
 * is cut out of each layer merges to what would be cut out of the merged layers.
 */
export const cutOut = (document: JsonValue, names: readonly string[]): JsonValue | undefined => {
  for (let steps = 1; steps <= names.length; steps++) {
    const way = names.slice(0, steps)
    const value = valueAt(document, way)
    // That there is an object on the way says something too: it takes the place of whatever else was there.
    if (value === undefined) return steps === 1 ? undefined : onlyAt(names.slice(0, steps - 1), {})
    if (steps === names.length || !isJsonObject(value)) return onlyAt(way, value)
  }
  return document
}
