import { createRoute, z } from '@hono/zod-openapi'
import { appId, channel, idInPath, pageQuery } from '../fields.ts'
import { publishReleaseInput, releaseMade, releasePage, releaseWithDiff } from '../release.ts'
import { idempotencyKey, ifMatchOrRefused } from './headers.ts'
import { bodyRefusals, forRole, json, managementRefusals, refusals } from './responses.ts'

const shared = { tags: ['Releases'] }
const params = z.object({ appId })

export const publishRelease = createRoute({
  ...shared,
  ...forRole('publisher'),
  method: 'post',
  path: '/manage/v1/apps/{appId}/releases',
  operationId: 'publishRelease',
  summary: 'Release a config version, roll back, or promote from another channel',
  description:
    'Live for every client of the channel within a second, or in stages with `rollout`. The release of a template reaches all apps that extend it, in the same transaction.',
  request: {
    params,
    headers: z.object({ 'idempotency-key': idempotencyKey, 'if-match': ifMatchOrRefused }),
    body: { required: true, content: { 'application/json': { schema: publishReleaseInput } } },
  },
  responses: {
    201: json(releaseMade, 'The release; its revision is in ETag'),
    ...refusals(
      'app_not_found',
      'version_not_found',
      'release_not_found',
      'app_archived',
      'template_not_released',
      'nothing_to_release',
      'rollout_in_progress',
      'rollout_not_possible',
      'frozen',
      'approval_required',
      'revision_mismatch',
      'precondition_required',
      'schema_violation',
      'idempotency_key_reused',
      'invalid_version',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const listReleases = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/apps/{appId}/releases',
  operationId: 'listReleases',
  summary: 'The history of an app, newest first',
  request: { params, query: pageQuery.extend({ channel: channel.optional() }) },
  responses: {
    200: json(releasePage, 'A page of releases'),
    ...refusals('app_not_found', 'invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})

export const readRelease = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/apps/{appId}/releases/{revision}',
  operationId: 'readRelease',
  summary: 'A release, and what it changed for clients',
  request: {
    params: params.extend({ revision: idInPath }),
    query: z.object({
      against: z.coerce
        .number()
        .int()
        .optional()
        .openapi({ description: 'Another revision of the app to compare with', example: 41 }),
    }),
  },
  responses: {
    200: json(releaseWithDiff, 'The release with its diff'),
    ...refusals('app_not_found', 'release_not_found', 'invalid_parameter', ...managementRefusals),
  },
})
