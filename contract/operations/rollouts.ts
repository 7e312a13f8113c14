import { createRoute, z } from '@hono/zod-openapi'
import { appId, idInPath, pageQuery } from '../fields.ts'
import { rollout, rolloutActionInput, rolloutActions, rolloutPage, rolloutSignalInput } from '../rollout.ts'
import { bodyRefusals, forRole, json, managementRefusals, refusals } from './responses.ts'

const shared = { tags: ['Rollouts'] }
const params = z.object({ rolloutId: idInPath })

export const listRollouts = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/rollouts',
  operationId: 'listRollouts',
  summary: 'Rollouts, newest first',
  request: {
    query: pageQuery.extend({
      appId: appId.optional(),
      open: z
        .enum(['true', 'false'])
        .optional()
        .openapi({ description: 'Only those under way, or only ended ones' }),
    }),
  },
  responses: {
    200: json(rolloutPage, 'A page of rollouts'),
    ...refusals('invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})

export const readRollout = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/rollouts/{rolloutId}',
  operationId: 'readRollout',
  summary: 'Read a rollout',
  request: { params },
  responses: {
    200: json(rollout, 'The rollout'),
    ...refusals('rollout_not_found', 'invalid_parameter', ...managementRefusals),
  },
})

export const changeRollout = createRoute({
  ...shared,
  ...forRole('publisher'),
  method: 'post',
  path: '/manage/v1/rollouts/{rolloutId}/{action}',
  operationId: 'changeRollout',
  summary: 'Pause, resume, promote (100 % now) or abort a rollout',
  description: 'An abort is a release like any other: every device goes back to what was live before.',
  request: {
    params: params.extend({ action: z.enum(rolloutActions) }),
    body: { required: true, content: { 'application/json': { schema: rolloutActionInput } } },
  },
  responses: {
    200: json(rollout, 'The rollout as it is now'),
    ...refusals(
      'rollout_not_found',
      'rollout_not_possible',
      'rollout_in_progress',
      'frozen',
      'schema_violation',
      'invalid_parameter',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const signalRollout = createRoute({
  ...shared,
  ...forRole('publisher'),
  method: 'put',
  path: '/manage/v1/rollouts/{rolloutId}/signal',
  operationId: 'signalRollout',
  summary: 'Tell a rollout to go on, to hold or to roll back',
  description:
    'What a monitor found. At each step the newest word of each source decides; rollback acts at once.',
  request: {
    params,
    body: { required: true, content: { 'application/json': { schema: rolloutSignalInput } } },
  },
  responses: {
    200: json(rollout, 'The rollout as it is now'),
    ...refusals(
      'rollout_not_found',
      'rollout_not_possible',
      'invalid_parameter',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})
