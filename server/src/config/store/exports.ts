import { type Kysely, sql } from 'kysely'
import type { AppScope } from '../../platform/auth/authenticate.ts'
import { inScope } from '../../platform/database/in-scope.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import type { AppRow } from './apps.ts'

/** What an export says of an app beside its documents. */
export interface ExportedApp
  extends Pick<
    AppRow,
    | 'app_id'
    | 'kind'
    | 'name'
    | 'extends'
    | 'access'
    | 'labels'
    | 'requires_approval'
    | 'attributes'
    | 'poll_seconds'
    | 'allowed_origins'
    | 'schema'
  > {
  archived: boolean
  /** The names of its versions that are asked for, in no order. */
  versions: string[]
  /** What is live, by channel. */
  live: { channel: string; version: string; baseAppId: string | null; reason: string | null }[]
}

/** A template, what it extends and what its live releases stand on. */
export interface TemplateTies {
  appId: string
  extends: string | null
  standsOn: string[]
  isInScope: boolean
}

/** Every template, by appId, also out of scope: what is in it may be above and below. */
export const listTemplateTies = async (db: Kysely<Tables>, scope: AppScope): Promise<TemplateTies[]> => {
  const { rows } = await sql<TemplateTies>`
    select a.app_id as "appId", a.extends, ${inScope(scope, 'a')} as "isInScope", coalesce((
        select jsonb_agg(distinct b.app_id) from channels c
        cross join lateral (select base_revision from releases where revision = c.revision offset 0) r
        cross join lateral (select app_id from releases where revision = r.base_revision offset 0) b
        where c.app_id = a.app_id
      ), '[]') as "standsOn"
    from apps a where a.kind = 'template' order by a.app_id`.execute(db)
  return rows
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
    select a.app_id, a.kind, a.name, a.extends, a.access, a.labels, a.requires_approval,
      a.attributes, a.poll_seconds, a.allowed_origins, a.schema,
      a.archived_at is not null as archived, coalesce((${names}), '[]') as versions, coalesce((
        select jsonb_agg(
          jsonb_build_object('channel', c.channel, 'version', r.version, 'baseAppId', b.app_id, 'reason', r.reason)
          order by c.channel
        ) from channels c join releases r on r.revision = c.revision
        left join releases b on b.revision = r.base_revision where c.app_id = a.app_id
      ), '[]') as live
    from unnest(${textArray(appIds)}) with ordinality asked(app_id, place) join apps a on a.app_id = asked.app_id
    order by asked.place`.execute(db)
  return rows
}
