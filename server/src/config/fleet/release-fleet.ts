import type { FleetReleaseInput, Select } from '../../../../contract/fleet.ts'
import { Problem, problemOf } from '../../../../contract/problems.ts'
import { forbidden, isInScope } from '../../platform/auth/authenticate.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import { lockApps } from '../apps/lock-apps.ts'
import type { Scope } from '../change.ts'
import { listUnknownIds, selectAppIds } from '../store/app-sets.ts'
import type { AppRow } from '../store/apps.ts'
import { carryOut } from './carry-out.ts'
import type { FleetRefusal } from './plan.ts'
import { planFleetRelease } from './plan-fleet-release.ts'

/** More are released through a template. */
const appsMost = 10_000

/**
 * Releases over many apps in one transaction: all of them or none. Throws 409 (fleet_release_refused with the apps in the
 * way, nothing_to_release) and 422 where too many apps are chosen.
 */
export const releaseFleet = async (
  scope: Scope,
  input: FleetReleaseInput,
  limits: { maxBytes: number },
): Promise<Answer> => {
  const { select, release, dryRun } = input
  const unknown = await refuseUnknown(scope, select, release.channel)
  const appIds = await selectApps(scope, select, unknown.length > 0)
  const apps = (await lockApps(scope, appIds)).filter((app) => app.archived_at === null)
  refuseStrange(scope, apps, select)
  const plan = await planFleetRelease(scope, apps, release, limits)
  plan.refusals.push(...unknown)
  return carryOut(scope, plan, {
    request: { select, release },
    rollsBack: null,
    kind: 'publish',
    reason: release.reason ?? null,
    rollout: release.rollout,
    override: release.override ?? false,
    dryRun,
  })
}

/** Whoever names an app means it: a slip of the pen must not release the others. */
const refuseUnknown = async ({ db }: Scope, select: Select, channel: string): Promise<FleetRefusal[]> => {
  const unknown = select.appIds ? await listUnknownIds(db, select.appIds) : []
  return unknown.map((appId) => ({ appId, channel, code: 'app_not_found', detail: 'there is no such app.' }))
}

/** Of apps that it is not for, a token learns nothing but what it names itself. */
const refuseStrange = ({ actor }: Scope, apps: readonly AppRow[], { appIds = [] }: Select): void => {
  const named = new Set(appIds)
  const strange = apps.filter((app) => !named.has(app.app_id) && !isInScope(actor, app))
  if (strange.length === 0) return
  throw forbidden(
    `"select" fits ${strange.length} apps that the token of ${actor.name} is not for. Choose by appIds, or by the labels that it is limited to.`,
  )
}

const selectApps = async ({ db }: Scope, select: Select, mayBeNone: boolean): Promise<string[]> => {
  const appIds = await selectAppIds(db, select, appsMost + 1)
  if (appIds.length > appsMost) {
    throw problemOf([
      {
        code: 'invalid_field',
        pointer: '/select',
        detail: `more than ${appsMost} apps are chosen by this; choose fewer at a time, or release the template they extend`,
      },
    ])
  }
  if (appIds.length === 0 && !mayBeNone) {
    throw new Problem('nothing_to_release', {
      detail:
        'No app fits all that is given in "select"; templates and archived apps are never chosen. GET /manage/v1/apps lists what there is.',
    })
  }
  return appIds
}
