import { planOf, type RolloutPlanInput } from '../../../../contract/rollout.ts'
import { percentAt, stepSeconds } from '../../../../contract/rollout-plan.ts'
import type { Scope } from '../change.ts'
import type { StagedBy } from '../store/releases.ts'
import { insertRollout } from '../store/rollouts.ts'

/**
 * Opens a rollout and takes its first step: releases made with it in this transaction become candidates for as many of the
 * devices, or are live at once where that is all of them. A job takes the further steps.
 */
export const startRollout = async (
  scope: Scope,
  input: RolloutPlanInput,
  reason: string | null,
): Promise<StagedBy> => {
  const plan = planOf(input)
  const percent = percentAt(plan, 0)
  const atOnce = percent === 100
  const nextStepInSeconds = atOnce ? plan.bakeSeconds : stepSeconds(plan)
  const first = { step: 1, percent, nextStepInSeconds, reason }
  const rolloutId = await insertRollout(scope.db, plan, scope.actor.name, first)
  return { rolloutId, plan, atOnce }
}
