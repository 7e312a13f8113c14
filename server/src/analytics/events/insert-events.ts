import { type Kysely, sql } from 'kysely'
import {
  dateArray,
  int2Array,
  int8Array,
  jsonbArray,
  textArray,
  timestamptzArray,
  uuidArray,
} from '../../platform/database/binary-arrays.ts'
import type { Tables } from '../../platform/database/tables.ts'
import type { KeptEvent } from './kept-event.ts'

/** What one statement inserts: enough that its beginning and end cost nothing, and the embedded database comes up for air. */
export const rowsMost = 1_000

interface Inserted {
  accepted: number
  /** Null: all of them. */
  event_ids: string[] | null
}

/**
 * Stores up to {@link rowsMost} events, in the transaction of the caller; returns those that were not there before. Of two with the same
 * id of an app, the first is stored. Partitions must be there: SQLSTATE 23514 otherwise.
 */
export const insertEvents = async (
  transaction: Kysely<Tables>,
  events: readonly KeptEvent[],
  receivedAt: Date,
): Promise<readonly KeptEvent[]> => {
  const column = <Value>(of: (event: KeptEvent) => Value): Value[] => events.map(of)
  const { rows } = await sql<Inserted>`
    with inserted as (
      insert into events (event_id, at, received_at, revision, day, bucket, app_id, name, config_version, platform,
        app_version, properties)
      select event_id, at, ${receivedAt}::timestamptz, revision, day, bucket, app_id, name, config_version, platform,
        app_version, properties
      from unnest(
        ${uuidArray(column(({ eventId }) => eventId))}::uuid[],
        ${timestamptzArray(column(({ at }) => at))}::timestamptz[],
        ${int8Array(column(({ revision }) => revision))}::bigint[],
        ${dateArray(column(({ madeAt }) => madeAt))}::date[],
        ${int2Array(column(({ bucket }) => bucket))}::smallint[],
        ${textArray(column(({ appId }) => appId))}::text[],
        ${textArray(column(({ name }) => name))}::text[],
        ${textArray(column(({ configVersion }) => configVersion))}::text[],
        ${textArray(column(({ platform }) => platform))}::text[],
        ${textArray(column(({ appVersion }) => appVersion))}::text[],
        ${jsonbArray(column(({ properties }) => (properties === null ? null : JSON.stringify(properties))))}::jsonb[]
      ) as sent(event_id, at, revision, day, bucket, app_id, name, config_version, platform, app_version, properties)
      on conflict do nothing
      returning app_id, event_id
    )
    select count(*)::int as accepted,
      case when count(*) < ${events.length}::int then jsonb_agg(app_id || ' ' || event_id) end as event_ids
    from inserted`.execute(transaction)
  const { accepted = 0, event_ids: names } = rows[0] ?? {}
  return accepted === events.length ? events : firstOf(events, new Set(names))
}

const firstOf = (events: readonly KeptEvent[], names: Set<string>): KeptEvent[] =>
  events.filter(({ appId, eventId }) => names.delete(`${appId} ${eventId}`))
