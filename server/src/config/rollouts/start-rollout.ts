import { planOf, type RolloutPlan, type RolloutPlanInput } from '../../../../contract/rollout.ts'
import type { Scope } from '../change.ts'

/** Opens a rollout; its first step is due at once, and the job takes it. Releases made with it become candidates. */
export const startRollout = async (
  scope: Scope,
  input: RolloutPlanInput,
  reason: string | null,
): Promise<{ rolloutId: number; plan: RolloutPlan }> => {
  const plan = planOf(input)
  const { rollout_id: rolloutId } = await scope.db
    .insertInto('rollouts')
    .values({ plan: JSON.stringify(plan), next_step_at: new Date(), actor: scope.actor.name, reason })
    .returning('rollout_id')
    .executeTakeFirstOrThrow()
  return { rolloutId, plan }
}
