import type { Alert } from '../../../../contract/alert.ts'
import { decodeCursor, toPage } from '../../platform/http/cursor.ts'
import type { Reader } from '../change.ts'
import { listAlertRows, toAlert } from './store/alerts.ts'

interface Query {
  limit: number
  cursor?: string | undefined
  state: 'open' | 'pending' | 'firing' | 'resolved' | 'all'
  rule?: string | undefined
  appId?: string | undefined
}

const states = {
  open: ['pending', 'firing'],
  pending: ['pending'],
  firing: ['firing'],
  resolved: ['resolved'],
  all: ['pending', 'firing', 'resolved'],
} as const

/** A page of alerts, newest first; a limited token sees those of its apps, and those about none. */
export const listAlerts = async (
  { db, actor }: Reader,
  query: Query,
): Promise<{ items: Alert[]; nextCursor: string | null }> => {
  const rows = await listAlertRows(db, actor.scope, {
    before: decodeCursor(query.cursor, 'number'),
    limit: query.limit + 1,
    states: states[query.state],
    rule: query.rule,
    appId: query.appId,
  })
  return toPage(rows, query.limit, (row) => row.alert_id, toAlert)
}
