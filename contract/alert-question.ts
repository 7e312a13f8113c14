import { z } from '@hono/zod-openapi'

/** What config requests are counted by. */
const requestFacets = [
  ...(['api', 'channel', 'kind', 'status', 'cache'] as const),
  ...(['revision', 'held', 'platform', 'appVersion', 'country'] as const),
] as const
const deviceFacets = ['revision', 'held', 'platform', 'appVersion', 'country'] as const
const eventFacets = ['revision', 'platform', 'appVersion', 'configVersion'] as const

const value = z.string().min(1).max(200)
const where = <Facet extends readonly [string, ...string[]]>(facets: Facet) =>
  z
    .strictObject({ facet: z.enum(facets), value })
    .optional()
    .openapi({ description: 'Only those of one value' })

const eventWhere = z
  .union([
    z.strictObject({ facet: z.enum(eventFacets), value }),
    z.strictObject({ property: z.string().min(1).max(100), value }),
  ])
  .optional()
  .openapi({ description: 'Only those of one value, or with one value of a property' })

/** What a rule looks at: a question of the Analytics API and one number of its answer, or how the services are. */
export const alertQuestion = z
  .discriminatedUnion('question', [
    z.strictObject({
      question: z.literal('usage'),
      measure: z.enum(['count', 'perSecond']),
      where: where(requestFacets),
    }),
    z.strictObject({
      question: z.literal('errors'),
      measure: z.enum(['rate', 'count']),
      status: z.enum(['5xx', '4xx']).default('5xx'),
    }),
    z
      .strictObject({
        question: z.literal('latency'),
        measure: z.enum(['p50', 'p90', 'p95', 'p99', 'slower']),
        thanMs: z.number().positive().max(600_000).optional(),
      })
      .refine(({ measure, thanMs }) => (measure === 'slower') === (thanMs !== undefined), {
        message: 'slower, and nothing else, is slower than something: give it with thanMs',
        path: ['thanMs'],
      }),
    z.strictObject({ question: z.literal('cache'), measure: z.literal('hitRate') }),
    z.strictObject({
      question: z.literal('devices'),
      measure: z.literal('count'),
      where: where(deviceFacets),
    }),
    z.strictObject({ question: z.literal('adoption'), measure: z.literal('share') }),
    z.strictObject({
      question: z.literal('stuck'),
      measure: z.enum(['share', 'count']),
      replacedSeconds: z.number().int().min(60).max(7_776_000).default(86_400),
    }),
    z.strictObject({
      question: z.literal('events'),
      measure: z.enum(['count', 'perSecond', 'devices', 'share']),
      event: z.string().min(1).max(100),
      where: eventWhere,
    }),
    z.strictObject({ question: z.literal('lag'), measure: z.literal('share') }),
    z.strictObject({ question: z.literal('health'), measure: z.literal('down') }),
  ])
  .openapi({
    description:
      'rate, share, slower and hitRate are from 0 to 1; latencies are in ms. errors.rate: the share of answers with this status. latency.slower: the share of answers that took longer than `thanMs`. adoption.share: of the devices seen, those that have what is live. stuck: devices that tell they hold what was replaced `replacedSeconds` ago or earlier (share: of those that tell). events.share: of the devices seen, those that told the event. lag.share: of the answers, those older than what went live a minute before. health.down: 1 for each store or service that is down.',
    example: { question: 'errors', measure: 'rate' },
  })

export type AlertQuestion = z.infer<typeof alertQuestion>
