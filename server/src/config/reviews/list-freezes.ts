import type { Freeze } from '../../../../contract/review.ts'
import { decodeCursor, toPage } from '../../platform/http/cursor.ts'
import type { Reader } from '../apps/find-app.ts'
import { listFreezeRows, toFreeze } from '../store/freezes.ts'

interface Query {
  limit: number
  cursor?: string | undefined
  appId?: string | undefined
  active?: 'true' | 'false' | undefined
}

/** A page of freezes, newest first; a limited token sees those of its apps, and those of the fleet. */
export const listFreezes = async (
  { db, actor }: Reader,
  { limit, cursor, appId, active }: Query,
): Promise<{ items: Freeze[]; nextCursor: string | null }> => {
  const rows = await listFreezeRows(db, actor.scope, {
    before: decodeCursor(cursor, 'number'),
    limit: limit + 1,
    appId,
    active: active && active === 'true',
  })
  return toPage(rows, limit, (row) => row.freeze_id, toFreeze)
}
