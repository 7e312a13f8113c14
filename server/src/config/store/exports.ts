import { type Kysely, sql } from 'kysely'
import type { AppScope } from '../../platform/auth/authenticate.ts'
import type { Tables } from '../../platform/database/tables.ts'
import type { AppRow } from './apps.ts'
import { inScope, textArray } from './in-scope.ts'

/** What an export says of an app beside its documents. */
export interface ExportedApp
  extends Pick<
    AppRow,
    'app_id' | 'kind' | 'name' | 'extends' | 'access' | 'labels' | 'requires_approval' | 'schema'
  > {
  archived: boolean
  /** The names of its versions that are asked for, in no order. */
  versions: string[]
  /** What is live, by channel. */
  live: { channel: string; version: string; reason: string | null }[]
}

/** Every template by its appId, those first that extend nothing, then those that extend one of these, and so on. */
export const listTemplateIds = async (db: Kysely<Tables>, scope: AppScope): Promise<string[]> => {
  const { rows } = await sql<{ app_id: string }>`
    with recursive below as (
      select app_id, 0 as depth from apps where kind = 'template' and extends is null
      union all
      select a.app_id, below.depth + 1 from below join apps a on a.extends = below.app_id and a.kind = 'template'
    )
    select apps.app_id from below join apps on apps.app_id = below.app_id
    where ${inScope(scope)} order by below.depth, apps.app_id`.execute(db)
  return rows.map((row) => row.app_id)
}

/** The appIds of apps that are no templates, from after the given one. */
export const listAppIds = async (
  db: Kysely<Tables>,
  scope: AppScope,
  page: { after: string; limit: number },
): Promise<string[]> => {
  const rows = await db
    .selectFrom('apps')
    .select('app_id')
    .where('kind', '=', 'app')
    .where('app_id', '>', page.after)
    .where(inScope(scope))
    .orderBy('app_id')
    .limit(page.limit)
    .execute()
  return rows.map((row) => row.app_id)
}

/** These apps as they are at one moment, in the order asked for. */
export const findExportedApps = async (
  db: Kysely<Tables>,
  appIds: readonly string[],
  versions: 'all' | 'live',
): Promise<ExportedApp[]> => {
  const names =
    versions === 'all'
      ? sql`select jsonb_agg(c.version) from configs c where c.app_id = a.app_id`
      : sql`select jsonb_agg(distinct r.version) from channels c join releases r on r.revision = c.revision
          where c.app_id = a.app_id`
  const { rows } = await sql<ExportedApp>`
    select a.app_id, a.kind, a.name, a.extends, a.access, a.labels, a.requires_approval, a.schema,
      a.archived_at is not null as archived, coalesce((${names}), '[]') as versions, coalesce((
        select jsonb_agg(
          jsonb_build_object('channel', c.channel, 'version', r.version, 'reason', r.reason) order by c.channel
        ) from channels c join releases r on r.revision = c.revision where c.app_id = a.app_id
      ), '[]') as live
    from unnest(${textArray(appIds)}) with ordinality asked(app_id, place) join apps a on a.app_id = asked.app_id
    order by asked.place`.execute(db)
  return rows
}
