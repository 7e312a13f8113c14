import { type Kysely, type Selectable, type SqlBool, sql } from 'kysely'
import type { Delivery } from '../../../../../contract/alert.ts'
import type { AlertDeliveriesTable } from '../../../platform/database/alert-tables.ts'
import type { Tables } from '../../../platform/database/tables.ts'
import { textArray } from '../../../platform/database/text-array.ts'
import type { Message } from '../message.ts'
import type { OutageDelivery } from '../watch-outage.ts'

export type DeliveryRow = Omit<Selectable<AlertDeliveriesTable>, 'message' | 'alert_ids'> & {
  message: Message
  alert_ids: number[]
}

export const toDelivery = (row: DeliveryRow): Delivery => ({
  deliveryId: row.delivery_id,
  messageId: row.message_id,
  rule: row.rule,
  channel: row.channel,
  kind: row.kind,
  alertIds: row.alert_ids,
  state: row.state,
  attempts: row.attempts,
  lastError: row.last_error,
  createdAt: row.created_at.toISOString(),
  dueAt: row.ended_at ? null : row.due_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
})

const now = sql<Date>`clock_timestamp()`

/** A message for these channels; one that is there already, by its id, stays as it is. */
export const insertDeliveries = async (
  db: Kysely<Tables>,
  { messageId, channels, message }: { messageId: string; channels: readonly string[]; message: Message },
): Promise<void> => {
  const alertIds = JSON.stringify(message.alerts.map(({ alertId }) => alertId).filter((id) => id !== null))
  await sql`insert into alert_deliveries (message_id, channel, rule, kind, alert_ids, message)
    select ${messageId}, name, ${message.rule}, ${message.kind}, ${alertIds}::jsonb, ${JSON.stringify(message)}::jsonb
    from alert_channels where name = any (${textArray(channels)}) order by name
    on conflict (message_id, channel) do nothing`.execute(db)
}

/** Notes what was sent, or is still to be, from before the database was back. */
export const insertOutageDelivery = async (
  db: Kysely<Tables>,
  { id, channel, message, attempts, createdAt, state, lastError }: OutageDelivery,
): Promise<void> => {
  await sql`insert into alert_deliveries (message_id, channel, rule, kind, alert_ids, message, state, attempts, last_error,
      created_at, ended_at)
    select ${id}, name, ${message.rule}, ${message.kind}, '[]', ${JSON.stringify(message)}::jsonb, ${state}, ${attempts},
      ${lastError}, to_timestamp(${createdAt / 1_000}), ${state === 'waiting' ? null : now}
    from alert_channels where name = ${channel.name}
    on conflict (message_id, channel) do nothing`.execute(db)
}

/** Longer than it may take to send one. */
const leaseSeconds = 60

/**
 * Takes messages to send, one a channel at most and none of `busy` channels: the oldest of each rule first, so that nobody is told of
 * an end before its beginning. Whoever takes one has it for a minute; after that, or when it has failed, it is due again.
 */
export const takeDeliveries = async (
  db: Kysely<Tables>,
  { limit, busy }: { limit: number; busy: readonly string[] },
): Promise<DeliveryRow[]> => {
  const { rows } = await sql<DeliveryRow>`
    with due as (
      select distinct on (d.channel) d.delivery_id from alert_deliveries d join alert_channels c on c.name = d.channel
      where d.state = 'waiting' and d.due_at <= ${now} and c.is_enabled and c.not_before <= ${now}
        and not d.channel = any (${textArray(busy)})
        and not exists (select from alert_deliveries e where e.channel = d.channel and e.rule = d.rule
          and e.state = 'waiting' and e.delivery_id < d.delivery_id)
      order by d.channel, d.delivery_id
    ), taken as (
      select delivery_id from alert_deliveries where delivery_id in (select delivery_id from due) and state = 'waiting'
        and due_at <= ${now} order by delivery_id limit ${limit} for update skip locked
    )
    update alert_deliveries set attempts = attempts + 1, due_at = ${now} + make_interval(secs => ${leaseSeconds})
    where delivery_id in (select delivery_id from taken) returning *`.execute(db)
  return rows
}

const channelIsWell = (channel: string) => sql`update alert_channels set failures = 0, last_sent_at = ${now}
  where name = ${channel}`

export const noteSent = async (
  db: Kysely<Tables>,
  { delivery_id: id, channel }: DeliveryRow,
): Promise<void> => {
  await sql`with sent as (
      update alert_deliveries set state = 'sent', ended_at = ${now}, last_error = null
      where delivery_id = ${id} and state = 'waiting'
    ) ${channelIsWell(channel)}`.execute(db)
}

interface Failure {
  error: string
  /** Until it is tried again; undefined: it is given up. */
  waitMs: number | undefined
  /** For how long the receiver wants nothing at all. */
  restMs: number
}

/** It was not taken. A channel that asked for a rest is left alone for so long. */
export const noteFailed = async (
  db: Kysely<Tables>,
  { delivery_id: id, channel }: DeliveryRow,
  { error, waitMs, restMs }: Failure,
): Promise<void> => {
  const ends = waitMs === undefined
  await sql`with failed as (
      update alert_deliveries set last_error = ${error}, state = ${ends ? 'failed' : 'waiting'},
        ended_at = ${ends ? now : null}, due_at = ${now} + make_interval(secs => ${(waitMs ?? 0) / 1_000})
      where delivery_id = ${id} and state = 'waiting'
    )
    update alert_channels set failures = failures + 1, last_error = ${error}, last_error_at = ${now},
      not_before = greatest(not_before, ${now} + make_interval(secs => ${restMs / 1_000}))
    where name = ${channel}`.execute(db)
}

/** Lets any node send it again at once: this one stops. */
export const giveBack = async (db: Kysely<Tables>, { delivery_id: id }: DeliveryRow): Promise<void> => {
  await sql`update alert_deliveries set due_at = ${now} where delivery_id = ${id} and state = 'waiting'`.execute(
    db,
  )
}

interface Page {
  before: number | null
  limit: number
  channel: string | undefined
  state: Delivery['state'] | undefined
}

export const listDeliveryRows = async (
  db: Kysely<Tables>,
  { before, limit, channel, state }: Page,
): Promise<DeliveryRow[]> => {
  const conditions = [
    ...(before === null ? [] : [sql<SqlBool>`delivery_id < ${before}`]),
    ...(channel === undefined ? [] : [sql<SqlBool>`channel = ${channel}`]),
    ...(state === undefined ? [] : [sql<SqlBool>`state = ${state}`]),
    sql<SqlBool>`true`,
  ]
  const { rows } =
    await sql<DeliveryRow>`select * from alert_deliveries where ${sql.join(conditions, sql` and `)}
    order by delivery_id desc limit ${limit}`.execute(db)
  return rows
}

/** What came of messages is kept for so long. */
const keptDays = 30

export const forgetOldDeliveries = async (db: Kysely<Tables>): Promise<void> => {
  await sql`delete from alert_deliveries where ctid in (select ctid from alert_deliveries
    where created_at < ${now} - make_interval(days => ${keptDays}) limit 100)`.execute(db)
}
