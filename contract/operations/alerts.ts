import { createRoute, z } from '@hono/zod-openapi'
import { alertPage, deliveryPage } from '../alert.ts'
import { channelName, ruleName } from '../alert-rule.ts'
import { silence, silenceInput, silencePage } from '../alert-silence.ts'
import { appId, idInPath, pageQuery } from '../fields.ts'
import { idempotencyKey } from './headers.ts'
import { bodyRefusals, forRole, json, managementRefusals, refusals } from './responses.ts'

const shared = { tags: ['Alerts'] }

export const listAlerts = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/alerts',
  operationId: 'listAlerts',
  summary: 'List what is wrong now, or was, newest first',
  description:
    'A token for some apps sees alerts about these, and those about no app. History is kept for 400 days.',
  request: {
    query: pageQuery.extend({
      state: z
        .enum(['open', 'pending', 'firing', 'resolved', 'all'])
        .default('open')
        .openapi({ example: 'firing', description: 'open: pending or firing' }),
      rule: ruleName.optional(),
      appId: appId.optional(),
    }),
  },
  responses: {
    200: json(alertPage, 'A page of alerts'),
    ...refusals('invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})

export const listAlertDeliveries = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/alerts/deliveries',
  operationId: 'listAlertDeliveries',
  summary: 'List what channels were told, or are still to be, newest first',
  description: 'Takes a token for the whole fleet. They are kept for 30 days.',
  request: {
    query: pageQuery.extend({
      channel: channelName.optional(),
      state: z.enum(['waiting', 'sent', 'failed']).optional(),
    }),
  },
  responses: {
    200: json(deliveryPage, 'A page of messages'),
    ...refusals('invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})

export const createAlertSilence = createRoute({
  ...shared,
  ...forRole('publisher'),
  method: 'post',
  path: '/manage/v1/alerts/silences',
  operationId: 'createAlertSilence',
  summary: 'Keep alerts from being told for a while, or in windows that come back',
  description:
    'Alerts begin and end as ever and stand in the history; what still fires when a silence ends is told then. A token for some apps silences alerts about one of these.',
  request: {
    headers: z.object({ 'idempotency-key': idempotencyKey }),
    body: { required: true, content: { 'application/json': { schema: silenceInput } } },
  },
  responses: {
    201: json(silence, 'The silence'),
    ...refusals(
      'alert_rule_not_found',
      'app_not_found',
      'too_many_to_watch',
      'invalid_date',
      'idempotency_key_reused',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const listAlertSilences = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/alerts/silences',
  operationId: 'listAlertSilences',
  summary: 'List silences and maintenance windows, newest first',
  request: {
    query: pageQuery.extend({
      open: z
        .enum(['true', 'false'])
        .optional()
        .openapi({ description: 'true: those that silence now or may later; false: those that are over' }),
    }),
  },
  responses: {
    200: json(silencePage, 'A page of silences'),
    ...refusals('invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})

export const endAlertSilence = createRoute({
  ...shared,
  ...forRole('publisher'),
  method: 'delete',
  path: '/manage/v1/alerts/silences/{silenceId}',
  operationId: 'endAlertSilence',
  summary: 'End a silence before its time',
  request: { params: z.object({ silenceId: idInPath }) },
  responses: {
    200: json(silence, 'The silence as it ended'),
    ...refusals('alert_silence_not_found', 'invalid_parameter', 'already_decided', ...managementRefusals),
  },
})
