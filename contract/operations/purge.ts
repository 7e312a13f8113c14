import { createRoute, z } from '@hono/zod-openapi'
import { pageQuery } from '../fields.ts'
import { purged, purgeInput, purgePage } from '../purge.ts'
import { idempotencyKey } from './headers.ts'
import { bodyRefusals, forRole, json, managementRefusals, refusals } from './responses.ts'

const shared = { tags: ['Purges'] }

export const purgeCaches = createRoute({
  ...shared,
  ...forRole('publisher'),
  method: 'post',
  path: '/manage/v1/purge',
  operationId: 'purgeCaches',
  summary: 'Have gateways and CDNs forget what they hold',
  description:
    'Every release does this by itself for the apps that it changes. Gateways forget at once, CDNs in the background: GET /manage/v1/purges tells how far that is. A token for some apps purges these alone.',
  request: {
    headers: z.object({ 'idempotency-key': idempotencyKey }),
    body: { required: true, content: { 'application/json': { schema: purgeInput } } },
  },
  responses: {
    202: json(purged, 'What is being purged, and where'),
    ...refusals('app_not_found', 'idempotency_key_reused', ...bodyRefusals, ...managementRefusals),
  },
})

export const listPurges = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/purges',
  operationId: 'listPurges',
  summary: 'Purges of CDNs, newest first; kept for a week',
  request: { query: pageQuery.extend({ state: z.enum(['waiting', 'again', 'done', 'failed']).optional() }) },
  responses: {
    200: json(purgePage, 'A page of purges; a token for some apps sees the tags of these'),
    ...refusals('invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})
