import type { App } from '../../../../contract/app.ts'
import { decodeCursor, toPage } from '../../platform/http/cursor.ts'
import { listAppRows, toApp } from '../store/apps.ts'
import type { Reader } from './find-app.ts'

interface Query {
  limit: number
  cursor?: string | undefined
  archived?: 'true' | 'false' | undefined
}

/** A page of apps by appId. */
export const listApps = async (
  { db }: Reader,
  query: Query,
): Promise<{ items: App[]; nextCursor: string | null }> => {
  const after = decodeCursor(query.cursor, 'string')
  const archived = query.archived === undefined ? undefined : query.archived === 'true'
  const rows = await listAppRows(db, { after, limit: query.limit + 1, archived })
  return toPage(rows, query.limit, (row) => row.app_id, toApp)
}
