import { Problem } from '../../../../contract/problems.ts'
import type { RolloutAction, RolloutActionInput } from '../../../../contract/rollout.ts'
import { stepsOf } from '../../../../contract/rollout-plan.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import type { Scope } from '../change.ts'
import type { AppRow } from '../store/apps.ts'
import { hasChannels } from '../store/rollout-channels.ts'
import { pauseRollout, type RolloutRow, resumeRollout, toRollout } from '../store/rollouts.ts'
import { findFreeze } from './find-freeze.ts'
import { lockRolloutOrThrow } from './find-rollout.ts'
import { takeBack } from './take-back.ts'
import { reachAll } from './take-step.ts'

/** The states in which a person may do it. */
const possibleIn: Record<RolloutAction, readonly RolloutRow['state'][]> = {
  pause: ['running'],
  resume: ['paused'],
  promote: ['running', 'paused'],
  abort: ['running', 'paused', 'baking'],
}

/** Pauses, resumes, promotes or aborts a rollout. Throws 403, 404, or 409 (rollout_not_possible, frozen). */
export const changeRollout = async (
  scope: Scope,
  rolloutId: number,
  action: RolloutAction,
  input: RolloutActionInput,
): Promise<Answer> => {
  const { rollout, roots } = await lockRolloutOrThrow(scope, rolloutId)
  const { [action]: states } = possibleIn
  if (!states.includes(rollout.state)) throw notPossible(rollout, `takes one that is ${states.join(' or ')}`)
  const reason = input.reason ?? null
  const done = await act(scope, rollout, roots, action, reason)
  const after = toRollout(done.rollout)
  await scope.audit({
    action: `rollout.${action}`,
    appId: rollout.app_id,
    target: String(rolloutId),
    before: toRollout(rollout),
    after: done.releases === undefined ? after : { ...after, releases: done.releases },
    reason,
  })
  return { status: 200, headers: {}, body: after }
}

/** The 409 for what a rollout's state does not allow. */
export const notPossible = ({ rollout_id: rolloutId, state }: RolloutRow, why: string): Problem =>
  new Problem('rollout_not_possible', { detail: `Rollout ${rolloutId} is ${state}, and this ${why}.` })

const act = async (
  scope: Scope,
  rollout: RolloutRow,
  roots: readonly AppRow[],
  action: RolloutAction,
  reason: string | null,
): Promise<{ rollout: RolloutRow; releases?: number }> => {
  const { rollout_id: rolloutId, plan } = rollout
  if (action === 'pause') return { rollout: await pauseRollout(scope.db, rolloutId, reason) }
  if (action === 'resume') return { rollout: await resumeRollout(scope.db, rolloutId, reason) }
  if (!(await hasChannels(scope.db, rolloutId))) {
    throw notPossible(rollout, 'finds nothing: other releases have taken its place on every channel')
  }
  if (action === 'abort') return takeBack(scope, rollout, { state: 'aborted', reason })
  const freeze = await findFreeze(scope.db, roots)
  if (freeze !== undefined) throw new Problem('frozen', { detail: freeze })
  return { rollout: await reachAll(scope, rollout, { step: stepsOf(plan), reason }) }
}
