import { type Kysely, sql } from 'kysely'
import { dayRange, dropPartitionsBefore, ensurePartition } from '../../platform/database/partitions.ts'
import type { Tables } from '../../platform/database/tables.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** Not at once: a first answer must not wait for it. */
const firstAfterMs = 60_000

/**
 * Makes the partition of tomorrow, and drops what was kept for `keptDays`: an hour later, because the clocks of nodes differ and what
 * is not too old for one of them must still be there.
 */
export const forgetEvents = async (db: Kysely<Tables>, keptDays: number, now = new Date()): Promise<void> => {
  const before = new Date(now.getTime() - keptDays * dayMs - hourMs)
  await ensurePartition(db, 'events', dayRange(new Date(now.getTime() + dayMs)))
  await dropPartitionsBefore(db, 'events', before)
  await sql`delete from event_usage where day < ${before.toISOString().slice(0, 10)}`.execute(db)
}

/** Does so every hour. Any number of nodes may: who comes second finds it done. */
export const forgetEventsHourly = (options: {
  db: Kysely<Tables>
  keptDays: number
  onError: (error: unknown) => void
}): { close(): Promise<void> } => {
  const { db, keptDays, onError } = options
  let timer: NodeJS.Timeout
  let running: Promise<void> = Promise.resolve()
  const later = (ms: number): void => {
    timer = setTimeout(() => {
      running = forgetEvents(db, keptDays).catch(onError)
      later(hourMs)
    }, ms)
    timer.unref()
  }
  later(firstAfterMs)
  return {
    async close() {
      clearTimeout(timer)
      await running
    },
  }
}
