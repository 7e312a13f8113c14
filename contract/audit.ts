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
/** The state of the whole chain; keep `head`, and the next check proves that nothing was removed since. */
export const auditCheck = z
  .object({
    intact: z.boolean(),
    rows: z.number().int(),
    brokenAt: z
      .number()
      .int()
      .nullable()
      .openapi({ description: 'The id of the first row that does not fit' }),
    detail: z.string(),
    head: z.object({ id: z.number().int(), hash: z.string() }).nullable(),
  })
  .openapi('AuditCheck')

export type AuditCheck = z.infer<typeof auditCheck>
export type AuditEntry = z.infer<typeof auditEntry>
