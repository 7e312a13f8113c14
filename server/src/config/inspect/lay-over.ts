import type { JsonValue } from '../../../../contract/json.ts'
import { mergePatch } from '../../../../contract/merge-patch.ts'
import { valueAt } from './value-at.ts'

/** What layers, from the root down to one of them, say at a pointer. */
export interface Laid {
  /** What is cut out of them, merged. */
  document: JsonValue
  /** The lowest of them that says the value, or takes it away. */
  layer: string
  /** Such a document as it was when it last had a value; undefined where it never had one. */
  valued: JsonValue | undefined
}

/**
 * Lays what is cut out of one more layer over those above it; undefined stands for layers that say nothing. The root's is taken
 * as it is, with its nulls.
 */
export const layOver = (
  above: Laid | undefined,
  { appId, own, isRoot }: { appId: string; own: JsonValue | undefined; isRoot: boolean },
  names: readonly string[],
): Laid | undefined => {
  if (own === undefined) return above
  const document = isRoot ? own : mergePatch(above?.document, own)
  const valued = valueAt(document, names) === undefined ? above?.valued : document
  const speaks = valueAt(own, names) !== undefined || takesAway(above?.valued, own, names)
  return { document, layer: above && !speaks ? above.layer : appId, valued }
}

/** Also where a layer between has taken it away before: without that one, this one would. */
const takesAway = (valued: JsonValue | undefined, own: JsonValue, names: readonly string[]): boolean =>
  valued !== undefined && valueAt(mergePatch(valued, own), names) === undefined
