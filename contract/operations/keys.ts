import { createRoute, z } from '@hono/zod-openapi'
import { pageQuery } from '../fields.ts'
import { createKeyInput, key, keyPage, keyWithSecret, rotateKeyInput } from '../key.ts'
import { bodyRefusals, forRole, json, managementRefusals, refusals } from './responses.ts'

const shared = { tags: ['Keys'], ...forRole('admin') }
const params = z.object({
  keyId: z
    .string()
    .regex(/^[a-z0-9]{1,64}$/, 'a keyId is of a-z 0-9')
    .openapi({ example: 'k3v9x2m4p7q1' }),
})

export const createKey = createRoute({
  ...shared,
  method: 'post',
  path: '/manage/v1/keys',
  operationId: 'createKey',
  summary: 'Make a key',
  description:
    'The key is in this answer and nowhere else: only its SHA-256 is kept. So an Idempotency-Key is ignored: to repeat the answer, the key would have to be stored. Where the answer is lost, the list tells whether the key was made: rotate it with overlapSeconds 0, or revoke it and make it again.',
  request: { body: { required: true, content: { 'application/json': { schema: createKeyInput } } } },
  responses: {
    201: json(keyWithSecret, 'The key'),
    ...refusals('key_exists', 'app_not_found', 'invalid_date', ...bodyRefusals, ...managementRefusals),
  },
})

export const listKeys = createRoute({
  ...shared,
  method: 'get',
  path: '/manage/v1/keys',
  operationId: 'listKeys',
  summary: 'List keys, by keyId; never the keys themselves',
  request: { query: pageQuery },
  responses: {
    200: json(keyPage, 'A page of keys'),
    ...refusals('invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})

export const rotateKey = createRoute({
  ...shared,
  method: 'post',
  path: '/manage/v1/keys/{keyId}/rotate',
  operationId: 'rotateKey',
  summary: 'Replace a key by a new one; the old one counts for a while',
  description:
    'While the one before still counts, only a rotation with overlapSeconds 0 is possible: it ends both at once. An Idempotency-Key is ignored, as in making one; where the answer is lost, rotate again with overlapSeconds 0.',
  request: {
    params,
    body: { required: true, content: { 'application/json': { schema: rotateKeyInput } } },
  },
  responses: {
    200: json(keyWithSecret, 'The new key'),
    ...refusals(
      'key_not_found',
      'already_decided',
      'invalid_parameter',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const revokeKey = createRoute({
  ...shared,
  method: 'delete',
  path: '/manage/v1/keys/{keyId}',
  operationId: 'revokeKey',
  summary: 'Revoke a key, on every node within a second',
  request: { params },
  responses: {
    200: json(key, 'The revoked key'),
    ...refusals('key_not_found', 'already_decided', 'invalid_parameter', ...managementRefusals),
  },
})
