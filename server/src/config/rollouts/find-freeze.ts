import type { Kysely } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { listHindrances } from '../releases/may-release.ts'
import type { AppRow } from '../store/apps.ts'

/** Why a rollout of these apps may not go on now: one of them, a template above or the fleet is frozen. */
export const findFreeze = async (
  db: Kysely<Tables>,
  roots: readonly AppRow[],
): Promise<string | undefined> => {
  const appIds = roots.map((app) => app.app_id)
  // It was approved when it was started.
  const [first] = await listHindrances(db, appIds, { isApproved: true })
  if (!first) return undefined
  return `Releases of ${first.appId} are frozen. The rollout goes on when the freeze is over or lifted: GET /manage/v1/freezes?active=true.`
}
