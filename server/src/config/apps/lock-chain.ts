import type { Scope } from '../change.ts'
import { shareApps } from '../store/apps.ts'
import { listAncestors } from '../store/chains.ts'

/**
 * Keeps the templates above an app from being released until the transaction ends, so that a release of the app and one of
 * its template take turns. Lock the app first: everybody locks upwards. Answers the templates, the nearest first.
 */
export const lockChainAbove = async ({ db }: Pick<Scope, 'db'>, appId: string): Promise<string[]> => {
  for (let before = await listAncestors(db, appId); ; ) {
    await shareApps(db, before)
    // A template may have been tied to another one while this waited.
    const now = await listAncestors(db, appId)
    if (now.join() === before.join()) return now
    before = now
  }
}
