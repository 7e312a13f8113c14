import { createRoute, z } from '@hono/zod-openapi'
import { app, appPage, changeAppInput, channelList, cloneAppInput, createAppInput } from '../app.ts'
import { appId, pageQuery } from '../fields.ts'
import { idempotencyKey, ifMatchOrRefused } from './headers.ts'
import { bodyRefusals, forRole, json, managementRefusals, refusals } from './responses.ts'

const shared = { tags: ['Apps'] }
const params = z.object({ appId })

export const createApp = createRoute({
  ...shared,
  ...forRole('editor'),
  method: 'post',
  path: '/manage/v1/apps',
  operationId: 'createApp',
  summary: 'Create an app or a template',
  description: 'The app answers 404 to its clients until its first release.',
  request: {
    headers: z.object({ 'idempotency-key': idempotencyKey }),
    body: { required: true, content: { 'application/json': { schema: createAppInput } } },
  },
  responses: {
    201: json(app, 'The app, with its address in Location and its state in ETag'),
    ...refusals(
      'app_exists',
      'invalid_extends',
      'idempotency_key_reused',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const listApps = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/apps',
  operationId: 'listApps',
  summary: 'List apps, by appId',
  description:
    'Those that fit all that is asked for. A search gives apps whose appId begins with the text first, then those whose name does.',
  request: {
    query: pageQuery.extend({
      search: z
        .string()
        .min(1)
        .max(128)
        .regex(/^[^\0]*$/, 'no text here holds U+0000')
        .optional()
        .openapi({ description: 'The beginning of the appId or of the name; case does not matter' }),
      label: z
        .string()
        .regex(/^[^:\0]{1,63}:[^\0]{0,255}$/, 'a label is asked for as name:value')
        .optional()
        .openapi({ example: 'team:commerce' }),
      extends: appId.optional().openapi({ description: 'Only those that extend this template directly' }),
      kind: z.enum(['app', 'template']).optional(),
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
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/apps/{appId}',
  operationId: 'readApp',
  summary: 'Read an app',
  request: { params },
  responses: { 200: json(app, 'The app'), ...refusals('app_not_found', ...managementRefusals) },
})

export const changeApp = createRoute({
  ...shared,
  ...forRole('editor'),
  method: 'patch',
  path: '/manage/v1/apps/{appId}',
  operationId: 'changeApp',
  summary: 'Change an app, or bring it back from the archive',
  description:
    'Only the fields given change; labels are replaced as a whole. `access` and `allowedOrigins` reach clients at once, so they take a publisher. To bring back an app whose live config breaks a schema by now, or that is frozen or asks for approval and got something from its templates meanwhile, takes an administrator.',
  request: {
    params,
    headers: z.object({ 'if-match': ifMatchOrRefused }),
    body: { required: true, content: { 'application/json': { schema: changeAppInput } } },
  },
  responses: {
    200: json(app, 'The app as it is now'),
    ...refusals(
      'app_not_found',
      'app_archived',
      'invalid_extends',
      'revision_mismatch',
      'precondition_required',
      'schema_violation',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const archiveApp = createRoute({
  ...shared,
  ...forRole('admin'),
  method: 'delete',
  path: '/manage/v1/apps/{appId}',
  operationId: 'archiveApp',
  summary: 'Archive an app',
  description: 'Its clients are answered 410. Nothing is lost: PATCH with archived=false brings it back.',
  request: { params, headers: z.object({ 'if-match': ifMatchOrRefused }) },
  responses: {
    200: json(app, 'The archived app'),
    ...refusals(
      'app_not_found',
      'template_in_use',
      'revision_mismatch',
      'precondition_required',
      ...managementRefusals,
    ),
  },
})

export const cloneApp = createRoute({
  ...shared,
  ...forRole('publisher'),
  method: 'post',
  path: '/manage/v1/apps/{appId}/clone',
  operationId: 'cloneApp',
  summary: 'Make a new app as a copy of this one',
  description:
    'A copy without a tie: later changes of the one do not reach the other. For a tie, create an app that `extends` a template.',
  request: {
    params,
    headers: z.object({ 'idempotency-key': idempotencyKey }),
    body: { required: true, content: { 'application/json': { schema: cloneAppInput } } },
  },
  responses: {
    201: json(app, 'The new app, live on the same channels with the same config'),
    ...refusals(
      'app_not_found',
      'app_archived',
      'app_exists',
      'frozen',
      'approval_required',
      'schema_violation',
      'idempotency_key_reused',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const listChannels = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/apps/{appId}/channels',
  operationId: 'listChannels',
  summary: 'What is live on each channel of an app',
  request: { params },
  responses: { 200: json(channelList, 'The channels'), ...refusals('app_not_found', ...managementRefusals) },
})
