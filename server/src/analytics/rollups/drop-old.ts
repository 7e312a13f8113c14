import { type Kysely, sql } from 'kysely'
import { dropPartitionsBefore, listPartitions } from '../../platform/database/partitions.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { cutoffOf, inFoldTurn, type KeepDays } from './fold-turn.ts'
import { type Level, levels, tableOf } from './levels.ts'

/** Shipments of a sender that nothing was heard of for so long do not come again. */
const sendersDays = 30

/** From what a level is made, in rollups_due: it must not be dropped before. */
const dueOf = { minute: ['hour'], hour: ['part', 'day'], day: [] } as const satisfies Record<
  Level,
  readonly string[]
>

/**
 * Drops what is older than is kept: whole partitions, and none of which something coarser still has to be made. From then on what
 * arrives of that time is added to the coarser rows. Returns the names of what was dropped; undefined where another node folds.
 */
export const dropOld = async (db: Kysely<Tables>, keep: KeepDays): Promise<string[] | undefined> => {
  const dropped: string[] = []
  for (const level of levels) {
    const names = await dropLevel(db, keep, level)
    if (names === undefined) return undefined
    dropped.push(...names)
  }
  dropped.push(...(await dropPartitionsBefore(db, 'usage_days', new Date(cutoffOf(keep.day, Date.now())))))
  await sql`delete from shipment_senders
    where folded_at < clock_timestamp() - ${`${sendersDays} days`}::interval`.execute(db)
  return dropped
}

const dropLevel = (db: Kysely<Tables>, keep: KeepDays, level: Level): Promise<string[] | undefined> =>
  inFoldTurn(db, keep, async ({ db: transaction, now }) => {
    const oldest = await oldestDue(transaction, level)
    const before = Math.min(cutoffOf(keep[level], now), oldest)
    const partitions = await listPartitions(transaction, [tableOf(level)])
    const until = partitions.filter(({ to }) => to.getTime() <= before).at(-1)?.to
    if (until === undefined) return []
    await transaction
      .insertInto('rollups_kept')
      .values({ level, since: until })
      .onConflict((conflict) =>
        conflict
          .column('level')
          .doUpdateSet({ since: sql<Date>`greatest(rollups_kept.since, excluded.since)` }),
      )
      .execute()
    return dropPartitionsBefore(transaction, tableOf(level), until)
  })

const oldestDue = async (db: Kysely<Tables>, level: Level): Promise<number> => {
  const due = dueOf[level]
  if (due.length === 0) return Number.POSITIVE_INFINITY
  const row = await db
    .selectFrom('rollups_due')
    .select((eb) => eb.fn.min('at').as('at'))
    .where('level', 'in', due)
    .executeTakeFirst()
  return row?.at?.getTime() ?? Number.POSITIVE_INFINITY
}
