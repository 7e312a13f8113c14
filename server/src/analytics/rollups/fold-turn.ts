import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { findKeeping } from './find-keeping.ts'
import type { Level } from './levels.ts'

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
    const { rows } = await sql<{ locked: boolean }>`
      select pg_try_advisory_xact_lock(hashtext('parasol fold'), 0) as locked`.execute(transaction)
    if (!rows[0]?.locked) return undefined
    const { now, keptSince } = await findKeeping(transaction, keep)
    return work({ db: transaction, now, keptSince })
  })
