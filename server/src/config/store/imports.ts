import { type Kysely, sql } from 'kysely'
import type { Attributes } from '../../../../contract/targeting.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import type { AppRow } from './apps.ts'

/** An app as a fleet file tells it. */
export interface ImportedApp {
  appId: string
  kind: AppRow['kind']
  name: string
  extends: string | null
  access: AppRow['access']
  labels: Record<string, string>
  requiresApproval: boolean
  attributes: Attributes
  pollSeconds: number | null
  allowedOrigins: string[] | null
  archived: boolean
  schema: Record<string, unknown> | null
}

/** These apps, and all templates above them. */
export const findAppsAndAbove = async (
  db: Kysely<Tables>,
  appIds: readonly string[],
): Promise<ImportedApp[]> => {
  const { rows } = await sql<ImportedApp>`
    with recursive up as (
      select a.app_id, a.extends from unnest(${textArray(appIds)}) asked(app_id)
      cross join lateral (select app_id, extends from apps where app_id = asked.app_id limit 1) a
      union
      select a.app_id, a.extends from (select distinct extends from up) t
      cross join lateral (select app_id, extends from apps where app_id = t.extends limit 1) a
    )
    select a.app_id as "appId", a.kind, a.name, a.extends, a.access, a.labels,
      a.requires_approval as "requiresApproval", coalesce(a.attributes, '{}') as attributes,
      a.poll_seconds as "pollSeconds", a.allowed_origins as "allowedOrigins", a.archived_at is not null as archived, a.schema
    from up cross join lateral (select * from apps where app_id = up.app_id limit 1) a`.execute(db)
  return rows
}

const recordsOf = (apps: readonly ImportedApp[]) => sql`
  jsonb_to_recordset(${JSON.stringify(apps)}::jsonb) as v("appId" text, kind text, name text, extends text, access text,
    labels jsonb, "requiresApproval" boolean, attributes jsonb, "pollSeconds" int, "allowedOrigins" jsonb, archived boolean, schema jsonb)`

/** Makes apps with one statement; answers those whose ids were free. */
export const insertApps = async (db: Kysely<Tables>, apps: readonly ImportedApp[]): Promise<AppRow[]> => {
  if (apps.length === 0) return []
  const { rows } = await sql<AppRow>`
    insert into apps (app_id, kind, name, extends, access, labels, requires_approval, attributes, poll_seconds,
      allowed_origins, archived_at, schema)
    select v."appId", v.kind, v.name, v.extends, v.access, v.labels, v."requiresApproval",
      v.attributes, v."pollSeconds", v."allowedOrigins", case when v.archived then clock_timestamp() end, v.schema from ${recordsOf(apps)}
    on conflict do nothing returning *`.execute(db)
  return rows
}

/** Gives apps, which must be locked, other names, labels and the like with one statement. */
export const updateApps = async (db: Kysely<Tables>, apps: readonly ImportedApp[]): Promise<AppRow[]> => {
  if (apps.length === 0) return []
  const { rows } = await sql<AppRow>`
    update apps a set name = v.name, access = v.access, labels = v.labels, requires_approval = v."requiresApproval",
      attributes = v.attributes, poll_seconds = v."pollSeconds", allowed_origins = v."allowedOrigins",
      revision = nextval('revisions'), updated_at = clock_timestamp()
    from ${recordsOf(apps)} where a.app_id = v."appId" returning a.*`.execute(db)
  return rows
}

/** Every channel of these apps that has had a release. */
export const listChannelsOf = async (
  db: Kysely<Tables>,
  appIds: readonly string[],
): Promise<{ appId: string; channel: string }[]> => {
  const { rows } = await sql<{ appId: string; channel: string }>`
    select c.app_id as "appId", c.channel from unnest(${textArray(appIds)}) asked(app_id)
    cross join lateral (select app_id, channel from channels where app_id = asked.app_id offset 0) c`.execute(
    db,
  )
  return rows
}
