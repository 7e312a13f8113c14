import { z } from '@hono/zod-openapi'
import { questionQuery } from './analytics.ts'
import { pageOf, timestamp } from './fields.ts'
import { isRealDate } from './real-date.ts'

const count = z.number().int().openapi({ example: 1200 })

/** Requests by day, for quotas and bills. */
const used = {
  period: z.string().openapi({ example: '2026-11-23', description: 'A day or month (UTC), or `total`' }),
  requests: count,
  refused: count.openapi({ description: 'Of these, refused by limits or for want of rights' }),
  lastSeen: timestamp,
}
export const appUsage = z.object({
  appId: z.string().nullable().openapi({ example: 'shop', description: 'null: no known app' }),
  ...used,
})
export const keyUsage = z.object({
  keyId: z.string().nullable().openapi({ example: 'k3v9x2m4p7q1', description: 'null: without a key' }),
  name: z.string().nullable().openapi({ example: 'ci of the shop' }),
  ...used,
})
export const appUsagePage = pageOf(appUsage).openapi('AppUsagePage')
export const keyUsagePage = pageOf(keyUsage).openapi('KeyUsagePage')

const day = z.iso.date().refine(isRealDate, 'expected a real date such as 2026-11-23')

export const usageDaysQuery = questionQuery.pick({ format: true, limit: true, cursor: true }).extend({
  from: day
    .optional()
    .openapi({ example: '2026-11-01', description: 'The first day (UTC). Absent: the first of this month' }),
  to: day.optional().openapi({ example: '2026-11-30', description: 'The last day. Absent: today' }),
  interval: z.enum(['day', 'month', 'total']).default('total').openapi({ example: 'total' }),
  order: z.enum(['name', 'requests', 'lastSeen']).default('name').openapi({
    example: 'requests',
    description: 'name: by id and period. requests: the top talkers first. lastSeen: the latest first',
  }),
  routeClass: z.string().max(64).optional().openapi({
    example: 'config',
    description: 'Only requests of this class: config, live, openfeature, analytics, management, ...',
  }),
})
export type UsageDaysQuery = z.infer<typeof usageDaysQuery>

const bytes = z.number().int().openapi({ example: 73_400_320, description: 'With indexes' })
const storedTable = z.object({
  table: z.string().openapi({ example: 'rollups_hour' }),
  keepDays: z
    .number()
    .int()
    .nullable()
    .openapi({ example: 90, description: 'null: as long as it is needed' }),
  setting: z.string().nullable().openapi({ example: 'PARASOL_HOUR_COUNTS_DAYS' }),
  rows: z.number().int().openapi({ example: 216_000, description: 'As the database estimates them' }),
  bytes,
  partitions: z.array(
    z.object({
      name: z.string().openapi({ example: 'rollups_hour_20261123' }),
      from: timestamp,
      to: timestamp,
      rows: z.number().int().openapi({ example: 2400 }),
      bytes,
    }),
  ),
})
export const analyticsStorage = z
  .object({
    tables: z.array(storedTable),
    bytes,
    waiting: z.object({
      shipments: z.number().int().openapi({ example: 0, description: 'Arrived, and not in the numbers yet' }),
      since: timestamp.nullable().openapi({ example: null }),
    }),
    countedUntil: timestamp,
  })
  .openapi('AnalyticsStorage')

export type AppUsage = z.infer<typeof appUsage>
export type KeyUsage = z.infer<typeof keyUsage>
export type AnalyticsStorage = z.infer<typeof analyticsStorage>
