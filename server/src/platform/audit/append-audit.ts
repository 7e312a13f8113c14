import { type Kysely, sql } from 'kysely'
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

/** Writes many rows in their order, with one statement. */
export const appendAudits = async (transaction: Kysely<Tables>, rows: readonly AuditRow[]): Promise<void> => {
  if (rows.length === 0) return
  await sql`
    insert into audit_log (actor, action, app_id, target, before, after, reason, request_id)
    select row->>'actor', row->>'action', row->>'appId', row->>'target', nullif(row->'before', 'null'),
      nullif(row->'after', 'null'), row->>'reason', row->>'requestId'
    from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) with ordinality rows(row, place)
    order by place`.execute(transaction)
}
