import { type Kysely, sql } from 'kysely'
import type { AppScope } from '../../platform/auth/authenticate.ts'
import { inScope } from '../../platform/database/in-scope.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import type { LayerTexts } from '../schemas/checks.ts'
import type { AppRow } from './apps.ts'
import { deepestChain, listChainRows } from './chains.ts'
import { nameOf } from './documents.ts'

/** Whose schemas hold for an app. */
export interface SchemaPlace {
  app_id: string
  extends: string | null
  kind: AppRow['kind']
  has_schema: boolean
  is_archived: boolean
}

/**
 * These apps and all templates above them, each once; by their keys, since planners misjudge how many they are. Nothing where
 * no app at all has a schema, and then at no cost: this is asked at every release.
 */
export const listSchemaPlaces = async (
  db: Kysely<Tables>,
  appIds: readonly string[],
): Promise<SchemaPlace[]> => {
  const { rows } = await sql<SchemaPlace>`
    with recursive places as (
      select a.app_id, a.extends, a.kind, a.schema is not null as has_schema, a.archived_at is not null as is_archived
      from unnest(${textArray(appIds)}) asked(app_id)
      cross join lateral (select * from apps where app_id = asked.app_id limit 1) a
      where exists (select from apps where schema is not null)
      union
      select t.app_id, t.extends, t.kind, t.schema is not null, t.archived_at is not null
      from (select distinct extends from places) p
      cross join lateral (select * from apps where app_id = p.extends limit 1) t
    )
    select * from places`.execute(db)
  return rows
}

/** The schemas of these apps as JSON text, by appId; those that have none are left out. */
export const loadSchemaTexts = async (
  db: Kysely<Tables>,
  appIds: readonly string[],
): Promise<Map<string, string>> => {
  if (appIds.length === 0) return new Map()
  const { rows } = await sql<{ app_id: string; text: string }>`
    select app_id, schema::text as text from apps
    where app_id = any (${textArray(appIds)}) and schema is not null`.execute(db)
  return new Map(rows.map((row) => [row.app_id, row.text]))
}

/** Sets the schema of an app, or removes it, and draws the next revision of its row. */
export const updateSchema = (db: Kysely<Tables>, appId: string, schema: object | null): Promise<AppRow> =>
  db
    .updateTable('apps')
    .set({
      schema: schema && JSON.stringify(schema),
      revision: sql<number>`nextval('revisions')`,
      updated_at: sql<Date>`clock_timestamp()`,
    })
    .where('app_id', '=', appId)
    .returningAll()
    .executeTakeFirstOrThrow()

/** A release that is live, or the candidate of a rollout. */
export interface LiveRelease {
  appId: string
  kind: AppRow['kind']
  channel: string
  revision: number
}

/** All that is live of an app and of what extends it, at any depth; archived apps serve nothing. */
export const listLiveUnder = async (db: Kysely<Tables>, appId: string): Promise<LiveRelease[]> => {
  const { rows } = await sql<LiveRelease>`
    with recursive under as (
      select app_id, kind, archived_at, 1 as depth from apps where app_id = ${appId}
      union all
      select a.app_id, a.kind, a.archived_at, under.depth + 1 from under join apps a on a.extends = under.app_id
      where under.depth <= ${deepestChain}
    ), fenced as materialized (select app_id, kind from under where archived_at is null)
    select f.app_id as "appId", f.kind, c.channel, live.revision
    from fenced f join channels c on c.app_id = f.app_id
    cross join lateral (values (c.revision), (c.candidate_revision)) live(revision)
    where live.revision is not null
    order by f.app_id, c.channel, live.revision`.execute(db)
  return rows
}

/** What a release is made of: its versions, the root template's first. */
export interface Layers {
  names: readonly string[]
  configVersion: string
}

/** The layers of each release, and what they say as JSON texts by name: texts go to the checks as they are. */
export const loadLayerTexts = async (
  db: Kysely<Tables>,
  revisions: readonly number[],
): Promise<{ layers: Map<number, Layers>; texts: Map<string, LayerTexts> }> => {
  const rows = await listChainRows(db, revisions)
  const wanted = new Map<string, { app_id: string; version: string }>()
  const layers = new Map<number, Layers>()
  for (const { top, app_id, version } of rows) {
    const name = nameOf({ appId: app_id, version })
    wanted.set(name, { app_id, version })
    layers.set(top, { names: [...(layers.get(top)?.names ?? []), name], configVersion: version })
  }
  const found = await sql<{ app_id: string; version: string; data: string; overrides: string | null }>`
    select c.app_id, c.version, (c.document->'data')::text as data, (c.document->'overrides')::text as overrides
    from jsonb_to_recordset(${JSON.stringify([...wanted.values()])}::jsonb) as w(app_id text, version text)
    cross join lateral (
      select * from configs where app_id = w.app_id and version = w.version limit 1
    ) c`.execute(db)
  const texts = found.rows.map(
    ({ app_id: appId, version, data, overrides }) =>
      [nameOf({ appId, version }), { data, ...(overrides !== null && { overrides }) }] as const,
  )
  return { layers, texts: new Map(texts) }
}

/** Those of these apps that a token may touch. */
export const listAppsInScope = async (
  db: Kysely<Tables>,
  appIds: readonly string[],
  scope: AppScope,
): Promise<Set<string>> => {
  const rows = await db
    .selectFrom('apps')
    .select('app_id')
    .where('app_id', '=', sql<string>`any (${textArray(appIds)})`)
    .where(inScope(scope))
    .execute()
  return new Set(rows.map((row) => row.app_id))
}
