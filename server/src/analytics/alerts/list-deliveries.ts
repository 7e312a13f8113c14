import type { Delivery } from '../../../../contract/alert.ts'
import { requireWholeFleet } from '../../platform/auth/authenticate.ts'
import { decodeCursor, toPage } from '../../platform/http/cursor.ts'
import type { Reader } from '../change.ts'
import { listDeliveryRows, toDelivery } from './store/deliveries.ts'

interface Query {
  limit: number
  cursor?: string | undefined
  channel?: string | undefined
  state?: Delivery['state'] | undefined
}

/** A page of messages to channels, newest first. Throws 403. */
export const listDeliveries = async (
  { db, actor }: Reader,
  query: Query,
): Promise<{ items: Delivery[]; nextCursor: string | null }> => {
  requireWholeFleet(actor, 'the list of messages about alerts')
  const rows = await listDeliveryRows(db, {
    before: decodeCursor(query.cursor, 'number'),
    limit: query.limit + 1,
    channel: query.channel,
    state: query.state,
  })
  return toPage(rows, query.limit, (row) => row.delivery_id, toDelivery)
}
