import { nameOf } from '../../store/documents.ts'
import { insertVersions } from '../../store/version-sets.ts'
import { toConfigVersion } from '../../store/versions.ts'
import { versionExists } from '../../versions/choose-version.ts'
import type { AtWork, Work } from './run-batch.ts'

/** Saves versions with one statement. */
export const writeVersions = async (
  { scope, refuse, audit }: AtWork,
  versions: Work['versions'],
): Promise<void> => {
  const rows = await insertVersions(
    scope.db,
    versions.map(({ version }) => version),
    scope.actor.name,
  )
  const saved = new Map(rows.map((row) => [nameOf({ appId: row.app_id, version: row.version }), row]))
  for (const { line, version } of versions) {
    const { appId } = version
    const { configVersion } = version.document
    const row = saved.get(nameOf({ appId, version: configVersion }))
    if (!row) refuse(line, versionExists(appId, configVersion))
    else
      audit({
        action: 'version.save',
        appId,
        target: configVersion,
        before: null,
        after: toConfigVersion(row),
      })
  }
}
