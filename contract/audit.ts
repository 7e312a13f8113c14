import { z } from '@hono/zod-openapi'
import { pageOf, timestamp } from './fields.ts'

export const auditEntry = z
  .object({
    id: z.number().int(),
    at: timestamp,
    actor: z.string(),
    action: z.string().openapi({ example: 'release.publish' }),
    appId: z.string().nullable(),
    target: z.string().nullable().openapi({ example: '1.4.0' }),
    before: z.unknown(),
    after: z.unknown(),
    reason: z.string().nullable(),
    requestId: z.string().nullable(),
    hash: z.string().openapi({ description: 'SHA-256 over this row and the hash before it, hexadecimal' }),
  })
  .openapi('AuditEntry')

export const auditPage = pageOf(auditEntry).openapi('AuditPage')
export type AuditEntry = z.infer<typeof auditEntry>
