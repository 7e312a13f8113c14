import { type Kysely, type Selectable, sql } from 'kysely'
import type { Change } from '../../platform/changes/changes.ts'
import type { ChannelsTable, Tables } from '../../platform/database/tables.ts'

export type ChannelRow = Selectable<ChannelsTable>

/** What is live on a channel; undefined before its first release. */
export const findChannel = (
  db: Kysely<Tables>,
  appId: string,
  channel: string,
): Promise<ChannelRow | undefined> =>
  db
    .selectFrom('channels')
    .selectAll()
    .where('app_id', '=', appId)
    .where('channel', '=', channel)
    .executeTakeFirst()

/** Every channel of an app that has had a release. */
export const listChannelRows = (db: Kysely<Tables>, appId: string): Promise<ChannelRow[]> =>
  db.selectFrom('channels').selectAll().where('app_id', '=', appId).orderBy('channel').execute()

/** What is live on a channel, and what a rollout is bringing. */
export interface LiveChannelRow {
  channel: string
  revision: number
  version: string
  base_version: string | null
  released_at: Date
  candidate_revision: number | null
  candidate_version: string | null
  rollout_id: number | null
  /** `numeric`, which drivers read as text. */
  percent: string | null
}

/** Every channel of an app with its releases, by name. */
export const listLiveChannels = async (db: Kysely<Tables>, appId: string): Promise<LiveChannelRow[]> => {
  const { rows } = await sql<LiveChannelRow>`
    select c.channel, r.revision, r.version, r.base_version, r.released_at, c.candidate_revision,
      n.version as candidate_version, c.rollout_id, o.percent
    from channels c join releases r on r.revision = c.revision
    left join releases n on n.revision = c.candidate_revision
    left join rollouts o on o.rollout_id = c.rollout_id
    where c.app_id = ${appId} order by c.channel`.execute(db)
  return rows
}

/**
 * After something of these channels' devices has changed but no release was made: draws their next sequence, marks them
 * for the sweep and notes them in the outbox. Answers what is to be announced.
 */
export const renewChannels = async (
  db: Kysely<Tables>,
  channels: readonly { appId: string; channel: string }[],
): Promise<Change[]> => {
  const { rows } = await sql<{ app_id: string; channel: string; sequence: number }>`
    with wanted as (
      select * from jsonb_to_recordset(${JSON.stringify(channels)}::jsonb) as w("appId" text, channel text)
    ), renewed as (
      update channels c set sequence = nextval('revisions'), updated_at = clock_timestamp()
      from wanted w where c.app_id = w."appId" and c.channel = w.channel
      returning c.app_id, c.channel, c.sequence, c.revision
    ), touched as (
      update configs set updated_at = clock_timestamp() from renewed n
      join releases r on r.revision = n.revision
      where configs.app_id = r.app_id and configs.version = r.version
    ), noted as (
      insert into outbox (app_id, channel, sequence) select app_id, channel, sequence from renewed
    )
    select app_id, channel, sequence from renewed`.execute(db)
  return rows.map((row) => ({ appId: row.app_id, channel: row.channel, sequence: row.sequence }))
}
