import type { Kysely } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import { type HyperLogLog, mergeHashes } from '../../platform/tally/hyper-log-log.ts'
import { createTally } from '../../platform/tally/tally.ts'
import { deleteDueOf, listDueOf } from './due.ts'
import { graceMs } from './find-work.ts'
import { inFoldTurn, type KeepDays } from './fold-turn.ts'
import { lengthMs } from './levels.ts'
import { makePartition } from './make-partition.ts'
import { createSketch, readSketch } from './rollup.ts'
import { spanOf } from './scopes.ts'
import { writeRollups } from './store-rollups.ts'

/** As many as one late hour makes due. */
const spansAtOnce = 24

/**
 * Makes the devices of 24 hours, by their last hour, for one scope above apps: sketches cannot be taken apart, so that without these a
 * day of another time zone would have to be put together from its hours in every answer. Returns how many it made; undefined where
 * another node is at it.
 */
export const makeSpans = ({
  db,
  keep,
}: {
  db: Kysely<Tables>
  keep: KeepDays
}): Promise<number | undefined> =>
  inFoldTurn(db, keep, async ({ db: transaction, now }) => {
    const due = await listDueOf(transaction, 'span', now - lengthMs.hour - graceMs, {
      limit: spansAtOnce,
      withinMs: lengthMs.day,
    })
    if (due === undefined) return 0
    const { scope, ats } = due
    const hours = await readHours(transaction, scope, ats)
    const turns = takeTurns()
    for (const at of ats) {
      await turns()
      const rollups = new Map([[spanOf(scope), { tally: createTally(), sketch: addUpDay(hours, at) }]])
      await makePartition(transaction, 'hour', at)
      await writeRollups(transaction, 'hour', at, rollups)
    }
    await deleteDueOf(transaction, 'span', scope, ats)
    return ats.length
  })

type Hours = ReadonlyMap<number, HyperLogLog>

/** The sketches of all hours that are in one of the spans. */
const readHours = async (db: Kysely<Tables>, scope: string, ats: readonly number[]): Promise<Hours> => {
  const rows = await db
    .selectFrom('rollups_hour')
    .select(['at', 'sketch'])
    .where('scope', '=', scope)
    .where('at', '>', new Date(Math.min(...ats) - lengthMs.day))
    .where('at', '<=', new Date(Math.max(...ats)))
    .execute()
  const hours = new Map<number, HyperLogLog>()
  const turns = takeTurns()
  for (const { at, sketch } of rows) {
    await turns()
    const devices = readSketch(sketch)
    if (devices !== null) hours.set(at.getTime(), devices)
  }
  return hours
}

const addUpDay = (hours: Hours, last: number): HyperLogLog => {
  const day = createSketch()
  for (let at = last - 23 * lengthMs.hour; at <= last; at += lengthMs.hour) {
    const hour = hours.get(at)
    if (hour !== undefined) mergeHashes(day, hour)
  }
  return day
}
