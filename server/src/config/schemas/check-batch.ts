import { LRUCache } from 'lru-cache'
import type { JsonValue } from '../../../../contract/json.ts'
import { mergePatch } from '../../../../contract/merge-patch.ts'
import { checkOverrides, readOverrides } from './check-overrides.ts'
import type { Batch, ConfigToCheck, Finding, LayerTexts, OwnSchema, Verdict } from './checks.ts'
import { compileSchema } from './compile-schema.ts'
import { explainViolations, mostFindings } from './explain-violations.ts'

type Check = (data: unknown) => Verdict

/** By kind and text; a compiled schema takes some 20 times its text. */
const compiled = new LRUCache<string, Check>({
  max: 500,
  maxSize: 4_194_304,
  sizeCalculation: (_, key) => key.length,
})

/**
 * A verdict for each config, in their order, as soon as it is there: on its data, and where these fit, with each of its
 * overrides laid over them, and with all. `onStep` is called after each single check.
 */
export function* checkBatch(
  { layers, schemas, configs }: Batch,
  onStep: () => void = () => {},
): Generator<Verdict> {
  const dataOf = mergeLayers(layers)
  const overridesOf = readOverrides(layers)
  for (const config of configs) {
    const data = dataOf(config.layers)
    const overrides = overridesOf(config.layers)
    yield together(
      config.schemas.map((place) => {
        const own = schemas[place]
        if (!own) throw new RangeError(`the batch has no schema ${place}`)
        const check = checkOf(own, config.partial)
        const checkStep: Check = (some) => {
          const verdict = check(some)
          onStep()
          return verdict
        }
        const verdict = checkStep(data)
        const fits = verdict.findings.length === 0
        return naming(own, config, fits ? checkOverrides(checkStep, data, overrides) : verdict)
      }),
    )
  }
}

/** Templates are read once for all that stand on them; what only one config has is not kept. */
const mergeLayers = (texts: readonly LayerTexts[]): ((layers: readonly number[]) => JsonValue) => {
  const templates = new Map<string, JsonValue>()
  const read = (place: number): JsonValue => JSON.parse(texts[place]?.data ?? 'null')
  const mergeTemplates = (layers: readonly number[]): JsonValue | undefined => {
    const own = layers.at(-1)
    if (own === undefined) return undefined
    const name = layers.join()
    const merged = templates.get(name) ?? patch(mergeTemplates(layers.slice(0, -1)), read(own))
    templates.set(name, merged)
    return merged
  }
  return (layers) => patch(mergeTemplates(layers.slice(0, -1)), read(layers.at(-1) ?? -1))
}

/** The root's data is taken as it is, with its nulls. */
const patch = (below: JsonValue | undefined, data: JsonValue): JsonValue =>
  below === undefined ? data : mergePatch(below, data)

const checkOf = ({ text }: OwnSchema, partial: boolean): Check => {
  const key = `${partial ? 'partial' : 'whole'} ${text}`
  const known = compiled.get(key)
  if (known) return known
  const check = makeCheck(text, partial)
  compiled.set(key, check)
  return check
}

const makeCheck = (text: string, partial: boolean): Check => {
  const refuse = (detail: string): Verdict => ({ findings: [{ pointer: '/data', detail }], more: 0 })
  try {
    const validate = compileSchema(JSON.parse(text), { partial })
    return (data) => {
      try {
        if (validate(data)) return { findings: [], more: 0 }
      } catch (error) {
        if (error instanceof RangeError) return refuse('leads the schema round and round, or too deep')
        throw error
      }
      const errors = validate.errors ?? []
      const told = errors.slice(0, mostFindings)
      const findings = explainViolations(told, data).map((finding) => ({
        ...finding,
        pointer: `/data${finding.pointer}`,
      }))
      return { findings, more: errors.length - told.length }
    }
  } catch (error) {
    // It was vetted when it was set; a later version of this server may be stricter.
    const why = error instanceof Error ? error.message : String(error)
    return () => refuse(`cannot be checked, because the schema cannot be used: ${why}`)
  }
}

/** Says whose schema it is where it is not the config's own. */
const naming = (schema: OwnSchema, config: ConfigToCheck, verdict: Verdict): Verdict =>
  schema.appId === config.appId
    ? verdict
    : { ...verdict, findings: verdict.findings.map((finding) => inSchemaOf(schema.appId, finding)) }

const inSchemaOf = (appId: string, { pointer, detail }: Finding): Finding => ({
  pointer,
  detail: `${detail} (schema of ${appId})`,
})

const together = (verdicts: readonly Verdict[]): Verdict => {
  const findings = verdicts.flatMap((verdict) => verdict.findings)
  const more = verdicts.reduce((sum, verdict) => sum + verdict.more, 0)
  return { findings, more }
}
