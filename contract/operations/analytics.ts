import { createRoute, z } from '@hono/zod-openapi'
import * as shapes from '../analytics.ts'
import * as usageShapes from '../analytics-usage.ts'
import { appId } from '../fields.ts'
import { forRole, json, managementRefusals, refusals } from './responses.ts'

const shared = { tags: ['Analytics'], ...forRole('viewer'), method: 'get' as const }

const csv = {
  'text/csv': {
    schema: z.string().openapi({ example: 'at,group,requests\r\n2026-11-23T00:00:00+00:00,,1200\r\n' }),
  },
}

const answer = <Row extends z.ZodType>(row: Row, more: z.ZodRawShape = {}) => {
  const { description, content } = json(shapes.answerWith(row).extend(more), 'The answer, a page of it')
  return { description, content: { ...content, ...csv } }
}

const limits = `Only what reached the gateways is counted: what a CDN or a device answered from its own cache is not seen.
Intervals without any request are there, with zeros. The newest counts are a few seconds old.`

interface Question<Row, Query> {
  name: string
  /** As `Usage`, in the operationIds. */
  title: string
  summary: string
  description?: string
  row: Row
  query: Query
  more?: z.ZodRawShape
}

const queryOf = <Query extends z.ZodRawShape>({ query }: { query: Query }) =>
  shapes.questionQuery.extend(query)

const refused = refusals('invalid_parameter', 'invalid_cursor', 'app_not_found', ...managementRefusals)

/** A question about one app. */
const ofApp = <Row extends z.ZodType, Query extends z.ZodRawShape>(question: Question<Row, Query>) =>
  createRoute({
    ...shared,
    path: `/v1/api/analytics/{appId}/${question.name}`,
    operationId: `ask${question.title}`,
    summary: `${question.summary}, of an app`,
    description: `${question.description ?? ''}\n\n${limits}`.trim(),
    request: { params: z.object({ appId }), query: queryOf(question) },
    responses: { 200: answer(question.row, question.more), ...refused },
  })

/** The same about the fleet, or all apps below a template. */
const ofFleet = <Row extends z.ZodType, Query extends z.ZodRawShape>(question: Question<Row, Query>) =>
  createRoute({
    ...shared,
    path: `/manage/v1/analytics/${question.name}`,
    operationId: `askFleet${question.title}`,
    summary: `${question.summary}, of the fleet or below a template`,
    description: `${question.description ?? ''}\n\n${limits}\n\nTakes a token for the whole fleet.`.trim(),
    request: {
      query: queryOf(question).extend({ template: shapes.template }),
    },
    responses: { 200: answer(question.row, question.more), ...refused },
  })

const groupBy = <const Groups extends readonly [string, ...string[]]>(groups: Groups) => ({
  groupBy: z.enum(groups).optional().openapi({ example: groups[0] }),
})

const usage = {
  name: 'usage',
  title: 'Usage',
  summary: 'How much is asked for',
  row: shapes.usageRow,
  query: groupBy(shapes.usageGroups),
}
export const askUsage = ofApp(usage)
export const askFleetUsage = ofFleet(usage)

const adoption = {
  name: 'adoption',
  title: 'Adoption',
  summary: 'Who has which release',
  description: `By revision, or by config version. The first page also tells in \`releases\` how soon each of the newest five releases of that time was with
50, 90 and 99 % of the devices of its channel that have asked since. Over several apps: how many were given what was live then (\`current\`) and how many an \`older\` release.`,
  row: shapes.adoptionRow,
  query: groupBy(shapes.adoptionGroups),
  more: { releases: z.array(shapes.reachedRelease) },
}
export const askAdoption = ofApp(adoption)
export const askFleetAdoption = ofFleet({ ...adoption, query: {} })

const errors = {
  name: 'errors',
  title: 'Errors',
  summary: 'Is it hurting anyone',
  description:
    'Answers that were our fault (5xx), and what devices reported: the events `app_error` and `config_failed`.',
  row: shapes.errorsRow,
  query: groupBy(shapes.errorsGroups),
}
export const askErrors = ofApp(errors)
export const askFleetErrors = ofFleet({ ...errors, query: groupBy(['platform', 'appVersion']) })

const latency = {
  name: 'latency',
  title: 'Latency',
  summary: 'How fast are we',
  description: 'From the first byte of a request until its answer was ready, in the gateway.',
  row: shapes.latencyRow,
  query: {},
}
export const askLatency = ofApp(latency)
export const askFleetLatency = ofFleet(latency)

const devices = {
  name: 'devices',
  title: 'Devices',
  summary: 'How many devices asked',
  description: `Devices that tell their \`bucket\`, each once in an interval. Above apps they are counted by (app, bucket), with \`groupBy\` by the day (UTC).`,
  row: shapes.devicesRow,
  query: groupBy(shapes.devicesGroups),
}
export const askDevices = ofApp(devices)
export const askFleetDevices = ofFleet({
  ...devices,
  query: groupBy(['platform', 'appVersion', 'country', 'adoption', 'held']),
})

const cache = {
  name: 'cache',
  title: 'Cache',
  summary: 'How much the gateway answers from its cache',
  row: shapes.cacheRow,
  query: groupBy(shapes.cacheGroups),
}
export const askCache = ofApp(cache)
export const askFleetCache = ofFleet(cache)

/** Of questions that are not about the course of time. */
const interval = z.enum(['total']).default('total')
const order = z.enum(['requests', 'devices']).default('requests').openapi({ example: 'devices' })
const top = {
  name: 'top',
  title: 'Top',
  summary: 'The most frequent platforms, countries, app versions, ...',
  description: 'Over the whole time, the most frequent first; at most 100 values and `other`.',
  row: shapes.topRow,
  query: {
    interval,
    groupBy: z.enum(shapes.topGroups).default('platform').openapi({ example: 'platform' }),
    order,
  },
}
export const askTop = ofApp(top)
export const askFleetTop = ofFleet({
  ...top,
  query: {
    interval,
    order,
    groupBy: z
      .enum(['platform', 'country', 'appVersion', 'adoption', 'held', 'api', 'channel', 'status'])
      .default('platform')
      .openapi({ example: 'platform' }),
  },
})

const stuck = {
  name: 'stuck',
  title: 'Stuck',
  summary: 'Which devices do not get the newest release',
  description: `Devices that came, in that time, with a revision (in If-None-Match) that had been replaced for all at least \`hours\` before. Who was away comes with it
once and then has the new one; \`again\` counts those that come with it hour after hour. Over several apps: devices by what they
came with, \`stuck\` being what had been replaced for 24 hours.`,
  row: shapes.stuckRow,
  query: {
    interval,
    hours: z.coerce
      .number()
      .int()
      .min(1)
      .max(24 * 90)
      .default(24)
      .openapi({ example: 24 }),
  },
}
export const askStuck = ofApp(stuck)
export const askFleetStuck = ofFleet({ ...stuck, query: { interval } })

const eventName = z.string().min(1).max(128).optional().openapi({ example: 'app_error' })
const property = z.string().min(1).max(128).optional().openapi({
  example: 'screen',
  description: 'By the values of this property of `event`',
})
const events = {
  name: 'events',
  title: 'Events',
  summary: 'What apps reported',
  description: 'By name; with `event` of that name alone, by `property` or `groupBy` where told.',
  row: shapes.eventsRow,
  query: { event: eventName, property, ...groupBy(shapes.eventsGroups) },
}
export const askEvents = ofApp(events)
export const askFleetEvents = ofFleet({
  ...events,
  query: { event: eventName, property, ...groupBy(['platform', 'appVersion']) },
})

const usagePage = <Page extends z.ZodType>(page: Page) => {
  const { description, content } = json(page, 'A page')
  return { description, content: { ...content, ...csv } }
}

const usageDescription =
  'For quotas and bills: counted by the day (UTC) and kept as long as `PARASOL_DAY_COUNTS_DAYS` says. Takes a token for the whole fleet.'

export const listAppUsage = createRoute({
  ...shared,
  path: '/manage/v1/analytics/usage/apps',
  operationId: 'listAppUsage',
  summary: 'How much each app is asked for',
  description: usageDescription,
  request: { query: usageShapes.usageDaysQuery },
  responses: {
    200: usagePage(usageShapes.appUsagePage),
    ...refusals('invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})

export const listKeyUsage = createRoute({
  ...shared,
  path: '/manage/v1/analytics/usage/keys',
  operationId: 'listKeyUsage',
  summary: 'How much each key asks for',
  description: usageDescription,
  request: { query: usageShapes.usageDaysQuery },
  responses: {
    200: usagePage(usageShapes.keyUsagePage),
    ...refusals('invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})

export const readAnalyticsStorage = createRoute({
  ...shared,
  path: '/manage/v1/analytics/storage',
  operationId: 'readAnalyticsStorage',
  summary: 'What the numbers take on disk, and how long they are kept',
  description: 'Takes a token for the whole fleet.',
  responses: {
    200: json(usageShapes.analyticsStorage, 'Tables and their partitions'),
    ...refusals(...managementRefusals),
  },
})
