import type { AlertRule } from '../../../../../contract/alert-rule.ts'
import { decodeCursor, toPage } from '../../../platform/http/cursor.ts'
import type { Reader } from '../../change.ts'
import { listRuleRows, toRule } from '../store/rules.ts'

/** A page of rules by name; of those about one app or template only those that the token is for. */
export const listRules = async (
  { db, actor }: Reader,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: AlertRule[]; nextCursor: string | null }> => {
  const after = decodeCursor(query.cursor, 'string')
  const rows = await listRuleRows(db, actor.scope, { after, limit: query.limit + 1 })
  return toPage(rows, query.limit, (row) => row.name, toRule)
}
