import { type Kysely, type Selectable, sql } from 'kysely'
import type { Silence, SilenceInput, Weekly } from '../../../../../contract/alert-silence.ts'
import type { AppScope } from '../../../platform/auth/authenticate.ts'
import type { AlertSilencesTable } from '../../../platform/database/alert-tables.ts'
import { inScope } from '../../../platform/database/in-scope.ts'
import type { Tables } from '../../../platform/database/tables.ts'
import { isInForce } from '../is-in-force.ts'

export type SilenceRow = Omit<Selectable<AlertSilencesTable>, 'weekly'> & { weekly: Weekly | null }

const toRow = (row: Selectable<AlertSilencesTable>): SilenceRow => ({
  ...row,
  weekly: row.weekly as Weekly | null,
})

export const toSilence = (row: SilenceRow, now: Date): Silence => ({
  silenceId: row.silence_id,
  rule: row.rule,
  appId: row.app_id,
  from: row.starts_at.toISOString(),
  until: row.ends_at?.toISOString() ?? null,
  weekly: row.weekly,
  reason: row.reason,
  isActive: isInForce(row, now),
  actor: row.actor,
  createdAt: row.created_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
  endedBy: row.ended_by,
})

export const readClock = async (db: Kysely<Tables>): Promise<Date> => {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
  return rows[0]?.now ?? new Date()
}

/** Silences are made and ended one at a time; answers the time by the database's clock. */
export const lockSilences = async (db: Kysely<Tables>): Promise<Date> => {
  await sql`select pg_advisory_xact_lock(hashtext('parasol alert silences'), 0)`.execute(db)
  return readClock(db)
}

interface NewSilence extends Pick<SilenceInput, 'rule' | 'appId' | 'weekly' | 'reason'> {
  from: Date
  until: Date | null
  actor: string
}

export const insertSilence = async (db: Kysely<Tables>, input: NewSilence): Promise<SilenceRow> => {
  const row = await db
    .insertInto('alert_silences')
    .values({
      rule: input.rule,
      app_id: input.appId,
      starts_at: input.from,
      ends_at: input.until,
      weekly: input.weekly && JSON.stringify(input.weekly),
      reason: input.reason,
      actor: input.actor,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toRow(row)
}

export const lockSilence = async (db: Kysely<Tables>, silenceId: number): Promise<SilenceRow | undefined> => {
  const row = await db
    .selectFrom('alert_silences')
    .selectAll()
    .where('silence_id', '=', silenceId)
    .forUpdate()
    .executeTakeFirst()
  return row && toRow(row)
}

export const endSilence = async (
  db: Kysely<Tables>,
  silenceId: number,
  endedBy: string,
): Promise<SilenceRow> => {
  const row = await db
    .updateTable('alert_silences')
    .set({ ended_at: sql<Date>`clock_timestamp()`, ended_by: endedBy })
    .where('silence_id', '=', silenceId)
    .returningAll()
    .executeTakeFirstOrThrow()
  return toRow(row)
}

const isOpen = sql<boolean>`ended_at is null and coalesce(ends_at, 'infinity') > clock_timestamp()`

/** Those that silence now or may do so later. */
export const listOpenSilences = async (db: Kysely<Tables>): Promise<SilenceRow[]> =>
  (await db.selectFrom('alert_silences').selectAll().where(isOpen).execute()).map(toRow)

/** Silences that a token may see, newest first, from before the given one; `open`: only those that are not over, or only others. */
export const listSilenceRows = async (
  db: Kysely<Tables>,
  scope: AppScope,
  { before, limit, open }: { before: number | null; limit: number; open: boolean | undefined },
): Promise<SilenceRow[]> => {
  const rows = await db
    .selectFrom('alert_silences')
    .selectAll()
    .where(
      sql<boolean>`(app_id is null or exists (select from apps a where a.app_id = alert_silences.app_id and ${inScope(scope, 'a')}))`,
    )
    .$if(before !== null, (query) => query.where('silence_id', '<', before as number))
    .$if(open !== undefined, (query) => query.where(open ? isOpen : sql<boolean>`not (${isOpen})`))
    .orderBy('silence_id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toRow)
}
