import type { FleetReleaseMade, FleetResult } from '../../../../contract/fleet.ts'
import type { RolloutPlanInput } from '../../../../contract/rollout.ts'
import { requireRole } from '../../platform/auth/authenticate.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import { DryRun, type Scope } from '../change.ts'
import { goLive } from '../releases/go-live.ts'
import { type Hindrance, listHindrances } from '../releases/may-release.ts'
import { startRollout } from '../rollouts/start-rollout.ts'
import { insertFleetRelease } from '../store/fleet-releases.ts'
import { listOpenRollouts, type Made, type Making } from '../store/releases.ts'
import { describeChanges } from './describe-changes.ts'
import {
  byAppId,
  type FleetPlan,
  fleetRefused,
  type PlannedTarget,
  refusedResult,
  unchangedResult,
} from './plan.ts'

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

/** As many apps as one statement brings a release to well within its time, on a busy machine too. */
const appsAtOnce = 2_000

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
  const kind = rollout ? 'rollout' : how.kind
  const made = await makeLive(scope, plan.targets, { kind, reason, rollout, fleetReleaseId })
  const answer: FleetReleaseMade = {
    fleetReleaseId,
    rolloutId: rollout?.rolloutId ?? null,
    rollsBack,
    apps: plan.targets.length,
    actor: scope.actor.name,
    reason,
    createdAt: createdAt.toISOString(),
    results: resultsOf(plan, made),
  }
  if (how.dryRun) throw await dryRun(scope, plan, made, answer)
  await audit(scope, plan, made, { answer, request, overridden })
  const location = `/manage/v1/fleet/releases/${fleetReleaseId}`
  return { status: 201, headers: { location }, body: answer }
}

/** Moves targets that may not be released to the refusals; answers what an administrator overrides. */
const hinder = async (scope: Scope, plan: FleetPlan, override: boolean): Promise<Hindrance[]> => {
  const appIds = plan.targets.map(({ appId }) => appId)
  const hindrances = await listHindrances(scope.db, appIds, { isApproved: false })
  if (override && hindrances.length > 0) requireRole(scope.actor, 'admin', 'an override')
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
  const made: Made[] = []
  for (let at = 0; at < targets.length; at += appsAtOnce) {
    const gone = await goLive(scope, targets.slice(at, at + appsAtOnce), how)
    made.push(...gone.made)
  }
  return made
}

const resultsOf = (plan: FleetPlan, made: readonly Made[]): FleetResult[] => {
  const revisions = new Map(made.map(({ appId, revision }) => [appId, revision]))
  const released = plan.targets.map(
    ({ appId, channel, version, live }): FleetResult => ({
      appId,
      channel,
      result: 'released',
      configVersion: version,
      previousVersion: live?.version ?? null,
      revision: revisions.get(appId) ?? null,
      problem: null,
    }),
  )
  return [...released, ...plan.unchanged.map(unchangedResult), ...plan.refusals.map(refusedResult)].sort(
    byAppId,
  )
}

const dryRun = async (
  { db }: Scope,
  { targets }: FleetPlan,
  made: readonly Made[],
  { results, ...answer }: FleetReleaseMade,
): Promise<DryRun> => {
  const before = targets.flatMap(({ appId, live }) => (live ? [[appId, live.revision] as const] : []))
  const diffs = await describeChanges(db, made, new Map(before))
  const told = results.map((result): FleetResult => {
    const diff = diffs.get(result.appId)
    return { ...result, revision: null, ...(diff && { diff }) }
  })
  const body = { ...answer, fleetReleaseId: null, rolloutId: null, createdAt: null, results: told }
  return new DryRun({ status: 200, headers: {}, body })
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
