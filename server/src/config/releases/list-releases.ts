import type { Release } from '../../../../contract/release.ts'
import { decodeCursor, toPage } from '../../platform/http/cursor.ts'
import { findAppOrThrow, type Reader } from '../apps/find-app.ts'
import { listReleaseRows, toRelease } from '../store/releases.ts'

interface Query {
  limit: number
  cursor?: string | undefined
  channel?: string | undefined
}

/** A page of an app's releases, newest first. Throws 404. */
export const listReleases = async (
  reader: Reader,
  appId: string,
  query: Query,
): Promise<{ items: Release[]; nextCursor: string | null }> => {
  const before = decodeCursor(query.cursor, 'number')
  await findAppOrThrow(reader, appId)
  const rows = await listReleaseRows(reader.db, appId, {
    before,
    limit: query.limit + 1,
    channel: query.channel,
  })
  return toPage(rows, query.limit, (row) => row.revision, toRelease)
}
