import { type EventLimits, usualEventLimits } from '../../../../contract/event-limits.ts'
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
