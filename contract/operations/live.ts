import { createRoute, z } from '@hono/zod-openapi'
import { appId } from '../fields.ts'
import { refetchEvent, revisionEvent } from '../live.ts'
import { always, clientKey } from './reads.ts'
import { refusals } from './responses.ts'

const description = `Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): one as soon as the server
answers something new for clients of this channel, with its revision, and with no more than that. Read the config then, with \`revision\` in
the address, and you get nothing older; wait at random up to \`jitterMs\` before. What changes within a quarter of a second is told
together.

The first block says with \`id\` where the app stands, and is no event. A client that comes back with \`Last-Event-ID\`, or names what it has
by \`revision\`, is told at once where that is older. An event may come twice, and never before its revision can be read. A comment
every 20 seconds shows that the connection stands. A server that stops says with \`retry\` when to come back, and ends the stream.

\`as=ofrep\` gives the messages that OpenFeature's web provider listens to.`

const eventText = `retry: 1427
id: 41

id: 43
event: revision
data: {"appId":"shop","channel":"stable","revision":43,"changedKeys":["theme"],"jitterMs":0}

`
const ofrepText = `retry: 1427
id: 41

id: 43
data: {"type":"refetchEvaluation","etag":"43"}

`

const query = z.object({
  key: z.string().optional().openapi({
    example: 'parasol_k3v9x2m4p7q1_…',
    description:
      "The client key, for a browser's EventSource, which can send no header. Others should send it in one: addresses are written into logs.",
  }),
  as: z.enum(['ofrep']).optional().openapi({ example: 'ofrep' }),
  revision: z.coerce.number().int().min(1).optional().openapi({
    example: 41,
    description: 'What the client has: the `revision` of its config, or of the last event',
  }),
  lastEventId: z
    .string()
    .optional()
    .openapi({ example: '41', description: 'As Last-Event-ID, where a header cannot be sent' }),
})
const headers = z.object({
  'last-event-id': z
    .string()
    .optional()
    .openapi({ example: '41', description: 'What a browser sends by itself when it comes back' }),
})

const request = {
  params: z.object({ appId }),
  query,
  headers: headers.extend({ 'x-api-key': clientKey }),
}
const evaluated = { tags: ['Config'], path: '/v2/api/config/{appId}/stream', request }
const beta = { tags: ['Config'], path: '/beta/api/config/{appId}/stream', request }

const refused = refusals(...always, 'too_many_streams', 'unauthorized', 'forbidden')

const stream = {
  200: {
    description: 'The stream; the schema is that of the `data` of its events',
    content: {
      'text/event-stream': {
        schema: z.union([revisionEvent, refetchEvent]),
        examples: {
          events: { summary: 'The beginning, and an event', value: eventText },
          ofrep: { summary: 'The same with as=ofrep', value: ofrepText },
        },
      },
    },
  },
}
const head = { 200: { description: 'As GET, without the stream' } }

export const streamRevisions = createRoute({
  ...evaluated,
  method: 'get',
  operationId: 'streamRevisions',
  summary: 'Listen to changes of the config',
  description,
  responses: { ...stream, ...refused },
})

export const headStream = createRoute({
  ...evaluated,
  method: 'head',
  operationId: 'headStream',
  summary: 'Ask whether there is a stream of changes',
  responses: { ...head, ...refused },
})

export const streamBetaRevisions = createRoute({
  ...beta,
  method: 'get',
  operationId: 'streamBetaRevisions',
  summary: 'Listen to changes of the config on the beta channel',
  description: 'As `/v2`, of the beta channel; of the stable one as long as the app has no beta release.',
  responses: { ...stream, ...refused },
})

export const headBetaStream = createRoute({
  ...beta,
  method: 'head',
  operationId: 'headBetaStream',
  summary: 'Ask whether there is a stream of changes of the beta channel',
  responses: { ...head, ...refused },
})
