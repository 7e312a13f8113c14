import type { Kysely } from 'kysely'
import type { Tables } from '../database/tables.ts'

export interface AuditRow {
  actor: string
  /** What was done, as `<thing>.<verb>`: `app.create`, `release.publish`. */
  action: string
  appId: string | null
  target: string | null
  /** The thing before and after, whole; null where there was or is none. */
  before: unknown
  after: unknown
  reason?: string | null
  requestId: string
}

/** Writes one row of the audit log. Call it in the transaction of the change, so that neither exists without the other. */
export const appendAudit = async (transaction: Kysely<Tables>, row: AuditRow): Promise<void> => {
  await transaction
    .insertInto('audit_log')
    .values({
      actor: row.actor,
      action: row.action,
      app_id: row.appId,
      target: row.target,
      before: row.before === null ? null : JSON.stringify(row.before),
      after: row.after === null ? null : JSON.stringify(row.after),
      reason: row.reason ?? null,
      request_id: row.requestId,
    })
    .execute()
}
