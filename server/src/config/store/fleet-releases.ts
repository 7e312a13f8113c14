import { type Kysely, type Selectable, sql } from 'kysely'
import type { AppScope } from '../../platform/auth/authenticate.ts'
import { inScope } from '../../platform/database/in-scope.ts'
import type { FleetReleasesTable, Tables } from '../../platform/database/tables.ts'

export type FleetReleaseRow = Selectable<FleetReleasesTable> & { rollout_id: number | null }

/** Notes a fleet release; the releases made with it name its id. */
export const insertFleetRelease = async (
  db: Kysely<Tables>,
  row: { request: object; rollsBack: number | null; apps: number; actor: string; reason: string | null },
): Promise<{ fleetReleaseId: number; createdAt: Date }> => {
  const { fleet_release_id: fleetReleaseId, created_at: createdAt } = await db
    .insertInto('fleet_releases')
    .values({
      request: JSON.stringify(row.request),
      rolls_back: row.rollsBack,
      apps: row.apps,
      actor: row.actor,
      reason: row.reason,
    })
    .returning(['fleet_release_id', 'created_at'])
    .executeTakeFirstOrThrow()
  return { fleetReleaseId, createdAt }
}

/** Those that released an app of this scope; of the whole fleet also those that released none. */
const visible = (scope: AppScope) =>
  scope.appIds === null && scope.labels === null
    ? sql<boolean>`true`
    : sql<boolean>`exists (
        select from releases r join apps on apps.app_id = r.app_id
        where r.fleet_release_id = f.fleet_release_id and ${inScope(scope)})`

const withRollout = sql`f.*, (
  select r.rollout_id from releases r where r.fleet_release_id = f.fleet_release_id limit 1
) as rollout_id`

/** One fleet release; undefined where there is none, or none that this scope may see. */
export const findFleetRelease = async (
  db: Kysely<Tables>,
  scope: AppScope,
  fleetReleaseId: number,
): Promise<FleetReleaseRow | undefined> => {
  const { rows } = await sql<FleetReleaseRow>`
    select ${withRollout} from fleet_releases f
    where f.fleet_release_id = ${fleetReleaseId} and ${visible(scope)}`.execute(db)
  return rows[0]
}

/** Fleet releases, newest first, from before the given one. */
export const listFleetReleaseRows = async (
  db: Kysely<Tables>,
  scope: AppScope,
  page: { before: number | null; limit: number },
): Promise<FleetReleaseRow[]> => {
  const before = page.before === null ? sql`true` : sql`f.fleet_release_id < ${page.before}`
  const { rows } = await sql<FleetReleaseRow>`
    select ${withRollout} from fleet_releases f where ${before} and ${visible(scope)}
    order by f.fleet_release_id desc limit ${page.limit}`.execute(db)
  return rows
}

/** A release made with a fleet release, and what was live before it. */
export interface FleetMember {
  appId: string
  channel: string
  revision: number
  version: string
  baseRevision: number | null
  previousVersion: string | null
  previousBaseRevision: number | null
}

/** What a fleet release made, by appId; of the apps of this scope. */
export const listFleetMembers = async (
  db: Kysely<Tables>,
  scope: AppScope,
  fleetReleaseId: number,
): Promise<FleetMember[]> => {
  const { rows } = await sql<FleetMember>`
    select r.app_id as "appId", r.channel, r.revision, r.version, r.base_revision as "baseRevision",
      p.version as "previousVersion", p.base_revision as "previousBaseRevision"
    from releases r join apps on apps.app_id = r.app_id left join releases p on p.revision = r.previous_revision
    where r.fleet_release_id = ${fleetReleaseId} and ${inScope(scope)}
    order by r.app_id, r.channel`.execute(db)
  return rows
}
