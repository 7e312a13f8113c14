import { type Kysely, sql } from 'kysely'
import type { Change } from '../../platform/changes/changes.ts'
import type { Tables } from '../../platform/database/tables.ts'

interface OutboxRow {
  app_id: string
  channel: string
  sequence: number
}

const toChange = (row: OutboxRow): Change => ({
  appId: row.app_id,
  channel: row.channel,
  sequence: row.sequence,
})

const asRows = (changes: readonly Change[]) =>
  sql`jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) as told("appId" text, channel text, sequence bigint)`

/** Notes, in the transaction of a change, that caches and other nodes must still be told of it. */
export const insertOutbox = async (db: Kysely<Tables>, changes: readonly Change[]): Promise<void> => {
  if (changes.length === 0) return
  await sql`insert into outbox (app_id, channel, sequence)
    select "appId", channel, sequence from ${asRows(changes)}`.execute(db)
}

/** What nobody has been told of yet: the newest change of each app and channel, oldest first. */
export const listOutbox = async (db: Kysely<Tables>, limit: number): Promise<Change[]> => {
  const rows = await db
    .selectFrom('outbox')
    .select((select) => ['app_id', 'channel', select.fn.max('sequence').as('sequence')])
    .groupBy(['app_id', 'channel'])
    .orderBy((select) => select.fn.min('id'))
    .limit(limit)
    .execute()
  return rows.map(toChange)
}

/** As the migration gives it to whoever notes a change: long enough to tell of thousands. */
const claim = sql`interval '10 seconds'`

/**
 * Takes over what its owner has not told of in time, up to `limit` rows, oldest first: for a while no other node gets
 * them. They stay in the outbox until they are deleted, so a node that dies in between loses nothing.
 */
export const claimOutbox = async (db: Kysely<Tables>, limit: number): Promise<Change[]> => {
  const { rows } = await sql<OutboxRow & { made_at: number }>`
    with free as (
      select id from outbox where claimed_until <= clock_timestamp() order by id limit ${limit} for update skip locked
    ), claimed as (
      update outbox o set claimed_until = clock_timestamp() + ${claim} from free where o.id = free.id
      returning o.id, o.app_id, o.channel, o.sequence, o.created_at
    )
    select app_id, channel, max(sequence) as sequence, (extract(epoch from min(created_at)) * 1000)::bigint as made_at
    from claimed group by app_id, channel order by min(id)`.execute(db)
  return rows.map((row) => ({ ...toChange(row), madeAt: row.made_at }))
}

/** Gives back what could not be told: any node may try again. */
export const freeOutbox = async (db: Kysely<Tables>, changes: readonly Change[]): Promise<void> => {
  if (changes.length === 0) return
  await sql`update outbox o set claimed_until = clock_timestamp() from ${asRows(changes)}
    where o.app_id = told."appId" and o.channel = told.channel and o.sequence <= told.sequence`.execute(db)
}

/** Drops the notes of changes that have been told, up to their sequence. */
export const deleteOutbox = async (db: Kysely<Tables>, changes: readonly Change[]): Promise<void> => {
  if (changes.length === 0) return
  await sql`delete from outbox o using ${asRows(changes)}
    where o.app_id = told."appId" and o.channel = told.channel and o.sequence <= told.sequence`.execute(db)
}
