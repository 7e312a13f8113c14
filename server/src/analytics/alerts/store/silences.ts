import { type Kysely, type Selectable, sql } from 'kysely'
import type { Silence, SilenceInput, Weekly } from '../../../../../contract/alert-silence.ts'
import type { AlertSilencesTable } from '../../../platform/database/alert-tables.ts'
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

export const insertSilence = async (
  db: Kysely<Tables>,
  input: SilenceInput & { actor: string },
): Promise<SilenceRow> => {
  const row = await db
    .insertInto('alert_silences')
    .values({
      rule: input.rule,
      app_id: input.appId,
      starts_at: input.from === null ? sql<Date>`clock_timestamp()` : new Date(input.from),
      ends_at: input.until === null ? null : new Date(input.until),
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

/** Silences, newest first, from before the given one; `open`: only those that are not over, or only others. */
export const listSilenceRows = async (
  db: Kysely<Tables>,
  { before, limit, open }: { before: number | null; limit: number; open: boolean | undefined },
): Promise<SilenceRow[]> => {
  const rows = await db
    .selectFrom('alert_silences')
    .selectAll()
    .$if(before !== null, (query) => query.where('silence_id', '<', before as number))
    .$if(open !== undefined, (query) => query.where(open ? isOpen : sql<boolean>`not (${isOpen})`))
    .orderBy('silence_id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toRow)
}
