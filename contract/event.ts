import { z } from '@hono/zod-openapi'
import { date } from './fields.ts'

/** Events of a batch, and bytes of its body once it is unpacked. */
export const mostEvents = 1_000
export const mostBatchBytes = 512 * 1024

/** Properties of one event, and characters (UTF-16) of a text among their values. */
export const mostProperties = 50
export const longestText = 1_024

/** Events that mean the same in every app. Guarded rollouts and alerts look at them. */
export const reservedEvents = {
  config_applied: 'the app runs with the config of `revision`',
  config_failed: 'the app could not use the config of `revision`, and keeps what it had',
  app_error: 'something went wrong in the app',
  session_start: 'somebody began to use the app',
} as const

const name = /^[A-Za-z][A-Za-z0-9_.:-]{0,63}$/
/** What did not fit is counted under this name. */
export const foldedName = 'other'

export const isEventName = (text: string): boolean => name.test(text) && text !== foldedName
export const isPropertyName = isEventName
/** RFC 9562 §5.7: its first 48 bits are the milliseconds since 1970 at which it was made. */
export const isEventId = (text: string): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(text)
const visible = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
/** Of versions and platforms. */
export const isShortText = (text: string): boolean => text.length <= 64 && visible.test(text)
/** Neither U+0000, which no column holds, nor half a character. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

/** What is wrong with a field, as told to whoever sent it. */
export const faults = {
  name: '1 to 64 of A-Z a-z 0-9 _ . : - with a letter first, and not "other"',
  eventId: 'a UUID of version 7 (RFC 9562), such as 0193a5c2-8e4f-7b21-9c3d-5e6f7a8b9c0d',
  at: 'a date and time with its offset, such as 2026-11-23T10:00:00.000Z',
  revision: 'a whole number from 1',
  shortText: '1 to 64 characters of ASCII, with no space at its ends',
  bucket: 'a whole number from 0 to 9999',
  value: `true, false, a number, or a text of ${longestText} characters at most`,
  number: 'no more than 9007199254740991 in either direction: write it as a text',
  text: 'without U+0000, and without half of a surrogate pair',
  properties: `an object of ${mostProperties} properties at most`,
} as const

const shortText = z.string().refine(isShortText, faults.shortText)
const eventName = z.string().refine(isEventName, faults.name)

const propertyValue = z.union([
  z.boolean(),
  z.number().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER),
  z.string().max(longestText).refine(isStorable, faults.text),
])

export const eventId = z.string().refine(isEventId, faults.eventId).openapi({
  example: '0193a5c2-8e4f-7b21-9c3d-5e6f7a8b9c0d',
  description:
    'A UUID of version 7, made when the event happens and kept for every attempt to send it: so it counts once.',
})

/** What happened on a device. */
export const event = z
  .strictObject({
    eventId,
    name: eventName.openapi({
      example: 'config_applied',
      description: `What happened: ${faults.name}. The same in every app: ${Object.entries(reservedEvents)
        .map(([reserved, meaning]) => `\`${reserved}\` (${meaning})`)
        .join(', ')}.`,
    }),
    at: date
      .refine((text) => text.includes('T'), faults.at)
      .openapi({
        example: '2026-11-23T10:00:00.000Z',
        description: 'When it happened, by the clock of the device',
      }),
    revision: z
      .number()
      .int()
      .min(1)
      .optional()
      .openapi({ example: 42, description: 'Of the config the app ran with, or that the event is about' }),
    configVersion: shortText.optional().openapi({ example: '1.4.0' }),
    platform: shortText.optional().openapi({ example: 'ios' }),
    appVersion: shortText.optional().openapi({ example: '2.4.1' }),
    bucket: z
      .number()
      .int()
      .min(0)
      .max(9_999)
      .optional()
      .openapi({ example: 4711, description: 'Of the device, as it sends it with its reads' }),
    properties: z
      .record(eventName, propertyValue)
      .refine((all) => Object.keys(all).length <= mostProperties, faults.properties)
      .optional()
      .openapi({
        example: { screen: 'home', durationMs: 120 },
        description: `What else there is to say: ${mostProperties} properties at most, each ${faults.value}. Nothing that tells who somebody is.`,
      }),
  })
  .openapi('Event')

/** What an app sends: only its frame; each event is checked by itself, so that a wrong one does not hold up the others. */
export const eventBatch = z.strictObject({
  events: z.array(z.unknown()).min(1).max(mostEvents),
  sentAt: date
    .refine((text) => text.includes('T'), faults.at)
    .optional()
    .openapi({
      example: '2026-11-23T10:00:05.000Z',
      description:
        'When this attempt to send was made, by the clock of the device: by it a wrong clock is put right',
    }),
})

/** The same as it is documented. */
export const documentedBatch = eventBatch
  .extend({ events: z.array(event).min(1).max(mostEvents) })
  .openapi('EventBatch', {
    example: {
      sentAt: '2026-11-23T10:00:05.000Z',
      events: [
        {
          eventId: '0193a5c2-8e4f-7b21-9c3d-5e6f7a8b9c0d',
          name: 'config_applied',
          at: '2026-11-23T10:00:00.000Z',
          revision: 42,
          platform: 'ios',
          appVersion: '2.4.1',
          bucket: 4711,
        },
      ],
    },
  })

/** Why an event was not taken. */
export const rejectionCode = z.enum([
  'invalid_field',
  'missing_field',
  'unknown_field',
  'duplicate_key',
  'number_out_of_range',
  'unsupported_character',
  'event_too_old',
  'clock_wrong',
])

export const rejection = z
  .object({
    index: z.number().int().openapi({ example: 3, description: 'Of the event in the batch, from 0' }),
    code: rejectionCode.openapi({ example: 'invalid_field' }),
    detail: z.string().openapi({ example: '/bucket must be a whole number from 0 to 9999' }),
  })
  .openapi('RejectedEvent')

export const takenEvents = z
  .object({
    accepted: z.number().int().openapi({ example: 98, description: 'Stored now; they outlive any crash' }),
    duplicates: z
      .number()
      .int()
      .openapi({ example: 1, description: 'Stored before, or twice in this batch' }),
    rejected: z.array(rejection).openapi({ description: 'Not taken: do not send them again as they are' }),
  })
  .openapi('TakenEvents')

export type Event = z.infer<typeof event>
export type RejectionCode = z.infer<typeof rejectionCode>
export type Rejection = z.infer<typeof rejection>
export type TakenEvents = z.infer<typeof takenEvents>
