import { type Kysely, type Selectable, sql } from 'kysely'
import type { Release } from '../../../../contract/release.ts'
import type { RolloutPlan } from '../../../../contract/rollout.ts'
import type { ReleasesTable, Tables } from '../../platform/database/tables.ts'

export type ReleaseRow = Selectable<ReleasesTable>

export const toRelease = (row: ReleaseRow): Release => ({
  revision: row.revision,
  appId: row.app_id,
  channel: row.channel,
  configVersion: row.version,
  baseVersion: row.base_version,
  kind: row.kind,
  previousRevision: row.previous_revision,
  rolloutId: row.rollout_id,
  fleetReleaseId: row.fleet_release_id,
  deprecationDate: row.deprecation_date,
  actor: row.actor,
  reason: row.reason,
  releasedAt: row.released_at.toISOString(),
})

/** What is to go live: a version of an app, on a release of its template. */
export interface Target {
  appId: string
  channel: string
  version: string
  baseRevision: number | null
  /** Its own reason; absent: that of all. */
  reason?: string | null
}

export interface StagedBy {
  rolloutId: number
  plan: RolloutPlan
  /** Its first step reaches all devices. */
  atOnce: boolean
}

/** What all releases that are made together have in common. */
export interface Making {
  kind: ReleaseRow['kind']
  actor: string
  reason: string | null
  /** Staged: what is made becomes the candidate of its channel, or is live and bakes where the first step reaches all. */
  rollout: StagedBy | null
  fleetReleaseId: number | null
}

/** A release that was made, and the sequence its channel got with it. */
export interface Made {
  revision: number
  appId: string
  channel: string
  sequence: number
}

interface MadeRow {
  revision: number
  app_id: string
  channel: string
  sequence: number
}

const toMade = (row: MadeRow): Made => ({
  revision: row.revision,
  appId: row.app_id,
  channel: row.channel,
  sequence: row.sequence,
})

/**
 * The releases of `source`, and with them channels, marks for the sweep and outbox: one statement, however many. A source may
 * give each its own reason.
 */
export const makeFrom = async (
  db: Kysely<Tables>,
  source: ReturnType<typeof sql>,
  { kind, actor, reason, rollout, fleetReleaseId }: Making,
): Promise<Made[]> => {
  const isCandidate = rollout !== null && !rollout.atOnce
  const live = isCandidate
    ? sql`update channels c set candidate_revision = made.revision, rollout_id = ${rollout.rolloutId},
        sequence = nextval('revisions'), updated_at = clock_timestamp()
        from made where c.app_id = made.app_id and c.channel = made.channel
        returning made.revision, c.app_id, c.channel, c.sequence`
    : sql`insert into channels (app_id, channel, revision, deprecation_date, rollout_id)
        select app_id, channel, revision, deprecation_date, ${rollout?.rolloutId ?? null}::bigint from made
        on conflict (app_id, channel) do update set revision = excluded.revision, candidate_revision = null,
          rollout_id = excluded.rollout_id, deprecation_date = excluded.deprecation_date, sequence = excluded.sequence,
          updated_at = clock_timestamp()
        returning revision, app_id, channel, sequence`
  const { rows } = await sql<MadeRow>`
    with source as (${source}), made as (
      insert into releases (app_id, channel, version, base_revision, base_version, previous_revision, kind, rollout,
        rollout_id, fleet_release_id, actor, reason, deprecation_date)
      select s.app_id, s.channel, s.version, s.base_revision, b.version, s.previous_revision, ${kind},
        ${rollout ? JSON.stringify(rollout.plan) : null}::jsonb, ${rollout?.rolloutId ?? null}::bigint,
        ${fleetReleaseId}::bigint, ${actor}, coalesce(to_jsonb(s)->>'reason', ${reason}::text),
        case when d.document ? 'deprecationDate' then d.document->>'deprecationDate' else b.deprecation_date end
      from source s
      join configs d on d.app_id = s.app_id and d.version = s.version
      left join releases b on b.revision = s.base_revision
      returning revision, app_id, channel, version, deprecation_date
    ), live as (${live}), touched as (
      update configs set updated_at = clock_timestamp()
      from made where configs.app_id = made.app_id and configs.version = made.version
    ), noted as (
      insert into outbox (app_id, channel, sequence) select app_id, channel, sequence from live
    )
    select revision, app_id, channel, sequence from live order by revision`.execute(db)
  return rows.map(toMade)
}

/** Makes these releases; an outbox row for each is written with them. */
export const makeReleases = (
  db: Kysely<Tables>,
  targets: readonly Target[],
  making: Making,
): Promise<Made[]> =>
  makeFrom(
    db,
    sql`select t."appId" as app_id, t.channel, t.version, t."baseRevision" as base_revision, t.reason,
          c.revision as previous_revision
        from jsonb_to_recordset(${JSON.stringify(targets)}::jsonb)
          as t("appId" text, channel text, version text, "baseRevision" bigint, reason text)
        left join channels c on c.app_id = t."appId" and c.channel = t.channel
        order by t."appId" collate "C", t.channel`,
    making,
  )

/** Apps that extend the templates of these releases directly, by appId, from after the given one. */
export const listExtending = async (
  db: Kysely<Tables>,
  templateReleases: readonly number[],
  after: string,
  limit: number,
): Promise<string[]> => {
  const { rows } = await sql<{ app_id: string }>`
    select app_id from apps where app_id > ${after} and extends = any (array(
      select distinct r.app_id from jsonb_array_elements_text(${JSON.stringify(templateReleases)}::jsonb) as asked(revision)
      join releases r on r.revision = asked.revision::bigint
    )) order by app_id limit ${limit}`.execute(db)
  return rows.map((row) => row.app_id)
}

/**
 * The channels that stand on an earlier release of these templates, on the same channel or, without one there, on stable.
 * Each step is fenced: joined at once, their correlations mislead planners into comparing everything with everything.
 */
const standingOn = (templateReleases: readonly number[], appIds: readonly string[]) => sql`
  with released as materialized (
    select revision, app_id, channel, version from releases where revision in (
      select value::bigint from jsonb_array_elements_text(${JSON.stringify(templateReleases)}::jsonb)
    )
  ), extending as materialized (
    select a.app_id, t.revision as base_revision, t.app_id as template, t.channel as released_on
    from jsonb_array_elements_text(${JSON.stringify(appIds)}::jsonb) as asked(app_id)
    join apps a on a.app_id = asked.app_id join released t on t.app_id = a.extends
  ), heads as materialized (
    select c.*, e.base_revision, e.template from extending e join channels c on c.app_id = e.app_id
    where c.channel = e.released_on or (e.released_on = 'stable' and not exists (
      select from channels o where o.app_id = e.template and o.channel = c.channel))
  )
  select h.app_id, h.channel, live.version, h.base_revision, h.revision as previous_revision,
    h.candidate_revision, h.rollout_id
  from heads h join releases live on live.revision = h.revision
  where live.base_revision <> h.base_revision
    and (select b.app_id from releases b where b.revision = live.base_revision) = h.template`

/** A channel that a rollout is bringing a candidate to. */
export interface OpenRollout {
  appId: string
  channel: string
  rolloutId: number
}

/** Those of these channels on which a rollout is open, another one than `own`. */
export const listOpenRollouts = async (
  db: Kysely<Tables>,
  channels: readonly { appId: string; channel: string }[],
  own: number | null,
): Promise<OpenRollout[]> => {
  const { rows } = await sql<OpenRollout>`
    select c.app_id as "appId", c.channel, c.rollout_id as "rolloutId"
    from jsonb_to_recordset(${JSON.stringify(channels)}::jsonb) as asked("appId" text, channel text)
    join channels c on c.app_id = asked."appId" and c.channel = asked.channel
    where c.candidate_revision is not null and c.rollout_id is distinct from ${own}::bigint
    order by c.app_id, c.channel`.execute(db)
  return rows
}

/** The same for the channels that a fan-out of these releases would reach. */
export const listOpenRolloutsBelow = async (
  db: Kysely<Tables>,
  templateReleases: readonly number[],
  appIds: readonly string[],
  own: number | null,
): Promise<OpenRollout[]> => {
  const { rows } = await sql<OpenRollout>`
    select app_id as "appId", channel, rollout_id as "rolloutId" from (${standingOn(templateReleases, appIds)}) standing
    where candidate_revision is not null and rollout_id is distinct from ${own}::bigint
    order by app_id, channel`.execute(db)
  return rows
}

/** Brings releases of templates to those of these apps that stand on them: one `INSERT ... SELECT`. */
export const fanOut = (
  db: Kysely<Tables>,
  templateReleases: readonly number[],
  appIds: readonly string[],
  making: Making,
): Promise<Made[]> =>
  makeFrom(
    db,
    sql`select * from (${standingOn(templateReleases, appIds)}) standing order by app_id, channel`,
    {
      ...making,
      kind: making.rollout ? 'rollout' : 'template',
    },
  )

/** Which of these releases are of templates. */
export const templatesAmong = async (db: Kysely<Tables>, made: readonly Made[]): Promise<number[]> => {
  const { rows } = await sql<{ revision: number }>`
    select m.revision from jsonb_to_recordset(${JSON.stringify(made)}::jsonb) as m(revision bigint, "appId" text)
    join apps a on a.app_id = m."appId" where a.kind = 'template'`.execute(db)
  return rows.map((row) => row.revision)
}

/** One release of an app. */
export const findRelease = (
  db: Kysely<Tables>,
  appId: string,
  revision: number,
): Promise<ReleaseRow | undefined> =>
  db
    .selectFrom('releases')
    .selectAll()
    .where('revision', '=', revision)
    .where('app_id', '=', appId)
    .executeTakeFirst()

/** These releases by revision, in the order of revisions. */
export const findReleases = async (
  db: Kysely<Tables>,
  revisions: readonly number[],
): Promise<Map<number, ReleaseRow>> => {
  const { rows } = await sql<ReleaseRow>`
    select r.* from jsonb_array_elements_text(${JSON.stringify(revisions)}::jsonb) asked(revision)
    cross join lateral (select * from releases where revision = asked.revision::bigint limit 1) r
    order by r.revision`.execute(db)
  return new Map(rows.map((row) => [row.revision, row]))
}

/** The release that is live on a channel. */
export const findLiveRelease = (
  db: Kysely<Tables>,
  appId: string,
  channel: string,
): Promise<ReleaseRow | undefined> =>
  db
    .selectFrom('releases')
    .selectAll('releases')
    .innerJoin('channels', 'channels.revision', 'releases.revision')
    .where('channels.app_id', '=', appId)
    .where('channels.channel', '=', channel)
    .executeTakeFirst()

/** Releases of an app, newest first, from before the given revision. */
export const listReleaseRows = (
  db: Kysely<Tables>,
  appId: string,
  page: { before: number | null; limit: number; channel: string | undefined },
): Promise<ReleaseRow[]> =>
  db
    .selectFrom('releases')
    .selectAll()
    .where('app_id', '=', appId)
    .$if(page.channel !== undefined, (query) => query.where('channel', '=', page.channel ?? ''))
    .$if(page.before !== null, (query) => query.where('revision', '<', page.before ?? 0))
    .orderBy('revision', 'desc')
    .limit(page.limit)
    .execute()
