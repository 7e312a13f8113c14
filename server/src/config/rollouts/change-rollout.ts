import { Problem } from '../../../../contract/problems.ts'
import type { PromoteRolloutInput, RolloutAction } from '../../../../contract/rollout.ts'
import { stepsOf } from '../../../../contract/rollout-plan.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import type { Scope } from '../change.ts'
import type { Hindrance } from '../releases/may-release.ts'
import type { AppRow } from '../store/apps.ts'
import { hasChannels } from '../store/rollout-channels.ts'
import { pauseRollout, type RolloutRow, resumeRollout, toRollout } from '../store/rollouts.ts'
import { mayGoOn } from './find-freeze.ts'
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

/** What an action may say; only `promote` has something to override. */
export type ActionInput = PromoteRolloutInput

/** Pauses, resumes, promotes or aborts a rollout. Throws 403, 404, or 409 (rollout_not_possible, frozen). */
export const changeRollout = async (
  scope: Scope,
  rolloutId: number,
  action: RolloutAction,
  input: ActionInput,
): Promise<Answer> => {
  const { rollout, roots } = await lockRolloutOrThrow(scope, rolloutId)
  const { [action]: states } = possibleIn
  if (!states.includes(rollout.state)) throw notPossible(rollout, `takes one that is ${states.join(' or ')}`)
  const reason = input.reason ?? null
  const { rollout: now, ...done } = await act(scope, rollout, roots, action, input)
  const after = toRollout(now)
  await scope.audit({
    action: `rollout.${action}`,
    appId: rollout.app_id,
    target: String(rolloutId),
    before: toRollout(rollout),
    after: { ...after, ...done },
    reason,
  })
  return { status: 200, headers: {}, body: after }
}

/** The 409 for what a rollout's state does not allow. */
export const notPossible = ({ rollout_id: rolloutId, state }: RolloutRow, why: string): Problem =>
  new Problem('rollout_not_possible', { detail: `Rollout ${rolloutId} is ${state}, and this ${why}.` })

/** The rollout as it is then, and what the audit log tells beside. */
interface Done {
  rollout: RolloutRow
  releases?: number
  overridden?: Hindrance[]
}

const act = async (
  scope: Scope,
  rollout: RolloutRow,
  roots: readonly AppRow[],
  action: RolloutAction,
  input: ActionInput,
): Promise<Done> => {
  const { rollout_id: rolloutId, plan } = rollout
  const reason = input.reason ?? null
  if (action === 'pause') return { rollout: await pauseRollout(scope.db, rolloutId, reason) }
  if (action === 'resume') return { rollout: await resumeRollout(scope.db, rolloutId, reason) }
  if (!(await hasChannels(scope.db, rolloutId))) {
    throw notPossible(rollout, 'finds nothing: other releases have taken its place on every channel')
  }
  if (action === 'abort') return takeBack(scope, rollout, { state: 'aborted', reason })
  const overridden = await mayGoOn(scope, roots, input.override ?? false)
  const after = await reachAll(scope, rollout, { step: stepsOf(plan), reason })
  return { rollout: after, ...(overridden.length > 0 && { overridden }) }
}
