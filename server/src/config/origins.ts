import type { JsonValue } from '../../../contract/json.ts'
import { isJsonObject } from '../../../contract/json-equal.ts'
import { jsonPointer } from '../../../contract/json-pointer.ts'
import { effectiveOf, inherited, type Layer } from './effective.ts'
import { mergeOverrides } from './merge-overrides.ts'

/** A value while layers are merged, and the layer that said it; of an object, the layer that last made or emptied it. */
interface Node {
  origin: string
  members: Map<string, Node> | null
}

/** As mergePatch goes over values, so this over their origins. */
const mergeOrigins = (target: Node | undefined, patch: JsonValue, origin: string): Node => {
  if (!isJsonObject(patch)) return { origin, members: null }
  const node: Node = target?.members ? { ...target } : { origin, members: new Map() }
  const members = new Map(node.members)
  for (const [name, value] of Object.entries(patch)) {
    if (value !== null) members.set(name, mergeOrigins(members.get(name), value, origin))
    else if (members.delete(name)) node.origin = origin
  }
  return { ...node, members }
}

/** The root's data is taken as it is, with its nulls. */
const originsOfRoot = (value: JsonValue, origin: string): Node => {
  if (!isJsonObject(value)) return { origin, members: null }
  const members = Object.entries(value).map(([name, part]) => [name, originsOfRoot(part, origin)] as const)
  return { origin, members: new Map(members) }
}

const collect = ({ origin, members }: Node, path: string[], into: Record<string, string>): void => {
  if (!members?.size) into[jsonPointer(path)] = origin
  else for (const [name, member] of members) collect(member, [...path, name], into)
}

const originsOfTargeting = (layers: readonly Layer[]): Record<string, string> => {
  const overrides = mergeOverrides(layers.map(({ document }) => document.overrides))
  const flags = Object.keys(effectiveOf(layers).flags ?? {})
  const saying = (key: string) => layers.findLast(({ document }) => Object.hasOwn(document.flags ?? {}, key))
  return Object.fromEntries([
    ...overrides.map(({ layer }, at) => [`/overrides/${at}`, layers[layer]?.appId ?? '']),
    ...flags.map((key) => [jsonPointer(['flags', key]), saying(key)?.appId ?? '']),
  ])
}

/**
 * The layer each value of a merged chain comes from, by JSON pointer (RFC 6901) into the effective config: the appId of the
 * last layer that says it. Arrays and empty objects are values, and so are overrides and flags. What no layer says is not named.
 */
export const originsOf = (layers: readonly Layer[]): Record<string, string> => {
  const [root, ...patches] = layers
  if (!root) throw new RangeError('a chain has one layer at least')
  const origins: Record<string, string> = { '/configVersion': (patches.at(-1) ?? root).appId }
  for (const field of inherited) {
    const saying = layers.findLast(({ document }) => document[field] !== undefined)
    if (saying) origins[`/${field}`] = saying.appId
  }
  const recommending = layers.findLast(({ document }) => document.recommendedAppVersion !== undefined)
  // Where it is not what that layer says, it was raised to the minimum.
  if (effectiveOf(layers).recommendedAppVersion !== (recommending?.document.recommendedAppVersion ?? null)) {
    origins['/recommendedAppVersion'] = origins['/minimumAppVersion'] ?? root.appId
  }
  const data = patches.reduce(
    (node, { appId, document }) => mergeOrigins(node, document.data as JsonValue, appId),
    originsOfRoot(root.document.data as JsonValue, root.appId),
  )
  collect(data, ['data'], origins)
  return { ...origins, ...originsOfTargeting(layers) }
}
