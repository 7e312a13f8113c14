import { isInRollout } from '../rollouts/is-in-rollout.ts'
import type { DeviceContext } from './device-context.ts'
import { type CachingRules, evaluatedForm, type Form, type PreparedRelease } from './prepare.ts'

/** What a device with this context gets of what is live: without a bucket it is outside of every rollout. */
export const evaluate = (release: PreparedRelease, { bucket }: DeviceContext, rules: CachingRules): Form => {
  const { candidate, live } = release
  const isIncluded =
    candidate && bucket !== undefined && isInRollout(candidate.rolloutId, bucket, candidate.percent)
  return evaluatedForm(release, isIncluded ? candidate : live, rules)
}
