import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

/** The rows from one moment (inclusive) to another (exclusive), both in UTC. */
export interface PartitionRange {
  /** Of the name of the partition, after that of its table: `20261123` for a day, `202611` for a month. */
  suffix: string
  from: Date
  to: Date
}

/** A partition as it is kept. */
export interface Partition {
  table: string
  name: string
  from: Date
  to: Date
  /** As the database estimates them: exact after a vacuum or an analyze. */
  rows: number
  /** With its indexes. */
  bytes: number
}

/** The day (UTC) that a moment belongs to. */
export const dayRange = (at: Date): PartitionRange => {
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()]
  const from = new Date(Date.UTC(year, month, day))
  return {
    suffix: from.toISOString().slice(0, 10).replaceAll('-', ''),
    from,
    to: new Date(Date.UTC(year, month, day + 1)),
  }
}

/** The month (UTC) that a moment belongs to. */
export const monthRange = (at: Date): PartitionRange => {
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()]
  const from = new Date(Date.UTC(year, month))
  return {
    suffix: from.toISOString().slice(0, 7).replace('-', ''),
    from,
    to: new Date(Date.UTC(year, month + 1)),
  }
}

/** The range that a suffix stands for; undefined for what is none. */
const rangeOf = (suffix: string): PartitionRange | undefined => {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)?$/.exec(suffix) ?? []
  if (year === undefined) return undefined
  const start = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day ?? 1)))
  return day === undefined ? monthRange(start) : dayRange(start)
}

const nameOf = (table: string, { suffix }: PartitionRange): string => `${table}_${suffix}`

type Work<Result> = (transaction: Kysely<Tables>) => Promise<Result>

/** In the transaction of the caller, or in one of its own. */
const inTransaction = <Result>(db: Kysely<Tables>, work: Work<Result>): Promise<Result> =>
  db.isTransaction ? work(db) : db.transaction().execute(work)

/** Read as a row: `to_regclass` remembers that there was none until the transaction ends. */
const isThere = async (db: Kysely<Tables>, name: string): Promise<boolean> => {
  const { rows } = await sql`
    select from pg_class where relname = ${name} and relnamespace = current_schema()::regnamespace`.execute(
    db,
  )
  return rows.length > 0
}

/**
 * Makes the partition of `table` for a range, where it is not there yet; any number of nodes may ask at once. The table must be
 * partitioned by range over one `date` or `timestamptz`. It is made beside and then attached, so that neither reads nor writes
 * of the table wait for it. Remember what was made: this asks the database each time.
 */
export const ensurePartition = async (
  db: Kysely<Tables>,
  table: string,
  range: PartitionRange,
): Promise<void> => {
  const name = nameOf(table, range)
  if (await isThere(db, name)) return
  await inTransaction(db, async (transaction) => {
    await sql`select pg_advisory_xact_lock(hashtext('parasol partitions'), hashtext(${table}))`.execute(
      transaction,
    )
    if (await isThere(transaction, name)) return
    const [parent, child] = [sql.table(table), sql.table(name)]
    // A date takes the day of such a text, whatever the time zone of the session.
    const [from, to] = [sql.lit(range.from.toISOString()), sql.lit(range.to.toISOString())]
    await sql`create table ${child} (like ${parent} including all)`.execute(transaction)
    await sql`alter table ${parent} attach partition ${child} for values from (${from}) to (${to})`.execute(
      transaction,
    )
  })
}

interface PartitionRow {
  table: string
  name: string
  rows: number
  bytes: number
}

/** The partitions of these tables, by table and time. Those that `ensurePartition` has not made are left out. */
export const listPartitions = async (db: Kysely<Tables>, tables: readonly string[]): Promise<Partition[]> => {
  const { rows } = await sql<PartitionRow>`
    select parent.relname as "table", child.relname as name, pg_total_relation_size(child.oid) as bytes,
      greatest(child.reltuples::bigint, pg_stat_get_live_tuples(child.oid), 0) as rows
    from pg_inherits
    join pg_class parent on parent.oid = inhparent
    join pg_class child on child.oid = inhrelid
    where inhparent = any (select to_regclass(name) from jsonb_array_elements_text(${JSON.stringify(tables)}::jsonb) name)
    order by 1, 2`.execute(db)
  return rows.flatMap((row) => {
    const range = rangeOf(row.name.slice(row.table.length + 1))
    return range ? [{ ...row, from: range.from, to: range.to }] : []
  })
}

/** Dropping one needs the table for itself for a moment: rather than let everybody wait behind a long question, later. */
const patienceMs = 1_000

/**
 * Drops the partitions of `table` that end at or before a moment, the oldest first, each in a transaction of its own; returns
 * their names. Throws where somebody reads the table for too long (SQLSTATE 55P03): what is left is dropped the next time.
 */
export const dropPartitionsBefore = async (
  db: Kysely<Tables>,
  table: string,
  before: Date,
): Promise<string[]> => {
  const partitions = await listPartitions(db, [table])
  const dropped: string[] = []
  for (const { name, to } of partitions) {
    if (to > before) continue
    await inTransaction(db, async (transaction) => {
      await sql`set local lock_timeout = ${sql.lit(patienceMs)}`.execute(transaction)
      // Another node may have been first.
      await sql`drop table if exists ${sql.table(name)}`.execute(transaction)
    })
    dropped.push(name)
  }
  return dropped
}
