import { createRoute, z } from '@hono/zod-openapi'
import { app, appPage, changeAppInput, createAppInput } from '../app.ts'
import { appId, pageQuery } from '../fields.ts'
import { idempotencyKey, ifMatch } from './headers.ts'
import { bearer, bodyRefusals, json, managementRefusals, refusals } from './responses.ts'

const shared = { tags: ['Apps'], security: bearer }
const params = z.object({ appId })

export const createApp = createRoute({
  ...shared,
  method: 'post',
  path: '/manage/v1/apps',
  operationId: 'createApp',
  summary: 'Create an app',
  description: 'The app answers 404 to its clients until its first release.',
  request: {
    headers: z.object({ 'idempotency-key': idempotencyKey }),
    body: { required: true, content: { 'application/json': { schema: createAppInput } } },
  },
  responses: {
    201: json(app, 'The app, with its address in Location and its state in ETag'),
    ...refusals('app_exists', 'idempotency_key_reused', ...bodyRefusals, ...managementRefusals),
  },
})

export const listApps = createRoute({
  ...shared,
  method: 'get',
  path: '/manage/v1/apps',
  operationId: 'listApps',
  summary: 'List apps, by appId',
  request: {
    query: pageQuery.extend({
      archived: z
        .enum(['true', 'false'])
        .optional()
        .openapi({ description: 'Only archived apps, or only live ones' }),
    }),
  },
  responses: {
    200: json(appPage, 'A page of apps'),
    ...refusals('invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})

export const readApp = createRoute({
  ...shared,
  method: 'get',
  path: '/manage/v1/apps/{appId}',
  operationId: 'readApp',
  summary: 'Read an app',
  request: { params },
  responses: { 200: json(app, 'The app'), ...refusals('app_not_found', ...managementRefusals) },
})

export const changeApp = createRoute({
  ...shared,
  method: 'patch',
  path: '/manage/v1/apps/{appId}',
  operationId: 'changeApp',
  summary: 'Change an app, or bring it back from the archive',
  description: 'Only the fields given change; labels are replaced as a whole.',
  request: {
    params,
    headers: z.object({ 'if-match': ifMatch }),
    body: { required: true, content: { 'application/json': { schema: changeAppInput } } },
  },
  responses: {
    200: json(app, 'The app as it is now'),
    ...refusals('app_not_found', 'app_archived', 'revision_mismatch', ...bodyRefusals, ...managementRefusals),
  },
})

export const archiveApp = createRoute({
  ...shared,
  method: 'delete',
  path: '/manage/v1/apps/{appId}',
  operationId: 'archiveApp',
  summary: 'Archive an app',
  description: 'Its clients are answered 410. Nothing is lost: PATCH with archived=false brings it back.',
  request: { params, headers: z.object({ 'if-match': ifMatch }) },
  responses: {
    200: json(app, 'The archived app'),
    ...refusals('app_not_found', 'revision_mismatch', ...managementRefusals),
  },
})
