import type { JsonValue } from '../../../../contract/json.ts'
import { type Effective, effectiveOf, type Layer } from '../effective.ts'
import { mergeOverrides } from '../merge-overrides.ts'
import { compileTargeting, type FlagResult, type Targeting } from '../targeting/compile-targeting.ts'
import type { Context } from '../targeting/context.ts'
import { explainOverrides, type OverrideExplained } from '../targeting/explain-overrides.ts'
import { layOverrides } from '../targeting/lay-overrides.ts'
import { type Update, updateFor } from '../targeting/update-for.ts'

/** A release, or what would be one, before anybody asks. */
export interface Evaluable {
  layers: readonly Layer[]
  /** What clients get of it without overrides, and its rules. */
  said: Effective
  targeting: Targeting | null
}

export const evaluableOf = (layers: readonly Layer[]): Evaluable => {
  const said = effectiveOf(layers)
  // A rule that fails is told by the explanation.
  return { layers, said, targeting: compileTargeting(said, () => {}) }
}

/** What one device gets of it, and why. */
export interface Evaluated
  extends Pick<
    Effective,
    'configVersion' | 'minimumAppVersion' | 'recommendedAppVersion' | 'deprecationDate'
  > {
  update: Update
  /** The names of those that match. */
  overrides: string[]
  data: Record<string, unknown>
  flags?: Record<string, ReturnType<typeof toldOf>>
  explained: (OverrideExplained & { layer: string })[]
}

export const evaluateLayers = ({ layers, said, targeting }: Evaluable, context: Context): Evaluated => {
  const { configVersion, minimumAppVersion, recommendedAppVersion, deprecationDate, data } = said
  const matched = targeting?.match(context) ?? []
  const flags = targeting?.evaluateFlags(context)
  const placed = mergeOverrides(layers.map(({ document }) => document.overrides))
  return {
    ...{ configVersion, minimumAppVersion, recommendedAppVersion, deprecationDate },
    update: updateFor(said, context.appVersion),
    overrides: matched.flatMap((place) => said.overrides?.[place]?.name ?? []),
    data: layOverrides(data, said.overrides ?? [], matched),
    ...(flags && {
      flags: Object.fromEntries(Object.entries(flags).map(([key, result]) => [key, toldOf(result)])),
    }),
    explained: explainOverrides(said, context).map((one, place) => ({
      ...one,
      layer: layers[placed[place]?.layer ?? -1]?.appId ?? '',
    })),
  }
}

/** As clients are told of a flag. */
const toldOf = ({
  value,
  variant,
  reason,
}: FlagResult): { value?: JsonValue; variant?: string; reason: string } => ({
  ...(value !== undefined && { value }),
  ...(variant !== undefined && { variant }),
  reason,
})
