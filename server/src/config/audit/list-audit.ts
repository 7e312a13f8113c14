import type { AuditEntry } from '../../../../contract/audit.ts'
import { decodeCursor, toPage } from '../../platform/http/cursor.ts'
import type { Reader } from '../apps/find-app.ts'
import { type AuditLogRow, listAuditRows } from '../store/audit.ts'

interface Query {
  limit: number
  cursor?: string | undefined
  appId?: string | undefined
  actor?: string | undefined
  action?: string | undefined
  from?: string | undefined
  to?: string | undefined
}

const toEntry = (row: AuditLogRow): AuditEntry => ({
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
})

const momentOf = (text: string | undefined): Date | undefined =>
  text === undefined ? undefined : new Date(text)

/** A page of the audit log, newest first; a limited token sees what is of its apps. */
export const listAudit = async (
  { db, actor }: Reader,
  query: Query,
): Promise<{ items: AuditEntry[]; nextCursor: string | null }> => {
  const before = decodeCursor(query.cursor, 'number')
  const filter = { ...query, from: momentOf(query.from), to: momentOf(query.to) }
  const rows = await listAuditRows(db, filter, actor.scope, { before, limit: query.limit + 1 })
  return toPage(rows, query.limit, (row) => row.id, toEntry)
}
