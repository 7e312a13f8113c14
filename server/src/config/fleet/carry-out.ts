import type { FleetReleaseMade } from '../../../../contract/fleet.ts'
import { Problem } from '../../../../contract/problems.ts'
import type { RolloutPlanInput } from '../../../../contract/rollout.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import type { Scope } from '../change.ts'
import { goLive } from '../releases/go-live.ts'
import { type Hindrance, listHindrances, requireOverride } from '../releases/may-release.ts'
import { startRollout } from '../rollouts/start-rollout.ts'
import { insertFleetRelease } from '../store/fleet-releases.ts'
import { listOpenRollouts, type Made, type Making } from '../store/releases.ts'
import { type FleetPlan, fleetRefused, type PlannedTarget, resultsOf } from './plan.ts'
import { tryOut } from './try-out.ts'

interface Carrying {
  /** What was asked, as it is kept. */
  request: object
  rollsBack: number | null
  kind: 'publish' | 'rollback'
  reason: string | null
  rollout: RolloutPlanInput | undefined
  override: boolean
  dryRun: boolean
}

/**
 * Does what was planned, in the transaction of the plan, and answers 201 with a line for each app. A dry run does it all
 * the same, compares before and after, and takes it back: 200. Throws 409 where an app is in the way.
 */
export const carryOut = async (scope: Scope, plan: FleetPlan, how: Carrying): Promise<Answer> => {
  const overridden = await hinder(scope, plan, how.override)
  const apps = plan.targets.length + plan.unchanged.length + plan.refusals.length
  if (plan.refusals.length > 0 && !how.dryRun) throw fleetRefused(plan.refusals, apps)

  const { request, rollsBack, reason } = how
  const { fleetReleaseId, createdAt } = await insertFleetRelease(scope.db, {
    request,
    rollsBack,
    apps: plan.targets.length,
    actor: scope.actor.name,
    reason,
  })
  const rollout =
    how.rollout === undefined || plan.targets.length === 0
      ? null
      : await startRollout(scope, how.rollout, reason)
  const making = { kind: rollout ? ('rollout' as const) : how.kind, reason, rollout, fleetReleaseId }
  const told = {
    rollsBack,
    apps: plan.targets.length,
    actor: scope.actor.name,
    reason,
  }
  if (how.dryRun) throw await tryOut(scope, plan, making, told)
  const made = await makeLive(scope, plan.targets, making)
  const answer: FleetReleaseMade = {
    fleetReleaseId,
    rolloutId: rollout?.rolloutId ?? null,
    ...told,
    createdAt: createdAt.toISOString(),
    results: resultsOf(plan, made),
  }
  await audit(scope, plan, made, { answer, request, overridden })
  const location = `/manage/v1/fleet/releases/${fleetReleaseId}`
  return { status: 201, headers: { location }, body: answer }
}

/** Moves targets that may not be released to the refusals; answers what an administrator overrides. */
const hinder = async (scope: Scope, plan: FleetPlan, override: boolean): Promise<Hindrance[]> => {
  const appIds = plan.targets.map(({ appId }) => appId)
  const hindrances = await listHindrances(scope.db, appIds, { isApproved: false })
  if (override && hindrances.length > 0) await requireOverride(scope, hindrances)
  const open = (await listOpenRollouts(scope.db, plan.targets, null)).map(({ appId, rolloutId }) => ({
    appId,
    code: 'rollout_in_progress' as const,
    detail: `rollout ${rolloutId} is under way. Promote or abort it first: POST /manage/v1/rollouts/${rolloutId}/promote or /abort.`,
  }))
  const refused = new Map([...open, ...(override ? [] : hindrances)].map((why) => [why.appId, why]))
  plan.refusals.push(
    ...plan.targets.flatMap(({ appId, channel }) => {
      const why = refused.get(appId)
      return why ? [{ ...why, channel }] : []
    }),
  )
  plan.targets = plan.targets.filter(({ appId }) => !refused.has(appId))
  return override ? hindrances : []
}

const makeLive = async (
  scope: Scope,
  targets: readonly PlannedTarget[],
  how: Omit<Making, 'actor'>,
): Promise<Made[]> => {
  try {
    return (await goLive(scope, targets, how)).made
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'schema_violation') throw error
    const { message: detail, errors = [] } = error
    throw new Problem('fleet_release_refused', { detail, errors })
  }
}

/** One row for all: the documents are in the versions, and the history of each app has its release. */
const audit = async (
  scope: Scope,
  plan: FleetPlan,
  made: readonly Made[],
  { answer, request, overridden }: { answer: FleetReleaseMade; request: object; overridden: Hindrance[] },
): Promise<void> => {
  const { results, ...after } = answer
  const unchanged = plan.unchanged.length
  const before = plan.targets.map(({ appId, live }) => [appId, live?.revision ?? null])
  await scope.audit({
    action: answer.rollsBack === null ? 'fleet.release' : 'fleet.rollback',
    appId: null,
    target: String(answer.fleetReleaseId),
    before: { live: Object.fromEntries(before) },
    after: {
      ...after,
      ...request,
      unchanged,
      live: Object.fromEntries(made.map(({ appId, revision }) => [appId, revision])),
      ...(overridden.length > 0 && {
        overridden: overridden.slice(0, 20),
        overriddenApps: overridden.length,
      }),
    },
    reason: answer.reason,
  })
}
