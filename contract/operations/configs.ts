import { createRoute, z } from '@hono/zod-openapi'
import { configVersion, configVersionPage, saveVersionInput } from '../config.ts'
import { appId, pageQuery, version } from '../fields.ts'
import { idempotencyKey } from './headers.ts'
import { bearer, bodyRefusals, json, managementRefusals, refusals } from './responses.ts'

const shared = { tags: ['Config versions'], security: bearer }
const params = z.object({ appId })

export const saveVersion = createRoute({
  ...shared,
  method: 'post',
  path: '/manage/v1/apps/{appId}/configs',
  operationId: 'saveVersion',
  summary: 'Save a config version',
  description: 'A version is immutable and reaches nobody until it is released.',
  request: {
    params,
    headers: z.object({ 'idempotency-key': idempotencyKey }),
    body: { required: true, content: { 'application/json': { schema: saveVersionInput } } },
  },
  responses: {
    201: json(configVersion, 'The version, with its address in Location'),
    ...refusals(
      'app_not_found',
      'app_archived',
      'version_exists',
      'idempotency_key_reused',
      'invalid_version',
      'invalid_date',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const listVersions = createRoute({
  ...shared,
  method: 'get',
  path: '/manage/v1/apps/{appId}/configs',
  operationId: 'listVersions',
  summary: 'List the versions of an app, highest first',
  request: { params, query: pageQuery },
  responses: {
    200: json(configVersionPage, 'A page of versions, without their data'),
    ...refusals('app_not_found', 'invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})

export const readVersion = createRoute({
  ...shared,
  method: 'get',
  path: '/manage/v1/apps/{appId}/configs/{version}',
  operationId: 'readVersion',
  summary: 'Read a config version',
  request: { params: params.extend({ version }) },
  responses: {
    200: json(configVersion, 'The version with its data'),
    ...refusals('app_not_found', 'version_not_found', ...managementRefusals),
  },
})
