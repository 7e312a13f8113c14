import type { Limit } from '../../../../contract/limit.ts'
import { requireWholeFleet } from '../../platform/auth/authenticate.ts'
import { decodeCursor, toPage } from '../../platform/http/cursor.ts'
import type { Reader } from '../apps/find-app.ts'
import { listLimitRows, toLimit } from '../store/limits.ts'

/** A page of limits by name. Throws 403. */
export const listLimits = async (
  { db, actor }: Reader,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: Limit[]; nextCursor: string | null }> => {
  requireWholeFleet(actor, 'the list of rate limits')
  const after = decodeCursor(query.cursor, 'string')
  const rows = await listLimitRows(db, { after, limit: query.limit + 1 })
  return toPage(rows, query.limit, (row) => row.name, toLimit)
}
