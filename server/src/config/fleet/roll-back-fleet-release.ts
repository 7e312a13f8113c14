import type { FleetRollbackInput } from '../../../../contract/fleet.ts'
import { Problem } from '../../../../contract/problems.ts'
import { forbidden, isInScope, wholeFleet } from '../../platform/auth/authenticate.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import { lockApps } from '../apps/lock-apps.ts'
import type { Scope } from '../change.ts'
import { findLive, type LiveOn, liveKey } from '../store/app-sets.ts'
import { type FleetMember, findFleetRelease, listFleetMembers } from '../store/fleet-releases.ts'
import { carryOut } from './carry-out.ts'
import type { FleetPlan, FleetRefusal } from './plan.ts'

/** The 404 for a fleet release that is not there, or not for this token. */
export const unknownFleetRelease = (fleetReleaseId: number): Problem =>
  new Problem('fleet_release_not_found', {
    detail: `There is no fleet release ${fleetReleaseId}; GET /manage/v1/fleet/releases lists them.`,
  })

/**
 * Takes a fleet release back: in every app goes live exactly what was live before it, its template as it was then. Where
 * the template has moved on since, the app's version of before goes live on the template of now. An app that is back
 * already stays as it is. Throws 403, 404, and 409 where an app has been released otherwise since.
 */
export const rollBackFleetRelease = async (
  scope: Scope,
  fleetReleaseId: number,
  input: FleetRollbackInput,
): Promise<Answer> => {
  const { db, actor } = scope
  if (!(await findFleetRelease(db, actor.scope, fleetReleaseId))) throw unknownFleetRelease(fleetReleaseId)
  const members = await listFleetMembers(db, wholeFleet, fleetReleaseId)
  const apps = await lockApps(
    scope,
    members.map(({ appId }) => appId),
  )
  const live = await findLive(db, members)
  const strange = apps.filter((app) => !isInScope(actor, app))
  if (strange.length > 0) {
    throw forbidden(
      `Fleet release ${fleetReleaseId} reached ${strange.length} apps that the token of ${actor.name} is not for, and it is taken back as a whole.`,
    )
  }
  const plan: FleetPlan = { targets: [], unchanged: [], refusals: [] }
  for (const member of members) {
    const now = live.get(liveKey(member))
    const refusal = whyNotBack(member, now, fleetReleaseId)
    if (refusal) plan.refusals.push(refusal)
    else if (now && isBack(member, now)) plan.unchanged.push(now)
    else plan.targets.push(targetOf(member, now))
  }
  return carryOut(scope, plan, {
    request: { rollsBack: fleetReleaseId },
    rollsBack: fleetReleaseId,
    kind: 'rollback',
    reason: input.reason ?? null,
    rollout: undefined,
    override: input.override ?? false,
    dryRun: input.dryRun,
  })
}

/** What the fleet release made is live: as it was made, or because what came after was taken back. */
const isAsMade = (member: FleetMember, now: LiveOn): boolean =>
  now.version === member.version && now.baseRevision === member.baseRevision

const isBack = (member: FleetMember, now: LiveOn): boolean =>
  now.version === member.previousVersion && !isAsMade(member, now)

/** The app itself is as the fleet release left it; its template may have been released since, which is not taken back. */
const isUntouched = (member: FleetMember, now: LiveOn): boolean => now.version === member.version

const whyNotBack = (
  member: FleetMember,
  now: LiveOn | undefined,
  fleetReleaseId: number,
): FleetRefusal | undefined => {
  const { appId, channel } = member
  if (now?.hasCandidate) {
    const detail = `a rollout is under way on ${channel}. Abort or promote it first.`
    return { appId, channel, code: 'rollout_in_progress', detail }
  }
  if (now && (isUntouched(member, now) || isBack(member, now))) {
    if (member.previousVersion !== null) return undefined
    const detail = `nothing was live on ${channel} before. Release another version, or archive the app.`
    return { appId, channel, code: 'nothing_to_release', detail }
  }
  return {
    appId,
    channel,
    code: 'revision_mismatch',
    detail: `it has been released otherwise since: fleet release ${fleetReleaseId} made revision ${member.revision}, and ${now?.revision} is live on ${channel}. Roll it back by itself, or release it again.`,
  }
}

const targetOf = (member: FleetMember, live: LiveOn | undefined): FleetPlan['targets'][number] => {
  const { appId, channel, previousVersion: version } = member
  if (version === null) throw new Error(`${appId} had nothing live before`)
  const templateMovedOn = live !== undefined && !isAsMade(member, live)
  const baseRevision = templateMovedOn ? live.baseRevision : member.previousBaseRevision
  return { appId, channel, version, baseRevision, live }
}
