import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { type Made, type Making, makeFrom } from './releases.ts'

/** As many channels as one statement changes well within its time, on a busy machine too. */
const batch = 2_000

/** Does a batch at a time until there are no more. */
const inBatches = async <Row>(takeBatch: (limit: number) => Promise<Row[]>): Promise<Row[]> => {
  const all: Row[] = []
  for (;;) {
    const rows = await takeBatch(batch)
    all.push(...rows)
    if (rows.length < batch) return all
  }
}

/** The apps that a rollout was started with: those of its releases that stand on no other of its own. */
export const listRoots = async (db: Kysely<Tables>, rolloutId: number): Promise<string[]> => {
  const { rows } = await sql<{ app_id: string }>`
    select distinct r.app_id from releases r
    where r.rollout_id = ${rolloutId} and not exists (
      select from releases b where b.revision = r.base_revision and b.rollout_id = ${rolloutId})
    order by r.app_id`.execute(db)
  return rows.map((row) => row.app_id)
}

/** Whether anything still stands on a rollout, or waits for it: later releases may have taken its place everywhere. */
export const hasChannels = async (db: Kysely<Tables>, rolloutId: number): Promise<boolean> => {
  const row = await db
    .selectFrom('channels')
    .select('app_id')
    .where('rollout_id', '=', rolloutId)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** The channels that a rollout is bringing its candidates to, a batch at a time. */
export const listCandidateChannels = async (
  db: Kysely<Tables>,
  rolloutId: number,
  after: { appId: string; channel: string },
): Promise<{ appId: string; channel: string }[]> => {
  const { rows } = await sql<{ appId: string; channel: string }>`
    select app_id as "appId", channel from channels
    where rollout_id = ${rolloutId} and candidate_revision is not null
      and (app_id, channel) > (${after.appId}, ${after.channel})
    order by app_id, channel limit ${batch}`.execute(db)
  return rows
}

/** Makes every candidate of a rollout the live release of its channel. */
export const promoteCandidates = (db: Kysely<Tables>, rolloutId: number): Promise<Made[]> =>
  inBatches(async (limit) => {
    const { rows } = await sql<Made>`
      with chosen as materialized (
        select c.app_id, c.channel, r.revision, r.version, r.deprecation_date
        from channels c join releases r on r.revision = c.candidate_revision
        where c.rollout_id = ${rolloutId} order by c.app_id, c.channel limit ${limit}
      ), live as (
        update channels c set revision = h.revision, candidate_revision = null, deprecation_date = h.deprecation_date,
          sequence = nextval('revisions'), updated_at = clock_timestamp()
        from chosen h where c.app_id = h.app_id and c.channel = h.channel
        returning c.app_id, c.channel, c.revision, c.sequence
      ), touched as (
        update configs set updated_at = clock_timestamp()
        from chosen h where configs.app_id = h.app_id and configs.version = h.version
      ), noted as (
        insert into outbox (app_id, channel, sequence) select app_id, channel, sequence from live
      )
      select app_id as "appId", channel, revision, sequence from live order by app_id, channel`.execute(db)
    return rows
  })

/** The releases of templates that a rollout brings. */
export const listTemplateReleases = async (db: Kysely<Tables>, rolloutId: number): Promise<number[]> => {
  const rows = await db
    .selectFrom('releases')
    .innerJoin('apps', 'apps.app_id', 'releases.app_id')
    .select('releases.revision')
    .where('rollout_id', '=', rolloutId)
    .where('apps.kind', '=', 'template')
    .execute()
  return rows.map((row) => row.revision)
}

/** New releases of exactly what was live before a rollout, on each channel that still stands on it or waits for it. */
export const restoreChannels = (db: Kysely<Tables>, rolloutId: number, making: Making): Promise<Made[]> =>
  inBatches((limit) =>
    makeFrom(
      db,
      sql`select c.app_id, c.channel, p.version, p.base_revision, c.revision as previous_revision
          from channels c
          join releases r on r.revision = coalesce(c.candidate_revision, c.revision)
          join releases p on p.revision = r.previous_revision
          where c.rollout_id = ${rolloutId} order by c.app_id, c.channel limit ${limit}`,
      making,
    ),
  )

/** A release of a template, and the one that takes its place. */
export interface Replaced {
  from: number
  to: number
}

/** The releases of templates that a rollout brought, with what is live there now. */
export const listReplaced = async (db: Kysely<Tables>, rolloutId: number): Promise<Replaced[]> => {
  const { rows } = await sql<Replaced>`
    select r.revision as "from", c.revision as "to"
    from releases r join apps a on a.app_id = r.app_id and a.kind = 'template'
    join channels c on c.app_id = r.app_id and c.channel = r.channel
    where r.rollout_id = ${rolloutId} and c.revision <> r.revision`.execute(db)
  return rows
}

/** Brings what is live on a replaced release of a template onto the one in its place: directly, not further down. */
export const moveOnto = (
  db: Kysely<Tables>,
  replaced: readonly Replaced[],
  making: Making,
): Promise<Made[]> =>
  makeFrom(
    db,
    sql`select c.app_id, c.channel, live.version, m."to" as base_revision, c.revision as previous_revision
        from jsonb_to_recordset(${JSON.stringify(replaced)}::jsonb) as m("from" bigint, "to" bigint)
        join releases live on live.base_revision = m."from"
        join channels c on c.app_id = live.app_id and c.channel = live.channel and c.revision = live.revision
        order by c.app_id, c.channel`,
    making,
  )

/** Which of these releases are of templates, with the release that each took the place of. */
export const replacedBy = async (db: Kysely<Tables>, made: readonly Made[]): Promise<Replaced[]> => {
  const { rows } = await sql<Replaced>`
    select r.previous_revision as "from", r.revision as "to"
    from jsonb_to_recordset(${JSON.stringify(made)}::jsonb) as m(revision bigint)
    join releases r on r.revision = m.revision
    join apps a on a.app_id = r.app_id and a.kind = 'template'`.execute(db)
  return rows
}

/** Lets go of the channels: what they have is theirs. */
export const letGoOfChannels = async (db: Kysely<Tables>, rolloutId: number): Promise<void> => {
  await inBatches(async (limit) => {
    const { rows } = await sql`
      update channels c set rollout_id = null from (
        select app_id, channel from channels where rollout_id = ${rolloutId}
        order by app_id, channel limit ${limit}
      ) chosen where c.app_id = chosen.app_id and c.channel = chosen.channel returning 1`.execute(db)
    return rows
  })
}
