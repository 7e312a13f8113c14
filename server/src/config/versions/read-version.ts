import type { ConfigVersion } from '../../../../contract/config.ts'
import { Problem } from '../../../../contract/problems.ts'
import { findAppOrThrow, type Reader } from '../apps/find-app.ts'
import { findVersion, toConfigVersion } from '../store/versions.ts'

/** The 404 for a version an app does not have. */
export const unknownVersion = (appId: string, version: string): Problem =>
  new Problem('version_not_found', {
    detail: `The app ${appId} has no version ${version}; GET /manage/v1/apps/${appId}/configs lists what it has.`,
  })

/** One version with its data. Throws 404. */
export const readVersion = async (reader: Reader, appId: string, version: string): Promise<ConfigVersion> => {
  await findAppOrThrow(reader, appId)
  const row = await findVersion(reader.db, appId, version)
  if (!row) throw unknownVersion(appId, version)
  return toConfigVersion(row)
}
