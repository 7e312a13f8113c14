import type { Kysely } from 'kysely'
import { Problem } from '../../../../contract/problems.ts'
import type { Tables } from '../../platform/database/tables.ts'
import type { Layer } from '../effective.ts'
import { findBase } from '../releases/find-target.ts'
import type { AppRow } from '../store/apps.ts'
import { loadChains } from '../store/chains.ts'
import { type Document, findVersion } from '../store/versions.ts'
import { unknownVersion } from '../versions/read-version.ts'

/** The layers of one release, the root template first. */
export const layersOfRelease = async (db: Kysely<Tables>, revision: number): Promise<readonly Layer[]> =>
  (await loadChains(db, [revision])).get(revision) ?? []

/** The layers that a version would have if it were released on this channel now. Throws 404, or 409 (template_not_released). */
export const layersOfVersion = async (
  db: Kysely<Tables>,
  app: AppRow,
  channel: string,
  version: string,
): Promise<readonly Layer[]> => {
  const row = await findVersion(db, app.app_id, version)
  if (!row) throw unknownVersion(app.app_id, version)
  const base = await findBase(db, app, channel)
  const above = base === null ? [] : await layersOfRelease(db, base)
  return [...above, { appId: app.app_id, version, document: row.document as Document }]
}

/** Layers as the API names them. */
export const named = (layers: readonly Layer[]): { appId: string; configVersion: string }[] =>
  layers.map(({ appId, version }) => ({ appId, configVersion: version }))

/** The 404 for a channel on which nothing is live. */
export const notReleased = (appId: string, channel: string): Problem =>
  new Problem('config_not_released', {
    detail: `Nothing is live on the channel ${channel} of ${appId}. Name a configVersion, or release one: POST /manage/v1/apps/${appId}/releases.`,
  })
