import { z } from '@hono/zod-openapi'
import { appId, date, timestamp } from './fields.ts'

export const intervals = ['minute', 'hour', 'day', 'week', 'month', 'total'] as const
export type Interval = (typeof intervals)[number]

export const answerFormats = ['json', 'csv'] as const
export type AnswerFormat = (typeof answerFormats)[number]

/** Intervals of one answer at most, and rows of a page. */
export const mostIntervals = 5_000
export const mostRows = 5_000
const usualRows = 1_000

/** What every question takes. */
export const questionQuery = z.object({
  from: date.optional().openapi({
    example: '2026-11-01',
    description: 'From then on; a day alone begins in `timeZone`. Absent: the 24 hours before `to`',
  }),
  to: date.optional().openapi({ example: '2026-12-01', description: 'Before. Absent: now' }),
  interval: z.enum(intervals).optional().openapi({
    example: 'day',
    description:
      'A row (or, with `groupBy`, some rows) for each. Absent: hour. Minutes are kept for days, hours for months.',
  }),
  timeZone: z.string().min(1).max(64).default('UTC').openapi({
    example: 'Europe/Berlin',
    description:
      'An IANA name, or an offset such as +05:30. Days, weeks (from Monday) and months are those of it, with 23 or 25 hours where it changes.',
  }),
  format: z.enum(answerFormats).optional().openapi({
    example: 'json',
    description: 'csv: RFC 4180, also with `Accept: text/csv`. Absent: json',
  }),
  limit: z.coerce.number().int().min(1).max(mostRows).default(usualRows).openapi({ example: usualRows }),
  cursor: z.string().max(2000).optional().openapi({
    description: 'The nextCursor of the page before; in CSV it stands in the header Parasol-Next-Cursor.',
  }),
})
export type QuestionQuery = z.infer<typeof questionQuery>

/** Of questions over the fleet. */
export const template = appId.optional().openapi({
  example: 'base',
  description: 'Only apps that extend this template, directly or through others; absent: the whole fleet',
})

const at = z.string().openapi({
  example: '2026-11-23T00:00:00+00:00',
  description: 'When the interval begins, in `timeZone`',
})
const group = z.string().nullable().openapi({
  example: 'ios',
  description: 'The value of `groupBy`; null without it, and where an interval has none',
})
const count = z.number().int().openapi({ example: 1200 })
const countOrNull = count.nullable()
const share = z
  .number()
  .nullable()
  .openapi({ example: 0.42, description: '0 to 1; null where there is nothing to take a share of' })
const milliseconds = z.number().nullable().openapi({ example: 1.8, description: 'Milliseconds, within 1 %' })
const devices = count.nullable().openapi({
  example: 300,
  description: 'Estimated within 2 % from the buckets that devices tell; null where it is not kept',
})
const atLeast = z.boolean().openapi({
  example: false,
  description: 'There are so many devices that their buckets no longer tell how many: at least these',
})
const revision = z.number().int().openapi({ example: 42 })
const versionOrNull = z.string().nullable().openapi({ example: '1.4.0' })
const channelOrNull = z.string().nullable().openapi({ example: 'stable' })

export const usageRow = z.object({
  at,
  group,
  requests: count,
  unchanged: countOrNull.openapi({ description: 'Answered 304: the device had it. null with `groupBy`' }),
  refused: countOrNull.openapi({ description: 'Answered 4xx' }),
  errors: countOrNull.openapi({ description: 'Answered 5xx' }),
})
export const usageGroups = [
  ...(['api', 'channel', 'kind', 'status', 'cache', 'platform', 'appVersion', 'country'] as const),
  ...(['revision', 'held'] as const),
] as const

export const adoptionRow = z.object({
  at,
  group: group.openapi({
    example: '42',
    description:
      'A revision or a config version; over several apps `current` or `older`, by what was live at that time',
  }),
  configVersion: versionOrNull,
  channel: channelOrNull,
  requests: count,
  devices,
  atLeast,
  share: share.openapi({
    description: 'Of the devices of the interval; of its requests where `devices` is null or 0',
  }),
})
export const adoptionGroups = ['revision', 'configVersion'] as const

const reached = z
  .object({ at: timestamp, seconds: z.number().int().openapi({ example: 5400 }) })
  .nullable()
  .openapi({
    description:
      'null: not yet. To the minute in the first half hour or more, as long as minutes are kept, and to the hour or day later.',
  })
/** How soon a release was with those that asked. */
export const reachedRelease = z.object({
  revision,
  configVersion: z.string().openapi({ example: '1.4.0' }),
  channel: z.string().openapi({ example: 'stable' }),
  releasedAt: timestamp,
  by: z.enum(['devices', 'requests']).openapi({
    example: 'devices',
    description:
      'devices: when that share of the devices of its channel that have asked since had got it, or a later one. requests: since when that share of requests is answered with it, where devices tell no bucket.',
  }),
  asked: count.openapi({
    example: 1000,
    description: 'Devices (or requests) of its channel since the release',
  }),
  reached50: reached,
  reached90: reached,
  reached99: reached,
})

export const errorsRow = z.object({
  at,
  group,
  requests: count,
  refused: countOrNull.openapi({ description: 'Answered 4xx; null with `groupBy`' }),
  errors: countOrNull.openapi({ description: 'Answered 5xx; null with `groupBy`' }),
  errorRate: share.openapi({ description: '`errors` of `requests`' }),
  appErrors: count.openapi({ description: 'Events `app_error` that devices sent' }),
  appErrorDevices: devices,
  configFailures: count.openapi({ description: 'Events `config_failed`' }),
  configFailureDevices: devices,
})
export const errorsGroups = ['revision', 'platform', 'appVersion', 'configVersion'] as const

export const latencyRow = z.object({
  at,
  requests: count,
  mean: milliseconds,
  p50: milliseconds,
  p90: milliseconds,
  p99: milliseconds,
  p999: milliseconds,
})

export const devicesRow = z.object({ at, group, devices, atLeast })
export const devicesGroups = ['platform', 'appVersion', 'country', 'revision', 'held'] as const

export const cacheRow = z.object({
  at,
  group: group.openapi({
    example: 'hit',
    description: 'A state of the gateway’s cache, with `groupBy=cache`',
  }),
  requests: count,
  hits: countOrNull,
  hitRate: share.openapi({ description: '`hits` of `requests`' }),
  unchanged: countOrNull,
})
export const cacheGroups = ['cache'] as const

export const topRow = z.object({
  group: z.string().openapi({ example: 'ios' }),
  requests: count,
  share: share.openapi({ description: 'Of all devices, or requests, as `order` says' }),
  devices,
  atLeast,
})
export const topGroups = [
  ...(['platform', 'country', 'appVersion', 'revision', 'held', 'api', 'channel', 'status'] as const),
] as const

export const stuckRow = z.object({
  group: z.string().openapi({
    example: '41',
    description: 'The revision that they hold; over several apps none, current, older or stuck',
  }),
  configVersion: versionOrNull,
  channel: channelOrNull,
  replacedAt: timestamp.nullable().openapi({ description: 'When the next release was for all' }),
  requests: count,
  devices,
  atLeast,
  again: count.nullable().openapi({
    example: 12,
    description: 'Of these, devices that came with it in more than one hour: they do not get on',
  }),
})

export const eventsRow = z.object({
  at,
  group: z.string().nullable().openapi({ example: 'session_start' }),
  count,
  devices,
  atLeast,
})
export const eventsGroups = ['revision', 'configVersion', 'platform', 'appVersion'] as const

/** What every answer has around its rows. */
export const answerWith = <Row extends z.ZodType>(row: Row) =>
  z.object({
    from: at.openapi({ description: 'From then on, in `timeZone`' }),
    to: at.openapi({ example: '2026-12-01T00:00:00+00:00', description: 'Before' }),
    timeZone: z.string().openapi({ example: 'UTC' }),
    interval: z.enum(intervals).openapi({ example: 'day' }),
    groupBy: z.string().nullable().openapi({ example: null }),
    rows: z.array(row),
    nextCursor: z.string().nullable().openapi({ example: null, description: 'null on the last page' }),
    countedUntil: timestamp.openapi({
      description: 'What gateways shipped by then is in the answer; they ship every few seconds.',
    }),
    notes: z
      .array(z.string())
      .openapi({ example: [], description: 'What is to be known of these numbers, in words' }),
  })

export type UsageRow = z.infer<typeof usageRow>
export type AdoptionRow = z.infer<typeof adoptionRow>
export type ReachedRelease = z.infer<typeof reachedRelease>
export type ErrorsRow = z.infer<typeof errorsRow>
export type LatencyRow = z.infer<typeof latencyRow>
export type DevicesRow = z.infer<typeof devicesRow>
export type CacheRow = z.infer<typeof cacheRow>
export type TopRow = z.infer<typeof topRow>
export type StuckRow = z.infer<typeof stuckRow>
export type EventsRow = z.infer<typeof eventsRow>
