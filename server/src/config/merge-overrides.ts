import type { Override } from '../../../contract/targeting.ts'

/** An override, the place of the layer that says it, and its own place there. */
export interface PlacedOverride {
  override: Override
  layer: number
  at: number
}

/**
 * The overrides of the layers of a chain, the root template's first, in the order in which they are laid over the data. One
 * that has the name of one above takes its place there: it counts where its own layer says it.
 */
export const mergeOverrides = (layers: readonly (readonly Override[] | undefined)[]): PlacedOverride[] => {
  const placed = new Map<string, PlacedOverride>()
  for (const [layer, overrides] of layers.entries()) {
    for (const [at, override] of overrides?.entries() ?? []) {
      // A map keeps the place of a name that it has.
      placed.delete(override.name)
      placed.set(override.name, { override, layer, at })
    }
  }
  return [...placed.values()]
}
