import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import type { KeepDays } from './fold-turn.ts'
import { type Level, lengthMs, levels, startOf } from './levels.ts'

/** What is kept now, all in ms since 1970. */
export interface Keeping {
  /** By the clock of the database. */
  now: number
  /** What arrived by then is in the rollups. */
  countedUntil: number
  /** From when on each level has all, and takes what arrives; what is older goes to the next. */
  keptSince: Record<Level, number>
  /** What began before that is no longer kept, and nothing still has to be made of it. */
  mayDropBefore: Record<Level, number>
}

interface Row {
  now: Date
  waiting: Date | null
  minute: Date | null
  hour: Date | null
  day: Date | null
  due_hour: Date | null
  due_part: Date | null
  due_span: Date | null
  due_day: Date | null
}

/** Days are counted whole: one that has begun within the time is kept. */
export const cutoffOf = (days: number, now: number): number => startOf('day', now - days * lengthMs.day)

const dropped = (level: Level) => sql`(select since from rollups_kept where level = ${level})`
const oldest = (due: string) => sql`(select min(at) from rollups_due where level = ${due})`

/**
 * Never before what was dropped: settings may say today that more is kept than they said yesterday. And not after what something still
 * has to be made of, however old: it would be made without what came meanwhile.
 */
export const findKeeping = async (db: Kysely<Tables>, keep: KeepDays): Promise<Keeping> => {
  const { rows } = await sql<Row>`
    select clock_timestamp() as now, (select received_at from shipments order by shipment_id limit 1) as waiting,
      ${dropped('minute')} as minute, ${dropped('hour')} as hour, ${dropped('day')} as day, ${oldest('hour')} as due_hour,
      ${oldest('part')} as due_part, ${oldest('span')} as due_span, ${oldest('day')} as due_day`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('the database does not tell its time')
  const now = row.now.getTime()
  const neededSince = (moments: readonly (number | undefined)[]) =>
    startOf('day', Math.min(...moments.map((at) => at ?? Number.POSITIVE_INFINITY)))
  // A span reads the day before its last hour.
  const spans = row.due_span && row.due_span.getTime() - lengthMs.day
  const needed = {
    minute: neededSince([row.due_hour?.getTime()]),
    hour: neededSince([row.due_part?.getTime(), spans ?? undefined, row.due_day?.getTime()]),
    day: Number.POSITIVE_INFINITY,
  }
  const keeping: Keeping = {
    now,
    countedUntil: row.waiting?.getTime() ?? now,
    keptSince: { minute: 0, hour: 0, day: 0 },
    mayDropBefore: { minute: 0, hour: 0, day: 0 },
  }
  for (const level of levels) {
    keeping.mayDropBefore[level] = Math.min(cutoffOf(keep[level], now), needed[level])
    keeping.keptSince[level] = Math.max(row[level]?.getTime() ?? 0, keeping.mayDropBefore[level])
  }
  return keeping
}
