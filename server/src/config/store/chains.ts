import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import type { Layer } from '../effective.ts'
import type { Document } from './versions.ts'

/** Deeper than any fleet is organised; beyond it a chain is refused. */
export const deepestChain = 8

/** The layers of each release, the root template first; with two statements, however many there are. */
export const loadChains = async (
  db: Kysely<Tables>,
  revisions: readonly number[],
): Promise<Map<number, Layer[]>> => {
  if (revisions.length === 0) return new Map()
  const { rows } = await sql<{ top: number; app_id: string; version: string }>`
    with recursive chain as (
      select r.revision as top, 0 as depth, r.app_id, r.version, r.base_revision
      from releases r where r.revision in (
        select value::bigint from jsonb_array_elements_text(${JSON.stringify(revisions)}::jsonb)
      )
      union all
      select chain.top, chain.depth + 1, r.app_id, r.version, r.base_revision
      from chain join releases r on r.revision = chain.base_revision
    )
    select top, app_id, version from chain order by top, depth desc`.execute(db)
  const documents = await loadDocuments(db, rows)
  const chains = new Map<number, Layer[]>()
  for (const { top, app_id: appId, version } of rows) {
    const document = documents.get(nameOf(appId, version))
    if (!document) throw new Error(`release ${top} stands on ${appId} ${version}, which is not there`)
    const layers = chains.get(top) ?? []
    layers.push({ appId, version, document })
    chains.set(top, layers)
  }
  return chains
}

/** Versions hold no spaces. */
const nameOf = (appId: string, version: string): string => `${appId} ${version}`

/** Each document once: thousands of apps share those of their template. */
const loadDocuments = async (
  db: Kysely<Tables>,
  wanted: readonly { app_id: string; version: string }[],
): Promise<Map<string, Document>> => {
  const distinct = new Map(
    wanted.map(({ app_id, version }) => [nameOf(app_id, version), { app_id, version }]),
  )
  const { rows } = await sql<{ app_id: string; version: string; document: Document }>`
    select c.app_id, c.version, c.document
    from jsonb_to_recordset(${JSON.stringify([...distinct.values()])}::jsonb) as wanted(app_id text, version text)
    join configs c on c.app_id = wanted.app_id and c.version = wanted.version`.execute(db)
  return new Map(rows.map((row) => [nameOf(row.app_id, row.version), row.document]))
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
