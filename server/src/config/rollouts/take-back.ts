import type { Scope } from '../change.ts'
import type { Made, Making } from '../store/releases.ts'
import { listReplaced, moveOnto, replacedBy, restoreChannels } from '../store/rollout-channels.ts'
import { endRollout, type RolloutRow } from '../store/rollouts.ts'

interface How {
  /** A person's word, or a guard's. */
  state: 'aborted' | 'rolled_back'
  reason: string | null
}

/**
 * Ends a rollout, whose row and apps are locked, with a new release on each channel that stands on it: of exactly what was
 * live before. No schema, freeze or approval is asked, because a way back must always be open. Answers how many releases.
 */
export const takeBack = async (
  scope: Scope,
  rollout: RolloutRow,
  { state, reason }: How,
): Promise<{ rollout: RolloutRow; releases: number }> => {
  const rolloutId = rollout.rollout_id
  const what = `Rollout ${rolloutId} ${state === 'aborted' ? 'aborted' : 'rolled back'}`
  const making: Making = {
    kind: 'rollback',
    actor: scope.actor.name,
    reason: reason === null ? what : `${what}: ${reason}`,
    rollout: null,
    fleetReleaseId: null,
  }
  const restored = await restoreChannels(scope.db, rolloutId, making)
  const followed = await followTemplates(scope, rolloutId, making)
  const made = [...restored, ...followed]
  scope.announced(made.map(({ appId, channel, sequence }) => ({ appId, channel, sequence })))
  const after = await endRollout(scope.db, rolloutId, state, reason)
  return { rollout: after, releases: made.length }
}

/** What came live on a template's new release since it reached all devices was never in the rollout, and goes back with it. */
const followTemplates = async ({ db }: Scope, rolloutId: number, making: Making): Promise<Made[]> => {
  const followed: Made[] = []
  for (let replaced = await listReplaced(db, rolloutId); replaced.length > 0; ) {
    const moved = await moveOnto(db, replaced, making)
    followed.push(...moved)
    replaced = await replacedBy(db, moved)
  }
  return followed
}
