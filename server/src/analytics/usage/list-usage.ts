import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { UsageDaysQuery } from '../../../../contract/analytics-usage.ts'
import { Problem } from '../../../../contract/problems.ts'
import { isRealDate } from '../../../../contract/real-date.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { decodeCursor, encodeCursor, foreignCursor } from '../../platform/http/cursor.ts'

/** Usage of one app or key in a day, a month or the whole time. */
export interface UsageSum {
  id: string
  period: string
  requests: number
  refused: number
  last_at: Date
}

const periods = {
  day: sql<string>`to_char(day, 'YYYY-MM-DD')`,
  month: sql<string>`to_char(day, 'YYYY-MM')`,
  total: sql<string>`'total'`,
} as const

/** What the rows are sorted by before id and period, as text that sorts as it does; the highest first. */
const ranks = {
  name: sql<number>`0::bigint`,
  requests: sql<number>`sum(requests)::bigint`,
  lastSeen: sql<number>`(extract(epoch from max(last_at)) * 1000)::bigint`,
} as const

interface Place {
  from: string
  to: string
  rank: number
  id: string
  period: string
}

const isDay = (text: unknown): text is string =>
  typeof text === 'string' && text.length === 10 && isRealDate(text)

const readPlace = (cursor: string | undefined): Place | null => {
  const text = decodeCursor(cursor, 'string')
  if (text === null) return null
  try {
    const [from, to, rank, id, period] = JSON.parse(text)
    const isOurs = isDay(from) && isDay(to) && Number.isSafeInteger(rank)
    if (isOurs && typeof id === 'string' && typeof period === 'string') return { from, to, rank, id, period }
  } catch {
    // Refused below.
  }
  throw foreignCursor()
}

/** The first of this month until today (UTC), where nothing else is asked for. */
const rangeOf = ({ from, to }: UsageDaysQuery): { from: string; to: string } => {
  const today = new Date().toISOString().slice(0, 10)
  const range = { from: from ?? `${(to ?? today).slice(0, 7)}-01`, to: to ?? today }
  if (range.from <= range.to) return range
  const detail = `${range.from} is after ${range.to}`
  throw new Problem('invalid_parameter', {
    detail: `from: ${detail}`,
    errors: [{ code: 'invalid_parameter', parameter: 'from', detail }],
  })
}

/** A page of usage by app or key, and the cursor of the next. A row whose rank changes between two pages may be in both, or in neither. */
export const listUsage = async (
  db: Kysely<Tables>,
  by: 'app_id' | 'key_id',
  query: UsageDaysQuery,
): Promise<{ rows: UsageSum[]; nextCursor: string | null }> => {
  const after = readPlace(query.cursor)
  const { from, to } = after ?? rangeOf(query)
  const [id, period, rank] = [sql.ref(by), periods[query.interval], ranks[query.order]]
  const ofClass = query.routeClass === undefined ? sql`true` : sql`route_class = ${query.routeClass}`
  const { rows } = await sql<UsageSum & { rank: number }>`
    select * from (
      select ${id} as id, ${period} as period, sum(requests)::bigint as requests, sum(refused)::bigint as refused,
        max(last_at) as last_at, ${rank} as rank
      from usage_days where day >= ${from}::date and day <= ${to}::date and ${ofClass}
      group by 1, 2
    ) sums
    where ${afterPlace(after)} order by rank desc, id collate "C", period limit ${query.limit + 1}`.execute(
    db,
  )
  const page = rows.slice(0, query.limit)
  const last = page.at(-1)
  const place = last && [from, to, last.rank, last.id, last.period]
  return {
    rows: page,
    nextCursor: rows.length > query.limit && place ? encodeCursor(JSON.stringify(place)) : null,
  }
}

const afterPlace = (after: Place | null): RawBuilder<boolean> =>
  after === null
    ? sql`true`
    : sql`(rank < ${after.rank} or (rank = ${after.rank} and (id collate "C", period) > (${after.id}, ${after.period})))`
