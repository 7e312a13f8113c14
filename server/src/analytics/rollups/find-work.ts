import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'

/** What there is to do: one small question, where there is nothing most of the time. */
export interface FoldWork {
  inbox: boolean
  hour: boolean
  part: boolean
  span: boolean
  day: boolean
}

/** After the end of an hour or day: what gateways still had, and the last fold. */
export const graceMs = 60_000

export const findWork = async (db: Kysely<Tables>): Promise<FoldWork> => {
  const isDue = (level: string, length: string) => sql`exists (
    select from rollups_due where level = ${level}
      and at <= clock_timestamp() - ${length}::interval - ${`${graceMs} milliseconds`}::interval)`
  const { rows } = await sql<FoldWork>`
    select exists (select from shipments) as inbox, ${isDue('hour', '1 hour')} as hour, ${isDue('part', '1 hour')} as part,
      ${isDue('span', '1 hour')} as span,
      ${isDue('day', '1 day')} as day`.execute(db)
  return rows[0] ?? { inbox: false, hour: false, part: false, span: false, day: false }
}
