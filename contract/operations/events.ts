import { createRoute, z } from '@hono/zod-openapi'
import { documentedBatch, mostBatchBytes, mostEvents, takenEvents } from '../event.ts'
import { eventLimitsInput, eventLimitsReport } from '../event-limits.ts'
import { appId } from '../fields.ts'
import { bodyRefusals, forRole, json, managementRefusals, refusals } from './responses.ts'

const sendDescription = `Up to ${mostEvents} events, or ${mostBatchBytes / 1024} KB once unpacked; \`Content-Encoding: gzip\` is taken. The answer comes when they are stored:
what was accepted outlives any crash. Whoever gets no answer, 429 or 503 sends the same events again, with the same \`eventId\`s: what is
there already is a duplicate and does not count again. A wrong event is told in \`rejected\` and does not hold up the others.

\`at\` is put right by \`sentAt\` where the clock of the device is off by more than a minute. An event is never later than the moment it
arrived, and at most a week old (a shorter time where events are kept for less); an \`eventId\` made more than a week before or after now is \`clock_wrong\`.

For \`navigator.sendBeacon\` the body may come as \`text/plain\`, and a client key as \`?key=\`. Pages of any origin may send, or those that the
app allows. An app whose \`access\` is \`key\` takes events with a client key of its own alone.`

const body = {
  required: true,
  content: {
    'application/json': { schema: documentedBatch },
    'text/plain': { schema: z.string().openapi({ description: 'The same, as sendBeacon sends a text' }) },
  },
}

export const sendEvents = createRoute({
  tags: ['Events'],
  method: 'post',
  path: '/v1/api/analytics/{appId}/events',
  operationId: 'sendEvents',
  summary: 'Send what happened in an app',
  description: sendDescription,
  request: {
    params: z.object({ appId }),
    query: z.object({
      key: z.string().optional().openapi({ description: 'A client key, for senders that can set no header' }),
    }),
    headers: z.object({
      'x-api-key': z
        .string()
        .optional()
        .openapi({ example: 'parasol_k3v9x2m4p7q1_…', description: 'A client key of the app' }),
      'content-encoding': z.enum(['gzip', 'identity']).optional(),
    }),
    body,
  },
  responses: {
    202: json(takenEvents, 'What was stored, and what was not'),
    ...refusals(
      'invalid_parameter',
      'unknown_parameter',
      'invalid_request',
      'unauthorized',
      'forbidden',
      'app_not_found',
      'config_gone',
      'event_quota_reached',
      'overloaded',
      'store_unavailable',
      ...bodyRefusals,
    ),
  },
})

const limitsOf = {
  tags: ['Events'],
  path: '/manage/v1/analytics/apps/{appId}/event-limits' as const,
}
const params = z.object({ appId })

export const readEventLimits = createRoute({
  ...limitsOf,
  ...forRole('viewer'),
  method: 'get',
  operationId: 'readEventLimits',
  summary: 'See the limits of the events of an app, and what they folded into `other`',
  request: { params },
  responses: {
    200: json(eventLimitsReport, 'The limits and what came of them'),
    ...refusals('app_not_found', 'invalid_parameter', ...managementRefusals),
  },
})

export const setEventLimits = createRoute({
  ...limitsOf,
  ...forRole('admin'),
  method: 'put',
  operationId: 'setEventLimits',
  summary: 'Set the limits of the events of an app, on every process within seconds',
  description: 'All of them at once: what is left out is as usual again.',
  request: {
    params,
    body: { required: true, content: { 'application/json': { schema: eventLimitsInput } } },
  },
  responses: {
    200: json(eventLimitsReport, 'The limits as they are now'),
    ...refusals('app_not_found', 'invalid_parameter', ...bodyRefusals, ...managementRefusals),
  },
})
