import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import { findReplaced } from './find-replaced.ts'

/** What the numbers of an app are counted for beside itself, and what its revisions are worth. */
export interface CountedApp {
  /** The templates above it, as its `extends` says now. */
  above: string[]
  /** Its live releases, and those being rolled out, on any channel. */
  live: Set<string>
  /** Of revisions that are neither: when a later one of their channel was there for all (ms since 1970). */
  replacedAt: Map<string, number>
}

/** Deeper than any chain of templates may be: there the search ends whatever stands in the database. */
const deepest = 16

/** Those of these apps that there are, archived ones too; `revisions` are those that were counted, by app. */
export const findApps = async (
  db: Kysely<Tables>,
  revisions: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<Map<string, CountedApp>> => {
  const apps = await findAbove(db, [...revisions.keys()])
  await findLive(db, apps)
  await noteReplaced(db, apps, revisions)
  return apps
}

/** Each step by the key of one app: a join could choose to read all apps. */
const findAbove = async (db: Kysely<Tables>, appIds: readonly string[]): Promise<Map<string, CountedApp>> => {
  const { rows } = await sql<{ app_id: string; above: string | null }>`
    with recursive up as (
      select a.app_id, a.extends as above, 1 as depth from unnest(${textArray(appIds)}) asked(app_id)
      cross join lateral (select app_id, extends from apps where app_id = asked.app_id limit 1) a
      union all
      select up.app_id, a.extends, up.depth + 1 from up
      cross join lateral (select extends from apps where app_id = up.above and extends is not null limit 1) a
      where up.depth < ${deepest}
    )
    select app_id, above from up order by depth`.execute(db)
  const apps = new Map<string, CountedApp>()
  for (const { app_id, above } of rows) {
    const app: CountedApp = apps.get(app_id) ?? { above: [], live: new Set(), replacedAt: new Map() }
    if (above !== null) app.above.push(above)
    apps.set(app_id, app)
  }
  return apps
}

const findLive = async (db: Kysely<Tables>, apps: ReadonlyMap<string, CountedApp>): Promise<void> => {
  const { rows } = await sql<{ app_id: string; revision: number; candidate_revision: number | null }>`
    select app_id, revision, candidate_revision from channels
    where app_id = any (${textArray([...apps.keys()])})`.execute(db)
  for (const { app_id, revision, candidate_revision } of rows) {
    apps.get(app_id)?.live.add(String(revision))
    if (candidate_revision !== null) apps.get(app_id)?.live.add(String(candidate_revision))
  }
}

const noteReplaced = async (
  db: Kysely<Tables>,
  apps: ReadonlyMap<string, CountedApp>,
  revisions: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<void> => {
  const old = [...apps].flatMap(([appId, { live }]) =>
    [...(revisions.get(appId) ?? [])].filter((revision) => !live.has(revision)),
  )
  for (const { appId, revision, replacedAt } of await findReplaced(db, old)) {
    apps.get(appId)?.replacedAt.set(String(revision), replacedAt)
  }
}
