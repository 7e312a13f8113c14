import { type Kysely, sql } from 'kysely'
import { dropPartitionsBefore, listPartitions } from '../../platform/database/partitions.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { cutoffOf, findKeeping } from './find-keeping.ts'
import { inFoldTurn, type KeepDays } from './fold-turn.ts'
import { type Level, levels, tableOf } from './levels.ts'

/** Shipments of a sender that nothing was heard of for so long do not come again. */
const sendersDays = 30

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
  await db
    .deleteFrom('lost_counts')
    .where('at', '<', new Date(cutoffOf(keep.day, Date.now())))
    .execute()
  await sql`delete from shipment_senders
    where folded_at < clock_timestamp() - ${`${sendersDays} days`}::interval`.execute(db)
  return dropped
}

const dropLevel = (db: Kysely<Tables>, keep: KeepDays, level: Level): Promise<string[] | undefined> =>
  inFoldTurn(db, keep, async ({ db: transaction }) => {
    const before = (await findKeeping(transaction, keep)).mayDropBefore[level]
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
