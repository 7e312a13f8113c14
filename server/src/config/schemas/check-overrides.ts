import type { JsonValue } from '../../../../contract/json.ts'
import { mergePatch } from '../../../../contract/merge-patch.ts'
import type { Override } from '../../../../contract/targeting.ts'
import { mergeOverrides, type PlacedOverride } from '../merge-overrides.ts'
import type { Finding, LayerTexts, Verdict } from './checks.ts'
import { mostFindings } from './explain-violations.ts'

/** An override of a config; `own` where the config's last layer says it. */
interface ToLay extends PlacedOverride {
  isOwn: boolean
}

/** The overrides of the config that these layers make. Those of templates are read once for all that stand on them. */
export const readOverrides = (texts: readonly LayerTexts[]): ((layers: readonly number[]) => ToLay[]) => {
  const templates = new Map<number, readonly Override[]>()
  const read = (place: number): readonly Override[] => JSON.parse(texts[place]?.overrides ?? '[]')
  const readTemplate = (place: number): readonly Override[] => {
    const overrides = templates.get(place) ?? read(place)
    templates.set(place, overrides)
    return overrides
  }
  return (layers) => {
    const last = layers.length - 1
    const said = layers.map((place, at) => (at === last ? read(place) : readTemplate(place)))
    return mergeOverrides(said).map((placed) => ({ ...placed, isOwn: placed.layer === last }))
  }
}

/**
 * Whether data that fit still do with each of these overrides laid over them, and with all. A finding points into the
 * override, `/overrides/3/data/theme`, where it is the config's own; into the data where it is not, or where they are many.
 */
export const checkOverrides = (
  check: (data: JsonValue) => Verdict,
  data: JsonValue,
  overrides: readonly ToLay[],
): Verdict => {
  const findings: Finding[] = []
  let more = 0
  const note = (verdict: Verdict, place: (finding: Finding) => Finding): void => {
    const told = verdict.findings.slice(0, mostFindings - findings.length)
    findings.push(...told.map(place))
    more += verdict.more + verdict.findings.length - told.length
  }
  const lay = (below: JsonValue, { override }: ToLay): JsonValue =>
    mergePatch(below, override.data as JsonValue)
  for (const each of overrides) note(check(lay(data, each)), inOverride(each))
  if (overrides.length > 1 && findings.length === 0) note(check(overrides.reduce(lay, data)), withAll)
  return { findings, more }
}

const inOverride =
  ({ override: { name }, at, isOwn }: ToLay) =>
  ({ pointer, detail }: Finding): Finding =>
    isOwn
      ? { pointer: `/overrides/${at}${pointer}`, detail: `${detail} (override ${name})` }
      : { pointer, detail: `${detail} (with the override ${name} of a template laid over it)` }

const withAll = ({ pointer, detail }: Finding): Finding => ({
  pointer,
  detail: `${detail} (with all overrides laid over it)`,
})
