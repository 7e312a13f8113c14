import type { Key } from '../../../../contract/key.ts'
import { decodeCursor, toPage } from '../../platform/http/cursor.ts'
import type { Reader } from '../apps/find-app.ts'
import { listKeyRows, toKey } from '../store/keys.ts'

/** A page of keys by keyId; a limited token sees those that reach no further than itself. */
export const listKeys = async (
  { db, actor }: Reader,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: Key[]; nextCursor: string | null }> => {
  const after = decodeCursor(query.cursor, 'string')
  const rows = await listKeyRows(db, actor.scope, { after, limit: query.limit + 1 })
  return toPage(rows, query.limit, (row) => row.key_id, toKey)
}
