import type { FleetReleaseMade, FleetResult } from '../../../../contract/fleet.ts'
import { DryRun, type Scope } from '../change.ts'
import { makeAll } from '../releases/go-live.ts'
import { findMadeBreaks } from '../schemas/check-made-releases.ts'
import type { Making } from '../store/releases.ts'
import { describeChanges } from './describe-changes.ts'
import { type FleetPlan, resultsOf } from './plan.ts'

type Told = Pick<FleetReleaseMade, 'rollsBack' | 'apps' | 'actor' | 'reason'>

/**
 * Makes the releases only to see what clients would see change, and which apps a schema would stop. Answers what is to be
 * thrown, so that nothing of it stays.
 */
export const tryOut = async (
  scope: Scope,
  plan: FleetPlan,
  how: Omit<Making, 'actor'>,
  told: Told,
): Promise<DryRun> => {
  const made = await makeAll(scope, plan.targets, { ...how, actor: scope.actor.name })
  const breaks = await findMadeBreaks(scope, made)
  const broken = new Map(breaks.map((found) => [found.appId, found]))
  for (const { appId, channel, findings } of breaks) {
    const detail = findings.map((finding) => `${finding.pointer} ${finding.detail}`).join('; ')
    plan.refusals.push({ appId, channel, code: 'schema_violation', detail })
  }
  const kept = plan.targets.filter(({ appId }) => !broken.has(appId))
  const before = kept.flatMap(({ appId, live }) => (live ? [[appId, live.revision] as const] : []))
  const diffs = await describeChanges(
    scope.db,
    made.filter(({ appId }) => !broken.has(appId)),
    new Map(before),
  )
  const results = resultsOf({ ...plan, targets: kept }, []).map((result): FleetResult => {
    const diff = diffs.get(result.appId)
    return diff ? { ...result, diff } : result
  })
  const none = { fleetReleaseId: null, rolloutId: null, createdAt: null }
  const body: FleetReleaseMade = { ...none, ...told, apps: kept.length, results }
  return new DryRun({ status: 200, headers: {}, body })
}
