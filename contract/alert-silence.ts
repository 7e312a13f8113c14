import { z } from '@hono/zod-openapi'
import { ruleName } from './alert-rule.ts'
import { appId, date, pageOf, timestamp } from './fields.ts'

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const weekly = z
  .strictObject({
    days: z.array(z.enum(weekdays)).min(1).max(7),
    at: z
      .string()
      .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day such as 22:00')
      .openapi({ example: '22:00' }),
    minutes: z.number().int().min(1).max(1440).openapi({ example: 120 }),
    timeZone: z.string().min(1).max(64).openapi({ example: 'Europe/Berlin' }),
  })
  .openapi({
    description:
      'A maintenance window that comes back: so many minutes from `at` on these days, by the clock of the time zone',
    example: { days: ['sun'], at: '02:00', minutes: 120, timeZone: 'Europe/Berlin' },
  })

const fields = {
  rule: ruleName.nullable().openapi({ example: 'read-errors', description: 'Only this rule; null: all' }),
  appId: appId.nullable().openapi({
    example: null,
    description:
      'Only alerts about this app, or where it is a template about it and all apps below; null: all',
  }),
  weekly: weekly.nullable().openapi({ example: null }),
  reason: z.string().min(1).max(2000).openapi({ example: 'The database moves tonight' }),
}

export const silenceInput = z
  .strictObject({
    rule: fields.rule.default(null),
    appId: fields.appId.default(null),
    from: date.nullable().default(null).openapi({ example: null, description: 'null: now' }),
    until: date
      .nullable()
      .default(null)
      .openapi({ description: 'Needed, but for windows that come back', example: '2027-06-30T06:00:00Z' }),
    weekly: weekly.nullable().default(null),
    reason: fields.reason,
  })
  .refine(({ until, weekly: window }) => until !== null || window !== null, {
    message: 'say until when: only windows that come back may have no end',
    path: ['until'],
  })
  .refine(({ from, until }) => until === null || from === null || Date.parse(from) < Date.parse(until), {
    message: 'it would end before it begins',
    path: ['until'],
  })
  .openapi('AlertSilenceInput', {
    example: { rule: 'read-errors', until: '2027-06-30T06:00:00Z', reason: 'The database moves tonight' },
  })

export const silence = z
  .object({
    silenceId: z.number().int().openapi({ example: 7 }),
    ...fields,
    from: timestamp,
    until: timestamp.nullable(),
    isActive: z.boolean().openapi({ description: 'Whether it silences at this moment' }),
    actor: z.string(),
    createdAt: timestamp,
    endedAt: timestamp.nullable().openapi({ description: 'Ended by hand' }),
    endedBy: z.string().nullable(),
  })
  .openapi('AlertSilence')
export const silencePage = pageOf(silence).openapi('AlertSilencePage')

export type Weekly = z.infer<typeof weekly>
export type SilenceInput = z.infer<typeof silenceInput>
export type Silence = z.infer<typeof silence>
