import { type Kysely, type Selectable, type SqlBool, sql } from 'kysely'
import type { Purge } from '../../../../contract/purge.ts'
import { type AppScope, wholeFleet } from '../../platform/auth/authenticate.ts'
import { inScope } from '../../platform/database/in-scope.ts'
import type { CdnPurgesTable, CdnStatesTable, Tables } from '../../platform/database/tables.ts'

export type PurgeRow = Omit<Selectable<CdnPurgesTable>, 'tags'> & { tags: string[] | null }

/** What is to be asked of a CDN, as one request to it. */
export interface NewPurge {
  cdn: string
  /** null: everything. */
  tags: readonly string[] | null
  /** Also a second time, a little later. */
  repeats: boolean
}

export const toPurge = (row: PurgeRow): Purge => ({
  purgeId: row.purge_id,
  cdn: row.cdn,
  everything: row.tags === null,
  tags: row.tags ?? [],
  state: row.state,
  attempts: row.attempts,
  lastError: row.last_error,
  createdAt: row.created_at.toISOString(),
  dueAt: row.ended_at ? null : row.due_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
})

const now = sql<Date>`clock_timestamp()`
const idsOf = (purges: readonly { purge_id: number }[]) =>
  sql`(select value::bigint from jsonb_array_elements_text(${JSON.stringify(purges.map(({ purge_id: id }) => id))}::jsonb))`

/** Notes, in the transaction of a change, what CDNs have to forget of it. */
export const insertPurges = async (db: Kysely<Tables>, purges: readonly NewPurge[]): Promise<void> => {
  if (purges.length === 0) return
  await sql`insert into cdn_purges (cdn, tags, repeats)
    select cdn, nullif(tags, 'null'), repeats
    from jsonb_to_recordset(${JSON.stringify(purges)}::jsonb) as p(cdn text, tags jsonb, repeats boolean)`.execute(
    db,
  )
}

const isDue = (cdn: string) => sql<SqlBool>`cdn = ${cdn} and ended_at is null and due_at <= ${now}`

/** Whether there is something to ask of a CDN, and nobody is at it. */
export const hasDuePurges = async (db: Kysely<Tables>, cdn: string): Promise<boolean> => {
  const { rows } = await sql<{ due: boolean }>`select exists (select from cdn_purges where ${isDue(cdn)})
    and not exists (select from cdn_states where cdn = ${cdn} and not_before > ${now}) as due`.execute(db)
  return rows[0]?.due === true
}

/** Longer than a request to a CDN may take. */
const turn = sql`interval '30 seconds'`

/**
 * Has a CDN to oneself for 30 seconds, or until `endTurn`; undefined while another node has it, or while it is left alone. A
 * node that dies loses its turn after that time, and what it asked for is asked for again.
 */
export const takeTurn = async (
  db: Kysely<Tables>,
  cdn: string,
): Promise<{ failures: number } | undefined> => {
  const { rows } = await sql<{ failures: number }>`
    insert into cdn_states as s (cdn, not_before) values (${cdn}, ${now} + ${turn})
    on conflict (cdn) do update set not_before = excluded.not_before where s.not_before <= ${now}
    returning failures`.execute(db)
  return rows[0]
}

/** Has the CDN for as long again: before each further request of one's turn. */
export const keepTurn = async (db: Kysely<Tables>, cdn: string): Promise<void> => {
  await sql`update cdn_states set not_before = ${now} + ${turn} where cdn = ${cdn}`.execute(db)
}

/** Lets any node have the CDN next. */
export const endTurn = async (db: Kysely<Tables>, cdn: string): Promise<void> => {
  await sql`update cdn_states set not_before = ${now} where cdn = ${cdn}`.execute(db)
}

/** What is due at a CDN: the oldest first, or what is everything and then those of the fewest tags. */
export const listDuePurges = async (
  db: Kysely<Tables>,
  cdn: string,
  { first, limit }: { first: 'oldest' | 'smallest'; limit: number },
): Promise<PurgeRow[]> => {
  const size = first === 'smallest' ? sql`jsonb_array_length(tags) nulls first,` : sql``
  const { rows } = await sql<PurgeRow>`select * from cdn_purges where ${isDue(cdn)}
    order by ${size} due_at, purge_id limit ${limit}`.execute(db)
  return rows
}

/** What is older than a week goes, whatever came of it. */
const forgotten = sql`delete from cdn_purges where created_at < ${now} - interval '7 days'`

/** They are done, or done for the first time. The CDN has no more failures in a row. */
export const notePurged = async (
  db: Kysely<Tables>,
  cdn: string,
  purges: readonly PurgeRow[],
  repeatAfterSeconds: number,
): Promise<void> => {
  const repeats = sql`(repeats and state = 'waiting')`
  await sql`
    with noted as (
      update cdn_purges set attempts = attempts + 1, last_error = null,
        state = case when ${repeats} then 'again' else 'done' end,
        due_at = ${now} + make_interval(secs => ${repeatAfterSeconds}),
        ended_at = case when ${repeats} then null else ${now} end
      where purge_id in ${idsOf(purges)}
    ), forgotten as (${forgotten})
    update cdn_states set failures = 0 where cdn = ${cdn}`.execute(db)
}

interface Refusal {
  kind: string
  error: string
  /** Until the CDN is asked again; undefined: it will not take just these, and may be asked for others at once. */
  waitMs: number | undefined
}

/** How old a purge may become: what was stored before it has mostly been asked for anew. */
const givenUp = sql<SqlBool>`created_at between ${now} - interval '7 days' and ${now} - interval '24 hours'`

/**
 * They were refused, for good or for now; answers those that are given up, among them all of this CDN that have become too old.
 * The CDN is left alone for a while.
 */
export const noteRefused = async (
  db: Kysely<Tables>,
  cdn: string,
  purges: readonly PurgeRow[],
  { kind, error, waitMs }: Refusal,
): Promise<number[]> => {
  const asked = sql<SqlBool>`(purge_id in ${idsOf(purges)})`
  const ends = waitMs === undefined ? sql`(${givenUp} or ${asked})` : givenUp
  const rest = waitMs === undefined ? sql`not_before` : sql`${now} + make_interval(secs => ${waitMs / 1_000})`
  const { rows } = await sql<{ purge_id: number }>`
    with noted as (
      update cdn_purges set attempts = attempts + ${asked}::int, last_error = ${error},
        state = case when ${ends} then 'failed' else state end,
        ended_at = case when ${ends} then ${now} end
      where cdn = ${cdn} and ended_at is null and (${asked} or ${givenUp}) returning purge_id, state
    ), forgotten as (${forgotten}), counted as (
      update cdn_states set failures = failures + 1, last_error = ${kind}, last_error_at = ${now}, not_before = ${rest}
      where cdn = ${cdn}
    )
    select purge_id from noted where state = 'failed'`.execute(db)
  return rows.map(({ purge_id: id }) => id)
}

/** How it goes with each of these CDNs; one that was never asked is left out. */
export const listCdnStates = (
  db: Kysely<Tables>,
  cdns: readonly string[],
): Promise<Selectable<CdnStatesTable>[]> =>
  db.selectFrom('cdn_states').selectAll().where('cdn', 'in', cdns).execute()

interface Page {
  before: number | null
  limit: number
  state: Purge['state'] | undefined
}

/** Purges, newest first; within a scope those of its apps, with their tags alone, and those of everything. */
export const listPurgeRows = async (
  db: Kysely<Tables>,
  scope: AppScope,
  { before, limit, state }: Page,
): Promise<PurgeRow[]> => {
  const isLimited = scope.appIds !== wholeFleet.appIds || scope.labels !== wholeFleet.labels
  const seen = isLimited
    ? sql`(select jsonb_agg(tag order by at) from jsonb_array_elements_text(tags) with ordinality as t(tag, at)
        join apps on tag = 'app-' || apps.app_id where ${inScope(scope)})`
    : sql`tags`
  const { rows } = await sql<PurgeRow>`
    select purge_id, cdn, seen.tags, state, repeats, attempts, last_error, due_at, created_at, ended_at
    from cdn_purges p, lateral (select ${seen} as tags, p.tags is null as everything) seen
    where (seen.tags is not null or seen.everything)
      and ${before === null ? sql`true` : sql`purge_id < ${before}`}
      and ${state === undefined ? sql`true` : sql`state = ${state}`}
    order by purge_id desc limit ${limit}`.execute(db)
  return rows
}
