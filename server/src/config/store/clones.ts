import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import type { AppRow } from './apps.ts'
import type { Target } from './releases.ts'

/** Makes an app with everything of another one's row but what is given; undefined where the appId is taken. */
export const copyApp = async (
  db: Kysely<Tables>,
  from: string,
  to: { appId: string; name: string | undefined; labels: Record<string, string> | undefined },
): Promise<AppRow | undefined> => {
  const labels = to.labels && JSON.stringify(to.labels)
  const { rows } = await sql<AppRow>`
    insert into apps (app_id, name, labels, kind, extends, access, schema, attributes, requires_approval,
      poll_seconds, allowed_origins)
    select ${to.appId}, coalesce(${to.name ?? null}::text, name), coalesce(${labels ?? null}::jsonb, labels),
      kind, extends, access, schema, attributes, requires_approval, poll_seconds, allowed_origins
    from apps where app_id = ${from}
    on conflict do nothing returning *`.execute(db)
  return rows[0]
}

/** Copies the versions that are live on any channel of an app; answers what to release of the copy to make it alike. */
export const copyLiveVersions = async (
  db: Kysely<Tables>,
  from: string,
  to: { appId: string; createdBy: string },
): Promise<Target[]> => {
  const { rows } = await sql<Target>`
    with live as (
      select c.channel, r.version, r.base_revision from channels c join releases r on r.revision = c.revision
      where c.app_id = ${from}
    ), copied as (
      insert into configs (app_id, version, document, checksum, note, created_by)
      select ${to.appId}, d.version, d.document, d.checksum, d.note, ${to.createdBy}
      from configs d where d.app_id = ${from} and d.version in (select version from live)
    )
    select ${to.appId}::text as "appId", channel, version, base_revision as "baseRevision" from live
    order by channel`.execute(db)
  return rows
}
