import type { Purge } from '../../../../contract/purge.ts'
import { decodeCursor, toPage } from '../../platform/http/cursor.ts'
import type { Reader } from '../apps/find-app.ts'
import { listPurgeRows, toPurge } from '../store/purges.ts'

/** A page of purges, newest first; a limited token sees those of its apps, with their tags, and those of everything. */
export const listPurges = async (
  { db, actor }: Reader,
  query: { limit: number; cursor?: string | undefined; state?: Purge['state'] | undefined },
): Promise<{ items: Purge[]; nextCursor: string | null }> => {
  const before = decodeCursor(query.cursor, 'number')
  const rows = await listPurgeRows(db, actor.scope, { before, limit: query.limit + 1, state: query.state })
  return toPage(rows, query.limit, (row) => row.purge_id, toPurge)
}
