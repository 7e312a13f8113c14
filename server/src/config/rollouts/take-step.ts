import { percentAt, stepSeconds, stepsOf } from '../../../../contract/rollout-plan.ts'
import type { Scope } from '../change.ts'
import { bringDown, checkAndAnnounce } from '../releases/go-live.ts'
import { renewChannels } from '../store/channels.ts'
import { listCandidateChannels, listTemplateReleases, promoteCandidates } from '../store/rollout-channels.ts'
import { type RolloutRow, saveStep } from '../store/rollouts.ts'

/** The next step of a rollout, whose row and apps are locked: more of the devices get its releases. Throws as reachAll does. */
export const takeStep = async (
  scope: Scope,
  rollout: RolloutRow,
  reason: string | null,
): Promise<RolloutRow> => {
  const percent = percentAt(rollout.plan, rollout.step)
  if (percent === 100) return reachAll(scope, rollout, { step: rollout.step + 1, reason })
  const nextStepInSeconds = stepSeconds(rollout.plan)
  const step = { step: rollout.step + 1, percent, nextStepInSeconds, reason }
  const after = await saveStep(scope.db, rollout.rollout_id, step)
  await renewAll(scope, rollout.rollout_id)
  return after
}

const renewAll = async (scope: Scope, rolloutId: number): Promise<void> => {
  for (let after = { appId: '', channel: '' }; ; ) {
    const channels = await listCandidateChannels(scope.db, rolloutId, after)
    const last = channels.at(-1)
    if (!last) return
    scope.announced(await renewChannels(scope.db, channels))
    after = last
  }
}

/**
 * All devices get the releases of a rollout now, whose row and apps are locked, and it begins to bake. What came live on a
 * template's old release while it grew is brought along. Throws 409 (rollout_in_progress, on one of those) and 422.
 */
export const reachAll = async (
  scope: Scope,
  rollout: RolloutRow,
  { step, reason }: { step: number; reason: string | null },
): Promise<RolloutRow> => {
  const rolloutId = rollout.rollout_id
  const live = await promoteCandidates(scope.db, rolloutId)
  const templates = await listTemplateReleases(scope.db, rolloutId)
  const latecomers = await bringDown(scope, templates, {
    kind: 'template',
    actor: scope.actor.name,
    reason: `Rollout ${rolloutId} has reached all devices`,
    rollout: null,
    fleetReleaseId: null,
  })
  await checkAndAnnounce(scope, [...live, ...latecomers])
  const nextStepInSeconds = rollout.plan.bakeSeconds
  return saveStep(scope.db, rolloutId, { step, percent: 100, nextStepInSeconds, reason })
}

/** A step as people read it in the audit log. */
export const stepOf = ({ step, plan }: RolloutRow): string => `step ${step} of ${stepsOf(plan)}`
