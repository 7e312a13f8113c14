import { type Kysely, sql } from 'kysely'
import type { Select } from '../../../../contract/fleet.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import type { AppRow } from './apps.ts'
import { deepestChain } from './chains.ts'

/** The apps (no templates, none archived) that fit all that is given, by appId; `limit` of them at most. */
export const selectAppIds = async (db: Kysely<Tables>, select: Select, limit: number): Promise<string[]> => {
  const byTemplate = sql`a.app_id in (
    with recursive below as (
      select app_id, kind from apps where extends = ${select.extends ?? ''}
      union
      select u.app_id, u.kind from below join apps u on u.extends = below.app_id where below.kind = 'template'
    ) select app_id from below)`
  const { rows } = await sql<{ app_id: string }>`
    select a.app_id from apps a where a.kind = 'app' and a.archived_at is null
      and ${select.appIds ? sql`a.app_id = any (${textArray(select.appIds)})` : sql`true`}
      and ${select.labels ? sql`a.labels @> ${JSON.stringify(select.labels)}::jsonb` : sql`true`}
      and ${select.extends === undefined ? sql`true` : byTemplate}
    order by a.app_id limit ${limit}`.execute(db)
  return rows.map((row) => row.app_id)
}

/** Those of these ids that are no app's. */
export const listUnknownIds = async (db: Kysely<Tables>, appIds: readonly string[]): Promise<string[]> => {
  const { rows } = await sql<{ app_id: string }>`
    select asked.app_id from unnest(${textArray(appIds)}) asked(app_id)
    where not exists (select from apps a where a.app_id = asked.app_id) order by asked.app_id collate "C"`.execute(
    db,
  )
  return rows.map((row) => row.app_id)
}

/**
 * Reads these apps and keeps other writers of them waiting until the transaction ends. Everybody locks upwards: apps first,
 * by appId, then templates, those farthest from the root first.
 */
export const lockAppRows = async (db: Kysely<Tables>, appIds: readonly string[]): Promise<AppRow[]> => {
  const { rows } = await sql<AppRow>`
    with recursive up as (
      select a.app_id as asked, a.extends, 0 as depth
      from unnest(${textArray(appIds)}) asked(app_id) join apps a on a.app_id = asked.app_id and a.kind = 'template'
      union all
      select up.asked, a.extends, up.depth + 1 from up join apps a on a.app_id = up.extends where up.depth < ${deepestChain}
    ), ordered as materialized (
      select asked.app_id, (select max(depth) from up where up.asked = asked.app_id) as depth
      from unnest(${textArray(appIds)}) asked(app_id)
    )
    select a.* from ordered join apps a on a.app_id = ordered.app_id
    order by ordered.depth desc nulls first, a.app_id for update of a`.execute(db)
  return rows
}

/** All templates above any of these apps, by appId. */
export const listTemplatesAbove = async (
  db: Kysely<Tables>,
  appIds: readonly string[],
): Promise<string[]> => {
  const { rows } = await sql<{ app_id: string }>`
    with recursive above as (
      select a.extends as app_id, 1 as depth
      from unnest(${textArray(appIds)}) asked(app_id) join apps a on a.app_id = asked.app_id
      where a.extends is not null group by a.extends
      union
      select a.extends, above.depth + 1 from above join apps a on a.app_id = above.app_id
      where a.extends is not null and above.depth <= ${deepestChain}
    )
    select distinct app_id from above order by app_id`.execute(db)
  return rows.map((row) => row.app_id)
}

/** What is live on a channel of an app. */
export interface LiveOn {
  appId: string
  channel: string
  revision: number
  version: string
  baseRevision: number | null
  /** The template that the base is of. */
  baseAppId: string | null
  /** Whether a rollout is bringing something else. */
  hasCandidate: boolean
}

/** What is live on these channels, by `liveKey`. */
export const findLive = async (
  db: Kysely<Tables>,
  asked: readonly { appId: string; channel: string }[],
): Promise<Map<string, LiveOn>> => {
  const { rows } = await sql<LiveOn>`
    select c.app_id as "appId", c.channel, r.revision, r.version, r.base_revision as "baseRevision",
      b.app_id as "baseAppId", c.candidate_revision is not null as "hasCandidate"
    from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) as asked("appId" text, channel text)
    cross join lateral (
      select * from channels where app_id = asked."appId" and channel = asked.channel limit 1
    ) c
    cross join lateral (select * from releases where revision = c.revision limit 1) r
    left join lateral (select app_id from releases where revision = r.base_revision limit 1) b on true`.execute(
    db,
  )
  return new Map(rows.map((row) => [liveKey(row), row]))
}

export const liveKey = ({ appId, channel }: { appId: string; channel: string }): string =>
  `${appId} ${channel}`

/** What releases on a channel stand on, by template: its live release there, or else on stable. */
export const findLiveBases = async (
  db: Kysely<Tables>,
  templates: readonly string[],
  channel: string,
): Promise<Map<string, number>> => {
  const { rows } = await sql<{ app_id: string; revision: number }>`
    select distinct on (app_id) app_id, revision from channels
    where app_id = any (${textArray(templates)}) and channel in (${channel}, 'stable')
    order by app_id, (channel = ${channel}) desc`.execute(db)
  return new Map(rows.map((row) => [row.app_id, row.revision]))
}
