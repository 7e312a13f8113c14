import { createRoute, z } from '@hono/zod-openapi'
import { idInPath } from '../fields.ts'
import { rolloutGuards } from '../guard.ts'
import { forRole, json, managementRefusals, refusals } from './responses.ts'

export const readRolloutGuards = createRoute({
  tags: ['Rollouts'],
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/analytics/rollouts/{rolloutId}/guards',
  operationId: 'readRolloutGuards',
  summary: 'What the guards of a rollout have found',
  description:
    'How each stands now, and by which numbers. They look every five seconds, and tell the rollout.',
  request: { params: z.object({ rolloutId: idInPath }) },
  responses: {
    200: json(rolloutGuards, 'Its guards; none where it was started without'),
    ...refusals('rollout_not_found', 'invalid_parameter', ...managementRefusals),
  },
})
