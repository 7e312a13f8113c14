import type { Rollout } from '../../../../contract/rollout.ts'
import { decodeCursor, toPage } from '../../platform/http/cursor.ts'
import type { Reader } from '../apps/find-app.ts'
import { listRolloutRows, toRollout } from '../store/rollouts.ts'

interface Query {
  limit: number
  cursor?: string | undefined
  appId?: string | undefined
  open?: 'true' | 'false' | undefined
}

/** A page of rollouts that reach apps the actor's token is for, newest first. */
export const listRollouts = async (
  { db, actor }: Reader,
  query: Query,
): Promise<{ items: Rollout[]; nextCursor: string | null }> => {
  const before = decodeCursor(query.cursor, 'number')
  const rows = await listRolloutRows(db, actor.scope, {
    before,
    limit: query.limit + 1,
    appId: query.appId,
    open: query.open === undefined ? undefined : query.open === 'true',
  })
  return toPage(rows, query.limit, (row) => row.rollout_id, toRollout)
}
