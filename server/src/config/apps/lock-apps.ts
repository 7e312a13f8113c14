import type { Scope } from '../change.ts'
import { listTemplatesAbove, lockAppRows } from '../store/app-sets.ts'
import { type AppRow, shareApps } from '../store/apps.ts'

/**
 * Locks many apps for a change, and keeps the templates above them from being released meanwhile: as lockAppOrThrow and
 * lockChainAbove do for one, in the same order. Answers those of them that exist, as they are now.
 */
export const lockApps = async ({ db }: Pick<Scope, 'db'>, appIds: readonly string[]): Promise<AppRow[]> => {
  const apps = await lockAppRows(db, appIds)
  for (let before = await listTemplatesAbove(db, appIds); ; ) {
    await shareApps(db, before)
    // A template may have been tied to another one while this waited.
    const now = await listTemplatesAbove(db, appIds)
    if (now.join() === before.join()) return apps
    before = now
  }
}
