import semver from 'semver'
import type { ConfigVersionSummary } from '../../../../contract/config.ts'
import { decodeCursor, foreignCursor, toPage } from '../../platform/http/cursor.ts'
import { findAppOrThrow, type Reader } from '../apps/find-app.ts'
import { listVersionNames, listVersionSummaries } from '../store/versions.ts'

/** A page of an app's versions, the highest first, without their data. Throws 404. */
export const listVersions = async (
  reader: Reader,
  appId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: ConfigVersionSummary[]; nextCursor: string | null }> => {
  const after = decodeCursor(query.cursor, 'string')
  if (after !== null && semver.valid(after) === null) throw foreignCursor()
  await findAppOrThrow(reader, appId)
  const highestFirst = (await listVersionNames(reader.db, appId)).sort((a, b) => semver.compareBuild(b, a))
  const rest =
    after === null ? highestFirst : highestFirst.filter((name) => semver.compareBuild(name, after) < 0)
  const names = rest.slice(0, query.limit + 1)
  const summaries = await listVersionSummaries(reader.db, appId, names.slice(0, query.limit))
  const page = toPage(
    names,
    query.limit,
    (name) => name,
    (name) => summaries.get(name),
  )
  return { ...page, items: page.items.filter((item) => item !== undefined) }
}
