import type { JsonValue } from './json.ts'
import { isJsonObject } from './json-equal.ts'

/**
 * JSON Merge Patch (RFC 7396): `patch` over `target`. Objects are merged member by member, null removes a member, all else
 * replaces. Changes neither; parts that the patch does not touch are shared with the target, not copied.
 */
export const mergePatch = (target: JsonValue | undefined, patch: JsonValue): JsonValue => {
  if (!isJsonObject(patch)) return patch
  // Through a Map, since `merged[name]` would find what objects inherit, and set the prototype for `__proto__`.
  const merged = new Map(isJsonObject(target) ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name), value))
  }
  return Object.fromEntries(merged)
}
