import type { Kysely } from 'kysely'
import type { ConfigVersion } from '../../../contract/config.ts'
import { Problem } from '../../../contract/problems.ts'
import type { Tables } from '../platform/database/tables.ts'
import { findAppOrThrow } from './find-app.ts'
import { findVersion, toConfigVersion } from './store/versions.ts'

/** The 404 for a version an app does not have. */
export const unknownVersion = (appId: string, version: string): Problem =>
  new Problem('version_not_found', {
    detail: `The app ${appId} has no version ${version}; GET /manage/v1/apps/${appId}/configs lists what it has.`,
  })

/** One version with its data. Throws 404. */
export const readVersion = async (
  db: Kysely<Tables>,
  appId: string,
  version: string,
): Promise<ConfigVersion> => {
  await findAppOrThrow(db, appId)
  const row = await findVersion(db, appId, version)
  if (!row) throw unknownVersion(appId, version)
  return toConfigVersion(row)
}
