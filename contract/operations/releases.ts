import { createRoute, z } from '@hono/zod-openapi'
import { auditPage } from '../audit.ts'
import { appId, channel, pageQuery } from '../fields.ts'
import { publishReleaseInput, release, releasePage } from '../release.ts'
import { idempotencyKey, ifMatch } from './headers.ts'
import { bearer, bodyRefusals, json, managementRefusals, refusals } from './responses.ts'

const shared = { tags: ['Releases'], security: bearer }
const params = z.object({ appId })

export const publishRelease = createRoute({
  ...shared,
  method: 'post',
  path: '/manage/v1/apps/{appId}/releases',
  operationId: 'publishRelease',
  summary: 'Release a config version',
  description: 'The version is live for every client of the channel within a second.',
  request: {
    params,
    headers: z.object({ 'idempotency-key': idempotencyKey, 'if-match': ifMatch }),
    body: { required: true, content: { 'application/json': { schema: publishReleaseInput } } },
  },
  responses: {
    201: json(release, 'The release; its revision is in ETag'),
    ...refusals(
      'app_not_found',
      'version_not_found',
      'app_archived',
      'template_not_released',
      'revision_mismatch',
      'idempotency_key_reused',
      'invalid_version',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const listReleases = createRoute({
  ...shared,
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

/** Rows hold whole documents, so a page is smaller than elsewhere. */
const auditQuery = pageQuery.extend({
  limit: z.coerce.number().int().min(1).max(50).default(20).openapi({ example: 20 }),
  appId: appId.optional(),
})

export const listAudit = createRoute({
  ...shared,
  tags: ['Audit'],
  method: 'get',
  path: '/manage/v1/audit',
  operationId: 'listAudit',
  summary: 'Who changed what, newest first',
  description:
    'Append-only; each row carries a hash over itself and the row before it. Rows hold whole documents: a page has 20 of them, and 50 at most.',
  request: { query: auditQuery },
  responses: {
    200: json(auditPage, 'A page of the audit log'),
    ...refusals('invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})
