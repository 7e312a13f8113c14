import type { FleetRelease } from '../../../../contract/fleet.ts'
import { decodeCursor, toPage } from '../../platform/http/cursor.ts'
import type { Reader } from '../apps/find-app.ts'
import { type FleetReleaseRow, listFleetReleaseRows } from '../store/fleet-releases.ts'

export const toFleetRelease = (row: FleetReleaseRow): FleetRelease => ({
  fleetReleaseId: row.fleet_release_id,
  rolloutId: row.rollout_id,
  rollsBack: row.rolls_back,
  apps: row.apps,
  actor: row.actor,
  reason: row.reason,
  createdAt: row.created_at.toISOString(),
})

/** A page of fleet releases, newest first: those that released an app the token is for. */
export const listFleetReleases = async (
  { db, actor }: Reader,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: FleetRelease[]; nextCursor: string | null }> => {
  const before = decodeCursor(query.cursor, 'number')
  const rows = await listFleetReleaseRows(db, actor.scope, { before, limit: query.limit + 1 })
  return toPage(rows, query.limit, (row) => row.fleet_release_id, toFleetRelease)
}
