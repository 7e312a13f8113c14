import semver from 'semver'
import type { JsonValue } from '../../../contract/json.ts'
import { mergePatch } from '../../../contract/merge-patch.ts'
import type { Attributes, Flag, Override } from '../../../contract/targeting.ts'
import { mergeOverrides } from './merge-overrides.ts'
import type { Document } from './store/versions.ts'

/** One document of a chain, and whose it is. */
export interface Layer {
  appId: string
  version: string
  document: Document
}

/** What clients get: everything of a chain merged. */
export interface Effective {
  configVersion: string
  minimumAppVersion: string | null
  recommendedAppVersion: string | null
  deprecationDate: string | null
  data: Record<string, unknown>
  /** In the order in which they are laid over the data; absent where there are none. */
  overrides?: readonly Override[]
  flags?: Readonly<Record<string, Flag>>
  attributes?: Attributes
}

export const inherited = ['minimumAppVersion', 'recommendedAppVersion', 'deprecationDate'] as const

/**
 * Merges a chain, the root template first and the app itself last (RFC 7396). The root's data is taken as it is, so the
 * nulls of an app without a template stay. What a layer does not say of versions and dates comes from the one above.
 */
export const effectiveOf = (layers: readonly Layer[]): Effective => {
  const [root, ...patches] = layers.map((layer) => layer.document)
  if (!root) throw new RangeError('a chain has one layer at least')
  const own = patches.at(-1) ?? root
  const said = (field: (typeof inherited)[number]): string | null =>
    layers.findLast(({ document }) => document[field] !== undefined)?.document[field] ?? null
  const [minimumAppVersion, recommendedAppVersion, deprecationDate] = inherited.map(said) as [
    string | null,
    string | null,
    string | null,
  ]
  const data = patches.reduce<JsonValue>(
    (merged, patch) => mergePatch(merged, patch.data as JsonValue),
    root.data as JsonValue,
  ) as Record<string, unknown>
  return {
    configVersion: own.configVersion,
    minimumAppVersion,
    // They may come from different layers, and nothing below what is required can be recommended.
    recommendedAppVersion: higher(recommendedAppVersion, minimumAppVersion),
    deprecationDate,
    data,
    ...targetingOf(layers),
  }
}

/** One override, or flag, in the place of the one above it that has its name. */
const targetingOf = (layers: readonly Layer[]): Pick<Effective, 'overrides' | 'flags' | 'attributes'> => {
  const overrides = mergeOverrides(layers.map(({ document }) => document.overrides))
  const flags = new Map<string, Flag>()
  const attributes = new Map<string, Attributes[string]>()
  for (const { document } of layers) {
    for (const [key, flag] of Object.entries(document.flags ?? {})) {
      if (flag === null) flags.delete(key)
      else flags.set(key, flag)
    }
    for (const [name, attribute] of Object.entries(document.attributes ?? {})) attributes.set(name, attribute)
  }
  return {
    ...(overrides.length > 0 && { overrides: overrides.map(({ override }) => override) }),
    ...(flags.size > 0 && { flags: Object.fromEntries(flags) }),
    ...(attributes.size > 0 && { attributes: Object.fromEntries(attributes) }),
  }
}

const higher = (recommended: string | null, minimum: string | null): string | null =>
  recommended && minimum && semver.lt(recommended, minimum) ? minimum : recommended
