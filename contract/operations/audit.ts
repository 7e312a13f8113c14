import { createRoute, z } from '@hono/zod-openapi'
import { auditCheck, auditPage } from '../audit.ts'
import { appId, date, pageQuery } from '../fields.ts'
import { forRole, json, managementRefusals, refusals } from './responses.ts'

const shared = { tags: ['Audit'] }

/** Rows hold whole documents, so a page is smaller than elsewhere. */
const auditQuery = pageQuery.extend({
  limit: z.coerce.number().int().min(1).max(50).default(20).openapi({ example: 20 }),
  appId: appId.optional(),
  actor: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\p{C}]*$/u, 'an actor has no control characters')
    .optional()
    .openapi({ example: 'admin' }),
  action: z
    .string()
    .regex(/^[a-z]+(?:\.[a-zA-Z]+)?$/, 'an action such as release.publish, or its first word')
    .optional()
    .openapi({ example: 'release.publish', description: 'release: all of that thing' }),
  from: date.optional().openapi({ description: 'Not before', example: '2026-11-01' }),
  to: date.optional().openapi({ description: 'Before', example: '2026-12-01' }),
})

export const listAudit = createRoute({
  ...shared,
  ...forRole('viewer'),
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

const headOfChain = z.string().regex(/^[1-9]\d{0,14}:[0-9a-f]{64}$/, 'the head of a check, as id:hash')

export const verifyAudit = createRoute({
  ...shared,
  ...forRole('admin'),
  method: 'get',
  path: '/manage/v1/audit/verify',
  operationId: 'verifyAudit',
  summary: 'Is the audit log whole?',
  description:
    'Recomputes the chain, as far as it comes in a few seconds; `next` goes on. `since` is the head that an earlier check gave: then it is proven that nothing up to there was altered or removed since. Takes a token for the whole fleet.',
  request: {
    query: z.object({
      since: headOfChain.optional().openapi({ example: `41:${'0'.repeat(64)}` }),
      after: headOfChain
        .optional()
        .openapi({ description: 'Where the check before this one ended: its `next`' }),
    }),
  },
  responses: {
    200: json(auditCheck, 'The finding'),
    ...refusals('invalid_parameter', ...managementRefusals),
  },
})
