import type { Kysely } from 'kysely'
import type { AuditEntry } from '../../../../contract/audit.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { decodeCursor, toPage } from '../../platform/http/cursor.ts'

interface Query {
  limit: number
  cursor?: string | undefined
  appId?: string | undefined
}

/** A page of the audit log, newest first. */
export const listAudit = async (
  db: Kysely<Tables>,
  query: Query,
): Promise<{ items: AuditEntry[]; nextCursor: string | null }> => {
  const before = decodeCursor(query.cursor, 'number')
  const rows = await db
    .selectFrom('audit_log')
    .selectAll()
    .$if(before !== null, (select) => select.where('id', '<', before ?? 0))
    .$if(query.appId !== undefined, (select) => select.where('app_id', '=', query.appId ?? ''))
    .orderBy('id', 'desc')
    .limit(query.limit + 1)
    .execute()
  return toPage(
    rows,
    query.limit,
    (row) => row.id,
    (row) => ({
      id: row.id,
      at: row.at.toISOString(),
      actor: row.actor,
      action: row.action,
      appId: row.app_id,
      target: row.target,
      before: row.before,
      after: row.after,
      reason: row.reason,
      requestId: row.request_id,
      hash: Buffer.from(row.hash).toString('hex'),
    }),
  )
}
