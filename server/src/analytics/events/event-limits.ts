import { type Kysely, sql } from 'kysely'
import { type EventLimits, usualEventLimits } from '../../../../contract/event-limits.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import type { TallyLimits } from '../../platform/tally/cap-tally.ts'

/** The columns of `event_limits`, all null where an app has no row. */
export interface LimitColumns {
  event_names: number | null
  properties_per_event: number | null
  values_per_property: number | null
  events_per_day: number | null
}

export const toEventLimits = (row: LimitColumns): EventLimits => ({
  eventNames: row.event_names ?? usualEventLimits.eventNames,
  propertiesPerEvent: row.properties_per_event ?? usualEventLimits.propertiesPerEvent,
  valuesPerProperty: row.values_per_property ?? usualEventLimits.valuesPerProperty,
  eventsPerDay: row.events_per_day ?? usualEventLimits.eventsPerDay,
})

/** The same as capTally takes them. */
export const toTallyLimits = (limits: EventLimits): TallyLimits => ({
  events: limits.eventNames,
  properties: limits.propertiesPerEvent,
  values: limits.valuesPerProperty,
})

/** The limits of those of these apps for which somebody has set some; what is counted of the others is bounded as usual. */
export const findTallyLimits = async (
  db: Kysely<Tables>,
  appIds: readonly string[],
): Promise<ReadonlyMap<string, TallyLimits>> => {
  if (appIds.length === 0) return new Map()
  const { rows } = await sql<LimitColumns & { app_id: string }>`
    select app_id, event_names, properties_per_event, values_per_property, events_per_day from event_limits
    where app_id = any(${textArray(appIds)})`.execute(db)
  return new Map(rows.map((row) => [row.app_id, toTallyLimits(toEventLimits(row))]))
}
