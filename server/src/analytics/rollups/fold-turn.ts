import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { type Level, levels, startOf } from './levels.ts'

/** How many days each level is kept. */
export interface KeepDays {
  minute: number
  hour: number
  day: number
}

/** What one node holds that folds, makes hours and days, or drops what is old, until its transaction ends. */
export interface FoldTurn {
  db: Kysely<Tables>
  /** By the clock of the database, ms since 1970. */
  now: number
  /** From when on each level takes what arrives; what is older goes to the next. */
  keptSince: Record<Level, number>
}

/**
 * Does `work` in a transaction, where no other node is at such work: they read, and then write what they have read. Undefined where one
 * is. Nothing else writes the rollups.
 */
export const inFoldTurn = <Result>(
  db: Kysely<Tables>,
  keep: KeepDays,
  work: (turn: FoldTurn) => Promise<Result>,
): Promise<Result | undefined> =>
  db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ locked: boolean; now: Date }>`
      select pg_try_advisory_xact_lock(hashtext('parasol fold'), 0) as locked, clock_timestamp() as now`.execute(
      transaction,
    )
    const [row] = rows
    if (!row?.locked) return undefined
    const now = row.now.getTime()
    return work({ db: transaction, now, keptSince: await keptSince(transaction, keep, now) })
  })

/** Days are counted whole: one that has begun within the time is kept. */
export const cutoffOf = (days: number, now: number): number => startOf('day', now - days * 86_400_000)

/** Never before what was dropped: settings may say today that more is kept than they said yesterday. */
export const keptSince = async (
  db: Kysely<Tables>,
  keep: KeepDays,
  now: number,
): Promise<Record<Level, number>> => {
  const dropped = await db.selectFrom('rollups_kept').selectAll().execute()
  const since = { minute: 0, hour: 0, day: 0 }
  for (const level of levels) {
    const until = dropped.find((row) => row.level === level)?.since.getTime() ?? 0
    since[level] = Math.max(cutoffOf(keep[level], now), until)
  }
  return since
}
