import { createRoute, z } from '@hono/zod-openapi'
import {
  configDiff,
  configVersion,
  configVersionPage,
  deprecationPage,
  effectiveConfig,
  savedVersion,
  saveVersionInput,
  whereUsedPage,
} from '../config.ts'
import { appId, channel, pageQuery, version } from '../fields.ts'
import { previewed, previewInput } from '../preview.ts'
import { appSchema, schemaSet, setSchemaInput } from '../schema.ts'
import { idempotencyKey, ifMatchOrRefused } from './headers.ts'
import { bodyRefusals, forRole, json, managementRefusals, refusals } from './responses.ts'

const shared = { tags: ['Config versions'] }
const params = z.object({ appId })

export const saveVersion = createRoute({
  ...shared,
  ...forRole('editor'),
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
    201: json(savedVersion, 'The version, with its address in Location'),
    ...refusals(
      'app_not_found',
      'app_archived',
      'version_exists',
      'version_too_low',
      'schema_violation',
      'invalid_rule',
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
  ...forRole('viewer'),
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
  ...forRole('viewer'),
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

export const diffVersions = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/apps/{appId}/configs/{version}/diff',
  operationId: 'diffVersions',
  summary: 'What a version changes',
  request: {
    params: params.extend({ version }),
    query: z.object({
      against: version.optional().openapi({ description: 'Another version; absent: what is live on stable' }),
      data: z
        .enum(['effective', 'own'])
        .default('effective')
        .openapi({ description: 'What clients get, or what the app itself says' }),
    }),
  },
  responses: {
    200: json(configDiff, 'Every change, as JSON Patch and in words'),
    ...refusals('app_not_found', 'version_not_found', 'invalid_parameter', ...managementRefusals),
  },
})

const fromChannel = channel.default('stable')

export const readEffective = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/apps/{appId}/effective',
  operationId: 'readEffective',
  summary: 'The config that clients get, each value with the layer it comes from',
  request: {
    params,
    query: z.object({
      channel: fromChannel,
      configVersion: version.optional().openapi({ description: 'Instead of what is live' }),
    }),
  },
  responses: {
    200: json(effectiveConfig, 'The merged config'),
    ...refusals(
      'app_not_found',
      'version_not_found',
      'config_not_released',
      'template_not_released',
      'invalid_parameter',
      ...managementRefusals,
    ),
  },
})

export const previewConfig = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'post',
  path: '/manage/v1/apps/{appId}/preview',
  operationId: 'previewConfig',
  summary: 'What a device with this context would get, and why',
  description:
    'Of what is live on the channel, or of a version as it would be if it were released there now. Values are read as those of devices are, so one that cannot be read is taken as absent, and named in `warnings`.',
  request: {
    params,
    body: { required: true, content: { 'application/json': { schema: previewInput } } },
  },
  responses: {
    200: json(previewed, 'The config and how it came about'),
    ...refusals(
      'app_not_found',
      'version_not_found',
      'config_not_released',
      'template_not_released',
      'config_gone',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const whereUsed = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/where-used',
  operationId: 'whereUsed',
  summary: 'Every app that has a value, or overrides it by none, and which layer or override it comes from',
  description:
    'A value that a layer takes away (RFC 7396: by `null`, or by something else on the way to it) is listed too, with `removed` and without `value`; so is each override of the app that says something of the value, laid over its data. A page looks at a bounded part of the fleet: it may hold fewer items than `limit`, or none, while `nextCursor` leads on.',
  request: {
    query: pageQuery.extend({
      pointer: z
        .string()
        .max(1000)
        .regex(/^(?:\/(?:[^~/\0]|~[01])*)+$/, 'a JSON pointer into data, as /theme/primary')
        .openapi({ example: '/theme/primary' }),
      channel: fromChannel,
      extends: appId.optional().openapi({ description: 'Only apps that extend this template directly' }),
    }),
  },
  responses: {
    200: json(whereUsedPage, 'A page of live configs, by appId'),
    ...refusals('invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})

export const listDeprecations = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/deprecations',
  operationId: 'listDeprecations',
  summary: 'Live configs whose deprecation date is past or near, the earliest first',
  request: {
    query: pageQuery.extend({
      withinDays: z.coerce.number().int().min(0).max(3650).default(30).openapi({ example: 30 }),
    }),
  },
  responses: {
    200: json(deprecationPage, 'A page of live configs'),
    ...refusals('invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})

const schemas = { tags: ['Schemas'] }

export const readSchema = createRoute({
  ...schemas,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/apps/{appId}/schema',
  operationId: 'readSchema',
  summary: 'The schema of an app, and those it inherits',
  request: { params },
  responses: { 200: json(appSchema, 'The schemas'), ...refusals('app_not_found', ...managementRefusals) },
})

export const setSchema = createRoute({
  ...schemas,
  ...forRole('editor'),
  method: 'put',
  path: '/manage/v1/apps/{appId}/schema',
  operationId: 'setSchema',
  summary: 'Set the schema of an app or a template',
  description:
    'All that is live under it is checked first; where something would break, it is listed and nothing is changed.',
  request: {
    params,
    headers: z.object({ 'if-match': ifMatchOrRefused }),
    body: { required: true, content: { 'application/json': { schema: setSchemaInput } } },
  },
  responses: {
    200: json(schemaSet, 'The schema, and what breaks it'),
    ...refusals(
      'app_not_found',
      'app_archived',
      'schema_breaks_live',
      'invalid_schema',
      'revision_mismatch',
      'precondition_required',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const removeSchema = createRoute({
  ...schemas,
  ...forRole('editor'),
  method: 'delete',
  path: '/manage/v1/apps/{appId}/schema',
  operationId: 'removeSchema',
  summary: 'Remove the schema of an app; those it inherits hold on',
  request: { params, headers: z.object({ 'if-match': ifMatchOrRefused }) },
  responses: {
    200: json(appSchema, 'What holds now'),
    ...refusals(
      'app_not_found',
      'app_archived',
      'schema_not_found',
      'revision_mismatch',
      'precondition_required',
      ...managementRefusals,
    ),
  },
})
