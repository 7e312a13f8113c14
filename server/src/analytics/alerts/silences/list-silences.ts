import type { Silence } from '../../../../../contract/alert-silence.ts'
import { decodeCursor, toPage } from '../../../platform/http/cursor.ts'
import type { Reader } from '../../change.ts'
import { listSilenceRows, readClock, toSilence } from '../store/silences.ts'

/** A page of silences, newest first; of those about one app only those that the token is for. */
export const listSilences = async (
  { db, actor }: Reader,
  query: { limit: number; cursor?: string | undefined; open?: 'true' | 'false' | undefined },
): Promise<{ items: Silence[]; nextCursor: string | null }> => {
  const before = decodeCursor(query.cursor, 'number')
  const rows = await listSilenceRows(db, actor.scope, {
    ...{ before, limit: query.limit + 1 },
    open: query.open === undefined ? undefined : query.open === 'true',
  })
  const now = await readClock(db)
  return toPage(
    rows,
    query.limit,
    (row) => row.silence_id,
    (row) => toSilence(row, now),
  )
}
