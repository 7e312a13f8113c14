import { type Kysely, sql } from 'kysely'
import type { Attributes } from '../../../../contract/targeting.ts'
import type { Tables } from '../../platform/database/tables.ts'
import type { Layer } from '../effective.ts'
import { loadDocuments, nameOf, type TemplateDocuments } from './documents.ts'
import type { Document } from './versions.ts'

/** Deeper than any fleet is organised; beyond it a chain is refused. */
export const deepestChain = 8

interface ChainRow {
  top: number
  depth: number
  app_id: string
  version: string
}

/** Documents at hand already, which need not be loaded. */
interface AtHand {
  /** Those of the apps themselves, by nameOf. */
  own?: ReadonlyMap<string, Document>
  templates?: TemplateDocuments
}

/** The layers of each release, the root template first; with two statements at most, however many there are. */
export const loadChains = async (
  db: Kysely<Tables>,
  revisions: readonly number[],
  atHand: AtHand = {},
): Promise<Map<number, Layer[]>> => {
  if (revisions.length === 0) return new Map()
  const rows = await listChainRows(db, revisions)
  const documents = await documentsOf(db, rows, atHand)
  const chains = new Map<number, Layer[]>()
  for (const { top, app_id: appId, version } of rows) {
    const document = documents.get(nameOf({ appId, version }))
    if (!document) throw new Error(`release ${top} stands on ${appId} ${version}, which is not there`)
    const layers = chains.get(top) ?? []
    layers.push({ appId, version, document })
    chains.set(top, layers)
  }
  return chains
}

/** Each step by the key of one release: a join could choose to read all releases in the order of their revisions. */
export const listChainRows = async (
  db: Kysely<Tables>,
  revisions: readonly number[],
): Promise<ChainRow[]> => {
  const distinct = `{${[...new Set(revisions)].join(',')}}`
  const { rows } = await sql<ChainRow>`
    with recursive chain as (
      select asked.revision as top, 0 as depth, r.app_id, r.version, r.base_revision
      from unnest(${distinct}::text::bigint[]) as asked(revision)
      cross join lateral (select * from releases where revision = asked.revision limit 1) r
      union all
      select chain.top, chain.depth + 1, r.app_id, r.version, r.base_revision
      from chain cross join lateral (select * from releases where revision = chain.base_revision limit 1) r
    )
    select top, depth, app_id, version from chain order by top, depth desc`.execute(db)
  return rows
}

const documentsOf = async (
  db: Kysely<Tables>,
  rows: readonly ChainRow[],
  { own, templates }: AtHand,
): Promise<Map<string, Document>> => {
  const documents = new Map<string, Document>()
  const missing: ChainRow[] = []
  for (const row of rows) {
    const name = { appId: row.app_id, version: row.version }
    const known = own?.get(nameOf(name)) ?? templates?.get(name)
    if (known) documents.set(nameOf(name), known)
    else missing.push(row)
  }
  const wanted = missing.map(({ app_id: appId, version }) => ({ appId, version }))
  const loaded = await loadDocuments(db, wanted)
  for (const [name, { document }] of loaded) documents.set(name, document)
  for (const { depth, app_id: appId, version } of missing) {
    const found = loaded.get(nameOf({ appId, version }))
    if (depth > 0 && found) templates?.keep({ appId, version }, found)
  }
  return documents
}

/** What a release of an app on a channel stands on: its template's live release there, or else on stable. */
export const findLiveBase = async (
  db: Kysely<Tables>,
  template: string,
  channel: string,
): Promise<number | undefined> => {
  const row = await db
    .selectFrom('channels')
    .select('revision')
    .where('app_id', '=', template)
    .where('channel', 'in', [channel, 'stable'])
    .orderBy((order) => order('channel', '=', channel), 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.revision
}

/** The templates above an app, the nearest first; as many as `deepestChain` and one more. */
export const listAncestors = async (db: Kysely<Tables>, appId: string): Promise<string[]> => {
  const { rows } = await sql<{ app_id: string }>`
    with recursive above as (
      select extends as app_id, 1 as depth from apps where app_id = ${appId} and extends is not null
      union all
      select a.extends, above.depth + 1 from above join apps a on a.app_id = above.app_id
      where a.extends is not null and above.depth <= ${deepestChain}
    )
    select app_id from above order by depth`.execute(db)
  return rows.map((row) => row.app_id)
}

/** What the templates above an app declare of attributes, the nearest first. */
export const listAttributesAbove = async (
  db: Kysely<Tables>,
  appId: string,
): Promise<(Attributes | null)[]> => {
  const above = await listAncestors(db, appId)
  if (above.length === 0) return []
  const rows = await db
    .selectFrom('apps')
    .select(['app_id', 'attributes'])
    .where('app_id', 'in', above)
    .execute()
  const declared = new Map(rows.map((row) => [row.app_id, row.attributes as Attributes | null]))
  return above.map((template) => declared.get(template) ?? null)
}

/** How many layers hang below an app; 0 for one that nothing extends. Only templates are gone through. */
export const longestBelow = async (db: Kysely<Tables>, appId: string): Promise<number> => {
  const { rows } = await sql<{ depth: number }>`
    with recursive below as (
      select ${appId}::text collate "C" as app_id, 0 as depth
      union
      select t.app_id, below.depth + 1 from below join apps t on t.extends = below.app_id
      where t.kind = 'template' and below.depth <= ${deepestChain}
    )
    select max(depth + (
      select count(*) from (select from apps a where a.extends = below.app_id order by a.app_id limit 1) one
    ))::int as depth from below`.execute(db)
  return rows[0]?.depth ?? 0
}
