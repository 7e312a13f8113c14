import { z } from '@hono/zod-openapi'
import { mostProperties } from './event.ts'
import { appId, timestamp } from './fields.ts'

/** What holds for an app that nobody has set anything for. */
export const usualEventLimits = {
  eventNames: 50,
  propertiesPerEvent: 20,
  valuesPerProperty: 100,
  eventsPerDay: 10_000_000,
} as const

const upTo = (most: number, example: number, description: string) =>
  z.number().int().min(1).max(most).openapi({ example, description })

const eventNames = upTo(
  100,
  usualEventLimits.eventNames,
  'Names of events that are told apart in what is counted: the most frequent; the rest are counted as `other`',
)
const propertiesPerEvent = upTo(
  mostProperties,
  usualEventLimits.propertiesPerEvent,
  'Properties of an event name that are told apart',
)
const valuesPerProperty = upTo(
  200,
  usualEventLimits.valuesPerProperty,
  'Values of a property that are told apart, and of platforms, versions, revisions and countries',
)
const eventsPerDay = upTo(
  1_000_000_000,
  usualEventLimits.eventsPerDay,
  'Events that are taken in a day (UTC); then 429 until midnight. Processes tell each other every few seconds, so it may become a little more',
)

/** What an operator sets: what is left out is as usual. */
export const eventLimitsInput = z
  .strictObject({
    eventNames: eventNames.default(usualEventLimits.eventNames),
    propertiesPerEvent: propertiesPerEvent.default(usualEventLimits.propertiesPerEvent),
    valuesPerProperty: valuesPerProperty.default(usualEventLimits.valuesPerProperty),
    eventsPerDay: eventsPerDay.default(usualEventLimits.eventsPerDay),
  })
  .openapi('SetEventLimits', { example: { eventNames: 80, eventsPerDay: 50_000_000 } })

export const eventLimits = z
  .object({ eventNames, propertiesPerEvent, valuesPerProperty, eventsPerDay })
  .openapi('EventLimits')

const count = (description: string) => z.number().int().openapi({ example: 1200, description })

const folded = z
  .object({
    event: z.string().nullable().openapi({
      example: 'checkout',
      description: 'The event name; null where whole event names did not fit, or it is about config requests',
    }),
    dimension: z.string().openapi({
      example: 'property',
      description: 'What was not told apart: event, property, platform, appVersion, configVersion, revision',
    }),
    property: z.string().nullable().openapi({
      example: 'sku',
      description: 'Its name, or `other` for properties that did not fit',
    }),
    counts: count('How many counts are in `other` for it'),
  })
  .openapi('FoldedCounts')

/** The limits of an app, and what came of them. */
export const eventLimitsReport = z
  .object({
    appId,
    limits: eventLimits,
    isUsual: z.boolean().openapi({ example: true, description: 'Nobody has set anything for this app' }),
    today: z
      .object({
        day: z.string().openapi({ example: '2026-11-23', description: 'In UTC' }),
        accepted: count('Events that were stored'),
        duplicates: count('That were here already'),
        rejected: count('That were not taken'),
      })
      .openapi({ description: 'As all processes told it, some seconds ago' }),
    folded: z
      .object({ since: timestamp, items: z.array(folded) })
      .openapi({ description: 'Of the last 24 hours, the most first: what stands behind `other`' }),
  })
  .openapi('EventLimitsReport')

export type EventLimits = z.infer<typeof eventLimits>
export type EventLimitsReport = z.infer<typeof eventLimitsReport>
export type FoldedCounts = z.infer<typeof folded>
