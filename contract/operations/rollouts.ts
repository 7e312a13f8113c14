import { createRoute, z } from '@hono/zod-openapi'
import { appId, idInPath, pageQuery } from '../fields.ts'
import {
  promoteRolloutInput,
  type RolloutAction,
  type RolloutActionInput,
  rollout,
  rolloutActionInput,
  rolloutPage,
  rolloutSignalInput,
} from '../rollout.ts'
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

const action = <Verb extends RolloutAction, Input extends z.ZodType<RolloutActionInput>>(
  verb: Verb,
  schema: Input,
  summary: string,
  description: string,
) =>
  createRoute({
    ...shared,
    ...forRole('publisher'),
    method: 'post',
    path: `/manage/v1/rollouts/{rolloutId}/${verb}`,
    operationId: `${verb}Rollout`,
    summary,
    description,
    request: {
      params,
      body: { required: true, content: { 'application/json': { schema } } },
    },
    responses: {
      200: json(rollout, 'The rollout as it is now'),
      ...refusals(
        'rollout_not_found',
        'rollout_not_possible',
        ...(verb === 'promote' ? (['rollout_in_progress', 'frozen', 'schema_violation'] as const) : []),
        'invalid_parameter',
        ...bodyRefusals,
        ...managementRefusals,
      ),
    },
  })

export const pauseRollout = action(
  'pause',
  rolloutActionInput,
  'Pause a rollout that grows',
  'Devices keep what they have until it is resumed, promoted or aborted.',
)
export const resumeRollout = action(
  'resume',
  rolloutActionInput,
  'Resume a paused rollout',
  'It goes on with what was left of the step when it was paused.',
)
export const promoteRollout = action(
  'promote',
  promoteRolloutInput,
  'Bring a rollout to all devices now',
  'Then it bakes. Refused while the app, a template above or the fleet is frozen, unless an administrator overrides it.',
)
export const abortRollout = action(
  'abort',
  rolloutActionInput,
  'Abort a rollout that grows, is paused or bakes',
  'A release like any other, of exactly what was live before, on every channel that it reached.',
)

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
