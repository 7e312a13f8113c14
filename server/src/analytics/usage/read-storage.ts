import { type Kysely, sql } from 'kysely'
import type { AnalyticsStorage } from '../../../../contract/analytics-usage.ts'
import { listPartitions } from '../../platform/database/partitions.ts'
import type { Tables } from '../../platform/database/tables.ts'
import type { KeepDays } from '../rollups/fold-turn.ts'

interface Kept {
  table: string
  keepDays: number | null
  setting: string | null
}

const tablesOf = (keep: KeepDays, eventsDays: number): Kept[] => [
  { table: 'rollups_minute', keepDays: keep.minute, setting: 'PARASOL_MINUTE_COUNTS_DAYS' },
  { table: 'rollups_hour', keepDays: keep.hour, setting: 'PARASOL_HOUR_COUNTS_DAYS' },
  { table: 'rollups_day', keepDays: keep.day, setting: 'PARASOL_DAY_COUNTS_DAYS' },
  { table: 'usage_days', keepDays: keep.day, setting: 'PARASOL_DAY_COUNTS_DAYS' },
  { table: 'events', keepDays: eventsDays, setting: 'PARASOL_EVENTS_DAYS' },
  { table: 'shipments', keepDays: null, setting: null },
]

/** What the numbers take on disk, by table and partition, and what is not in them yet. */
export const readStorage = async (
  db: Kysely<Tables>,
  { keep, eventsDays }: { keep: KeepDays; eventsDays: number },
): Promise<AnalyticsStorage> => {
  const kept = tablesOf(keep, eventsDays)
  const names = kept.map(({ table }) => table)
  const partitions = await listPartitions(db, names)
  const own = await ownSizes(db, names)
  const tables = kept.map((each) => {
    const parts = partitions.filter(({ table }) => table === each.table)
    const { rows = 0, bytes = 0 } = own.get(each.table) ?? {}
    return {
      ...each,
      rows: parts.reduce((sum, part) => sum + part.rows, rows),
      bytes: parts.reduce((sum, part) => sum + part.bytes, bytes),
      partitions: parts.map(({ name, from, to, rows, bytes }) => ({
        ...{ name, from: from.toISOString(), to: to.toISOString(), rows, bytes },
      })),
    }
  })
  const waiting = await readWaiting(db)
  return {
    tables,
    bytes: tables.reduce((sum, { bytes }) => sum + bytes, 0),
    waiting: { shipments: waiting.shipments, since: waiting.since?.toISOString() ?? null },
    countedUntil: (waiting.since ?? waiting.now).toISOString(),
  }
}

/** Of the tables themselves: a partitioned one has nothing but its partitions. */
const ownSizes = async (
  db: Kysely<Tables>,
  names: readonly string[],
): Promise<Map<string, { rows: number; bytes: number }>> => {
  const { rows } = await sql<{ name: string; rows: number; bytes: number }>`
    select c.relname as name, pg_total_relation_size(c.oid) as bytes,
      case when c.relkind = 'p' then 0 else greatest(c.reltuples::bigint, 0) end as rows
    from jsonb_array_elements_text(${JSON.stringify(names)}::jsonb) name join pg_class c on c.oid = to_regclass(name)`.execute(
    db,
  )
  return new Map(rows.map(({ name, ...size }) => [name, size]))
}

const readWaiting = async (db: Kysely<Tables>) => {
  const { rows } = await sql<{ shipments: number; since: Date | null; now: Date }>`
    select count(*) as shipments, min(received_at) as since, clock_timestamp() as now from shipments`.execute(
    db,
  )
  return rows[0] ?? { shipments: 0, since: null, now: new Date() }
}
