import type { ProblemCode } from '../../../../contract/problems.ts'
import type { Scope } from '../change.ts'
import { type LiveRelease, loadLayerTexts } from '../store/schemas.ts'
import {
  type Batch,
  type ConfigToCheck,
  type LayerTexts,
  longestChangeMs,
  type OwnSchema,
  type Verdict,
} from './checks.ts'
import { refuseUnchecked } from './refuse-unchecked.ts'

/** A release that does not fit the schemas over it. */
export interface Break extends LiveRelease, Verdict {
  configVersion: string
}

interface ToCheck {
  releases: readonly LiveRelease[]
  /** The schemas to hold them to, by appId. */
  schemasOf: (appIds: readonly string[]) => Promise<ReadonlyMap<string, readonly OwnSchema[]>>
  /** What is answered where the checks do not end. */
  code: ProblemCode
}

/** A document may have a mebibyte, and those of this many releases are in memory at a time. */
const batchSize = 200
/** What each config may add to the longest time for all. */
const msPerConfig = 0.1

/** Those of these releases whose effective data does not fit. Throws 422 where that cannot be found out in time. */
export const findBreaks = async (
  { db, checks }: Pick<Scope, 'db' | 'checks'>,
  { releases, schemasOf, code }: ToCheck,
): Promise<Break[]> => {
  let leftMs = longestChangeMs + releases.length * msPerConfig
  const breaks: Break[] = []
  for (let start = 0; start < releases.length; start += batchSize) {
    const some = releases.slice(start, start + batchSize)
    const schemas = await schemasOf([...new Set(some.map(({ appId }) => appId))])
    const { layers, texts } = await loadLayerTexts(
      db,
      some.map(({ revision }) => revision),
    )
    const batch = gather(some, { schemas, texts, layersOf: (revision) => layers.get(revision)?.names ?? [] })
    const began = performance.now()
    const verdicts = await refuseUnchecked(checks.check(batch, leftMs), code, (index) => nameOf(some[index]))
    leftMs -= performance.now() - began
    for (const [index, release] of some.entries()) {
      const verdict = verdicts[index]
      const configVersion = layers.get(release.revision)?.configVersion
      if (!verdict || configVersion === undefined)
        throw new Error(`release ${release.revision} was not checked`)
      if (verdict.findings.length > 0) breaks.push({ ...release, ...verdict, configVersion })
    }
  }
  return breaks
}

const nameOf = (release: LiveRelease | undefined): string =>
  release ? `the config of ${release.appId} (${release.channel})` : 'the configs'

interface Gathered {
  schemas: ReadonlyMap<string, readonly OwnSchema[]>
  texts: ReadonlyMap<string, LayerTexts>
  layersOf: (revision: number) => readonly string[]
}

/** Puts what releases share into their batch once. */
const gather = (releases: readonly LiveRelease[], { schemas, texts, layersOf }: Gathered): Batch => {
  const all = numbered<LayerTexts>()
  const own = numbered<OwnSchema>()
  const configs = releases.map(
    ({ appId, kind, revision }): ConfigToCheck => ({
      appId,
      layers: layersOf(revision).map((name) => all.placeOf(name, texts.get(name) ?? { data: 'null' })),
      schemas: (schemas.get(appId) ?? []).map((schema) => own.placeOf(schema.appId, schema)),
      partial: kind === 'template',
    }),
  )
  return { layers: all.items, schemas: own.items, configs }
}

/** A list in which each name has one place. */
const numbered = <Item>() => {
  const items: Item[] = []
  const places = new Map<string, number>()
  const placeOf = (name: string, item: Item): number => {
    const place = places.get(name) ?? items.push(item) - 1
    places.set(name, place)
    return place
  }
  return { items, placeOf }
}
