import type { RolloutSignalInput } from '../../../../contract/rollout.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import type { Scope } from '../change.ts'
import { hasChannels } from '../store/rollout-channels.ts'
import { saveSignal } from '../store/rollout-signals.ts'
import { lookNow, type RolloutRow, toRollout } from '../store/rollouts.ts'
import { notPossible } from './change-rollout.ts'
import { lockRolloutOrThrow } from './find-rollout.ts'
import { wordOf } from './guard.ts'
import { takeBack } from './take-back.ts'

/**
 * Keeps what a monitor says of a rollout; a rollback is done at once. Saying the same again only moves the time when it
 * expires. Throws 403, 404, or 409 for a rollout that has ended.
 */
export const signalRollout = async (
  scope: Scope,
  rolloutId: number,
  input: RolloutSignalInput,
): Promise<Answer> => {
  const { rollout } = await lockRolloutOrThrow(scope, rolloutId)
  if (rollout.ended_at) throw notPossible(rollout, 'takes one that has not ended')
  const signal = { ...input, reason: input.reason ?? null }
  const { isNews } = await saveSignal(scope.db, rolloutId, signal, scope.actor.name)
  const { rollout: after, ...effect } = await follow(scope, rollout, signal)
  if (isNews || after.ended_at) {
    await scope.audit({
      action: after.ended_at ? 'rollout.rollback' : 'rollout.signal',
      appId: rollout.app_id,
      target: String(rolloutId),
      before: toRollout(rollout),
      after: { ...toRollout(after), ...effect, signal: input },
      reason: signal.reason,
    })
  }
  return { status: 200, headers: {}, body: toRollout(after) }
}

const follow = async (
  scope: Scope,
  rollout: RolloutRow,
  signal: Omit<RolloutSignalInput, 'reason'> & { reason: string | null },
): Promise<{ rollout: RolloutRow; releases?: number }> => {
  if (signal.decision === 'rollback' && (await hasChannels(scope.db, rollout.rollout_id))) {
    return takeBack(scope, rollout, { state: 'rolled_back', reason: wordOf(signal) })
  }
  return { rollout: rollout.state === 'paused' ? rollout : await lookNow(scope.db, rollout.rollout_id) }
}
