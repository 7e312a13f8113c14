import type { Kysely } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import type { Layer } from '../effective.ts'
import type { AppRow } from '../store/apps.ts'
import { findLiveBase, loadChains } from '../store/chains.ts'

/**
 * The layers that a version of this app would stand on if it were released on stable now, the root template first. None
 * for an app that extends nothing, and none before its template's first release.
 */
export const loadBase = async (db: Kysely<Tables>, app: Pick<AppRow, 'extends'>): Promise<Layer[]> => {
  if (app.extends === null) return []
  const revision = await findLiveBase(db, app.extends, 'stable')
  if (revision === undefined) return []
  return (await loadChains(db, [revision])).get(revision) ?? []
}
