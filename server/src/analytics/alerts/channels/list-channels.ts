import type { AlertChannel } from '../../../../../contract/alert-channel.ts'
import { requireWholeFleet } from '../../../platform/auth/authenticate.ts'
import { decodeCursor, toPage } from '../../../platform/http/cursor.ts'
import type { Reader } from '../../change.ts'
import { listChannelRows, toChannel } from '../store/channels.ts'

/** A page of channels by name. Throws 403. */
export const listChannels = async (
  { db, actor }: Reader,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: AlertChannel[]; nextCursor: string | null }> => {
  requireWholeFleet(actor, 'the list of channels for alerts')
  const after = decodeCursor(query.cursor, 'string')
  const rows = await listChannelRows(db, { after, limit: query.limit + 1 })
  return toPage(rows, query.limit, (row) => row.name, toChannel)
}
