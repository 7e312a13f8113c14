import type { Rollout } from '../../../../contract/rollout.ts'
import type { Scope } from '../change.ts'
import { hasChannels, letGoOfChannels } from '../store/rollout-channels.ts'
import {
  claimDueRollout,
  endRollout,
  holdRollout,
  lookAgain,
  type RolloutRow,
  toRollout,
} from '../store/rollouts.ts'
import { unlessRefused } from '../unless-refused.ts'
import { findFreeze } from './find-freeze.ts'
import { lockRoots } from './find-rollout.ts'
import type { RolloutGuard } from './guard.ts'
import { takeBack } from './take-back.ts'
import { stepOf, takeStep } from './take-step.ts'

/**
 * One look at a rollout that is due: its guard is asked, and where it is time and nothing holds it, the next step is taken
 * or its bake time ended. Does nothing when another node is at it, or has just been.
 */
export const advanceRollout = async (scope: Scope, rolloutId: number, guard: RolloutGuard): Promise<void> => {
  const rollout = await claimDueRollout(scope.db, rolloutId)
  if (!rollout) return
  if (!(await hasChannels(scope.db, rolloutId))) return endWithoutChannels(scope, rollout)
  const { decision, reason } = await guard(scope.db, rollout)
  if (decision === 'rollback') return rollBack(scope, rollout, reason)
  if (!rollout.stepDue) return lookAgain(scope.db, rolloutId)
  if (decision === 'hold') return hold(scope, rollout, reason ?? 'held by its guard')
  return rollout.state === 'baking' ? complete(scope, rollout) : advance(scope, rollout, reason)
}

const rollBack = async (scope: Scope, rollout: RolloutRow, reason: string | null): Promise<void> => {
  await lockRoots(scope, rollout.rollout_id)
  const { rollout: after, releases } = await takeBack(scope, rollout, { state: 'rolled_back', reason })
  await audit(scope, 'rollout.rollback', rollout, { ...toRollout(after), releases })
}

/** A freeze, a schema or another rollout in the way is no failure: it is tried again until a person decides otherwise. */
const advance = async (scope: Scope, rollout: RolloutRow, reason: string | null): Promise<void> => {
  const roots = await lockRoots(scope, rollout.rollout_id)
  const freeze = await findFreeze(scope, roots)
  if (freeze !== undefined) return hold(scope, rollout, freeze)
  const { result, refusal } = await unlessRefused(scope, (attempt) => takeStep(attempt, rollout, reason))
  if (refusal) return hold(scope, rollout, refusal.message)
  await audit(scope, 'rollout.step', rollout, toRollout(result), stepOf(result))
}

const audit = (
  scope: Scope,
  action: string,
  before: RolloutRow,
  after: Rollout & { releases?: number },
  reason = after.reason,
): Promise<void> =>
  scope.audit({
    action,
    appId: before.app_id,
    target: String(before.rollout_id),
    before: toRollout(before),
    after,
    reason,
  })

/** Tells once why it does not go on, however often it is looked at. */
const hold = async (scope: Scope, rollout: RolloutRow, reason: string): Promise<void> => {
  const after = await holdRollout(scope.db, rollout.rollout_id, reason)
  if (rollout.reason !== reason) await audit(scope, 'rollout.hold', rollout, toRollout(after))
}

const complete = async (scope: Scope, rollout: RolloutRow): Promise<void> => {
  await lockRoots(scope, rollout.rollout_id)
  await letGoOfChannels(scope.db, rollout.rollout_id)
  const after = await endRollout(scope.db, rollout.rollout_id, 'completed', null)
  await audit(scope, 'rollout.complete', rollout, toRollout(after))
}

/** Later releases have taken its place on every channel: of one that still grew, nothing is left. */
const endWithoutChannels = async (scope: Scope, rollout: RolloutRow): Promise<void> => {
  const state = rollout.state === 'baking' ? 'completed' : 'aborted'
  const reason = 'Other releases have taken its place on every channel.'
  const after = await endRollout(scope.db, rollout.rollout_id, state, reason)
  await audit(scope, state === 'completed' ? 'rollout.complete' : 'rollout.abort', rollout, toRollout(after))
}
