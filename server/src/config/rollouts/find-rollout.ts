import { Problem } from '../../../../contract/problems.ts'
import type { Rollout } from '../../../../contract/rollout.ts'
import { requireScope } from '../../platform/auth/authenticate.ts'
import type { Reader } from '../apps/find-app.ts'
import { lockApps } from '../apps/lock-apps.ts'
import type { AppRow } from '../store/apps.ts'
import { listRoots } from '../store/rollout-channels.ts'
import { findRollout, isRolloutInScope, lockRollout, type RolloutRow, toRollout } from '../store/rollouts.ts'

const unknownRollout = (rolloutId: number): Problem =>
  new Problem('rollout_not_found', {
    detail: `There is no rollout ${rolloutId}; GET /manage/v1/rollouts lists those there are.`,
  })

/** One rollout. Throws 404, or 403 where it reaches no app that the actor's token is for. */
export const readRollout = async ({ db, actor }: Reader, rolloutId: number): Promise<Rollout> => {
  const row = await findRollout(db, rolloutId)
  if (!row) throw unknownRollout(rolloutId)
  if (await isRolloutInScope(db, rolloutId, actor.scope)) return toRollout(row)
  throw new Problem('forbidden', {
    detail: `The token of ${actor.name} is for none of the apps of rollout ${rolloutId}.`,
  })
}

/**
 * The rollout, and the apps it was started with, with everybody else who would move them kept waiting until the transaction
 * ends. Throws 404, or 403 where the actor's token is not for all of these apps.
 */
export const lockRolloutOrThrow = async (
  { db, actor }: Reader,
  rolloutId: number,
): Promise<{ rollout: RolloutRow; roots: AppRow[] }> => {
  const rollout = await lockRollout(db, rolloutId)
  if (!rollout) throw unknownRollout(rolloutId)
  const roots = await lockRoots({ db }, rolloutId)
  for (const app of roots) requireScope(actor, app)
  return { rollout, roots }
}

/**
 * Locks the apps that a rollout was started with, and the templates above them, so that it and any other release of theirs
 * take turns. Lock the rollout first.
 */
export const lockRoots = async ({ db }: Pick<Reader, 'db'>, rolloutId: number): Promise<AppRow[]> =>
  lockApps({ db }, await listRoots(db, rolloutId))
