import type { Kysely, Selectable } from 'kysely'
import type { Release } from '../../../../contract/release.ts'
import type { ReleasesTable, Tables } from '../../platform/database/tables.ts'

type ReleaseRow = Selectable<ReleasesTable>

export const toRelease = (row: ReleaseRow): Release => ({
  revision: row.revision,
  appId: row.app_id,
  channel: row.channel,
  configVersion: row.version,
  kind: row.kind,
  actor: row.actor,
  reason: row.reason,
  releasedAt: row.released_at.toISOString(),
})

export const insertRelease = (
  db: Kysely<Tables>,
  row: { appId: string; channel: string; version: string; actor: string; reason: string | null },
): Promise<ReleaseRow> =>
  db
    .insertInto('releases')
    .values({
      app_id: row.appId,
      channel: row.channel,
      version: row.version,
      kind: 'publish',
      actor: row.actor,
      reason: row.reason,
    })
    .returningAll()
    .executeTakeFirstOrThrow()

/** The release that is live on a channel. */
export const findLiveRelease = (
  db: Kysely<Tables>,
  appId: string,
  channel: string,
): Promise<ReleaseRow | undefined> =>
  db
    .selectFrom('releases')
    .selectAll()
    .where('app_id', '=', appId)
    .where('channel', '=', channel)
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst()

/** The live release of every channel of an app. */
export const listLiveReleases = (db: Kysely<Tables>, appId: string): Promise<ReleaseRow[]> =>
  db
    .selectFrom('releases')
    .selectAll()
    .distinctOn('channel')
    .where('app_id', '=', appId)
    .orderBy('channel')
    .orderBy('revision', 'desc')
    .execute()

/** Releases of an app, newest first, from before the given revision. */
export const listReleaseRows = (
  db: Kysely<Tables>,
  appId: string,
  page: { before: number | null; limit: number; channel: string | undefined },
): Promise<ReleaseRow[]> =>
  db
    .selectFrom('releases')
    .selectAll()
    .where('app_id', '=', appId)
    .$if(page.channel !== undefined, (query) => query.where('channel', '=', page.channel ?? ''))
    .$if(page.before !== null, (query) => query.where('revision', '<', page.before ?? 0))
    .orderBy('revision', 'desc')
    .limit(page.limit)
    .execute()
