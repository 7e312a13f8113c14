import { createRoute, z } from '@hono/zod-openapi'
import { pageQuery } from '../fields.ts'
import { changeLimitInput, createLimitInput, limit, limitName, limitPage } from '../limit.ts'
import { idempotencyKey, ifMatchOrRefused } from './headers.ts'
import { bodyRefusals, forRole, json, managementRefusals, refusals } from './responses.ts'

const shared = { tags: ['Limits'] }
const params = z.object({ name: limitName })

export const createLimit = createRoute({
  ...shared,
  ...forRole('admin'),
  method: 'post',
  path: '/manage/v1/limits',
  operationId: 'createLimit',
  summary: 'Make a rate limit, or an exception to one',
  description:
    'A policy (`burst`) lets in what costs `quota` at most in any `windowSeconds`. Several windows at once are several policies: a request must fit all of them. An exception (`burst.partner`) stands in place of its policy for the keys or the apps that it names, and counts apart; one for keys goes before one for apps. Takes a token for the whole fleet.',
  request: {
    headers: z.object({ 'idempotency-key': idempotencyKey }),
    body: { required: true, content: { 'application/json': { schema: createLimitInput } } },
  },
  responses: {
    201: json(limit, 'The limit, with its address in Location and its state in ETag'),
    ...refusals(
      'limit_not_found',
      'key_not_found',
      'limit_exists',
      'limit_overlaps',
      'too_many_limits',
      'idempotency_key_reused',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const listLimits = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/limits',
  operationId: 'listLimits',
  summary: 'List rate limits, by name: each policy, then its exceptions',
  description: 'Takes a token for the whole fleet.',
  request: { query: pageQuery },
  responses: {
    200: json(limitPage, 'A page of limits'),
    ...refusals('invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})

export const readLimit = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/limits/{name}',
  operationId: 'readLimit',
  summary: 'Read a rate limit',
  description: 'Takes a token for the whole fleet.',
  request: { params },
  responses: {
    200: json(limit, 'The limit, with its state in ETag'),
    ...refusals('limit_not_found', 'invalid_parameter', ...managementRefusals),
  },
})

export const changeLimit = createRoute({
  ...shared,
  ...forRole('admin'),
  method: 'patch',
  path: '/manage/v1/limits/{name}',
  operationId: 'changeLimit',
  summary: 'Change a rate limit, on every gateway within seconds',
  description:
    'Only the fields given change; lists are replaced as a whole. Takes a token for the whole fleet.',
  request: {
    params,
    headers: z.object({ 'if-match': ifMatchOrRefused }),
    body: { required: true, content: { 'application/json': { schema: changeLimitInput } } },
  },
  responses: {
    200: json(limit, 'The limit as it is now'),
    ...refusals(
      'limit_not_found',
      'key_not_found',
      'invalid_parameter',
      'limit_overlaps',
      'revision_mismatch',
      'precondition_required',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const removeLimit = createRoute({
  ...shared,
  ...forRole('admin'),
  method: 'delete',
  path: '/manage/v1/limits/{name}',
  operationId: 'removeLimit',
  summary: 'Remove a rate limit',
  description:
    'A policy that has exceptions is not removed before them. To end a limit for a while, set `isEnabled` to false. Takes a token for the whole fleet.',
  request: { params, headers: z.object({ 'if-match': ifMatchOrRefused }) },
  responses: {
    200: json(limit, 'The limit as it was'),
    ...refusals(
      'limit_not_found',
      'invalid_parameter',
      'limit_in_use',
      'revision_mismatch',
      'precondition_required',
      ...managementRefusals,
    ),
  },
})
