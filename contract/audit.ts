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
    before: z.unknown().openapi({ example: null }),
    after: z.unknown().openapi({ example: { configVersion: '1.4.0' } }),
    reason: z.string().nullable(),
    requestId: z.string().nullable(),
    hash: z.string().openapi({ description: 'SHA-256 over this row and the hash before it, hexadecimal' }),
  })
  .openapi('AuditEntry')

export const auditPage = pageOf(auditEntry).openapi('AuditPage')
/** What a check of the chain found; keep `head`, and the next check proves that nothing was removed or rewritten since. */
export const auditCheck = z
  .object({
    intact: z.boolean(),
    rows: z.number().int().openapi({ description: 'Rows that this request checked' }),
    brokenAt: z
      .number()
      .int()
      .nullable()
      .openapi({ description: 'The id of the first row that does not fit, or is missing', example: null }),
    detail: z.string().openapi({ description: 'What was found, in words' }),
    head: z
      .object({ id: z.number().int(), hash: z.string() })
      .nullable()
      .openapi({ description: 'The last row that was checked; give it as `since` next time' }),
    next: z.string().nullable().openapi({
      description: 'Not all could be checked in time: ask on with `after` set to this. null: all was checked',
      example: null,
    }),
  })
  .openapi('AuditCheck')

export type AuditCheck = z.infer<typeof auditCheck>
export type AuditEntry = z.infer<typeof auditEntry>
