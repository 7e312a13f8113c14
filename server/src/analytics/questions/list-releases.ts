import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import { isRevision } from '../rollups/find-replaced.ts'

export interface ReleaseFacts {
  revision: number
  channel: string
  configVersion: string
  /** ms since 1970 */
  releasedAt: number
}

interface Row {
  revision: number
  channel: string
  version: string
  released_at: Date
}

const toFacts = ({ revision, channel, version, released_at }: Row): ReleaseFacts => ({
  ...{ revision, channel, configVersion: version, releasedAt: released_at.getTime() },
})

/** What is known of these revisions, by each. */
export const findReleases = async (
  db: Kysely<Tables>,
  revisions: Iterable<string>,
): Promise<Map<string, ReleaseFacts>> => {
  const asked = [...new Set(revisions)].filter(isRevision)
  if (asked.length === 0) return new Map()
  const { rows } = await sql<Row>`
    select r.revision, r.channel, r.version, r.released_at from unnest(${textArray(asked)}) asked(revision)
    cross join lateral (select * from releases where revision = asked.revision::bigint limit 1) r`.execute(db)
  return new Map(rows.map((row) => [String(row.revision), toFacts(row)]))
}

/** The newest releases of an app (or template) in a time, the newest first. */
export const listReleases = async (
  db: Kysely<Tables>,
  appId: string,
  { from, to, limit }: { from: number; to: number; limit: number },
): Promise<ReleaseFacts[]> => {
  const rows = await db
    .selectFrom('releases')
    .select(['revision', 'channel', 'version', 'released_at'])
    .where('app_id', '=', appId)
    .where('released_at', '>=', new Date(from))
    .where('released_at', '<', new Date(to))
    .orderBy('revision', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toFacts)
}

/** The revisions that were ever released to a channel of an app. */
export const listOfChannel = async (
  db: Kysely<Tables>,
  appId: string,
  channel: string,
): Promise<number[]> => {
  const rows = await db
    .selectFrom('releases')
    .select('revision')
    .where('app_id', '=', appId)
    .where('channel', '=', channel)
    .execute()
  return rows.map(({ revision }) => revision)
}
