import type { CloneAppInput } from '../../../../contract/app.ts'
import { requireScope } from '../../platform/auth/authenticate.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import type { Scope } from '../change.ts'
import { goLive } from '../releases/go-live.ts'
import { mayRelease, waysOut } from '../releases/may-release.ts'
import { findApp, toApp } from '../store/apps.ts'
import { copyApp, copyLiveVersions } from '../store/clones.ts'
import { announceNew, appExists, made } from './create-app.ts'
import { lockAppOrThrow, refuseArchived } from './find-app.ts'
import { lockChainAbove } from './lock-chain.ts'

/** There is no clone yet for which anybody could propose a release. */
const ways = {
  ...waysOut,
  approval_required: (appId: string) =>
    `An administrator may clone it with "override": true and a reason. Others create ${appId}, save its config, and propose its release.`,
}

/**
 * Makes a new app of what another one is and has live, on the same releases of its template. No tie is left between the two.
 * What a rollout is still bringing is not copied. Throws 403, 404, 409 (archived, taken, frozen, approval) or 422.
 */
export const cloneApp = async (scope: Scope, appId: string, input: CloneAppInput): Promise<Answer> => {
  const source = await lockAppOrThrow(scope, appId)
  refuseArchived(source)
  requireScope(scope.actor, { app_id: input.appId, labels: input.labels ?? source.labels })
  // The copy shows the template's config, as an app that is tied to it by hand would.
  const template = source.extends === null ? undefined : await findApp(scope.db, source.extends)
  if (template) requireScope(scope.actor, template)
  // A release of a template meanwhile would not reach the copy, which nobody else sees yet.
  await lockChainAbove(scope, appId)
  const row = await copyApp(scope.db, appId, { appId: input.appId, name: input.name, labels: input.labels })
  if (!row) throw appExists(input.appId)
  const targets = await copyLiveVersions(scope.db, appId, { appId: row.app_id, createdBy: scope.actor.name })
  const reason = input.reason ?? `A clone of ${appId}`
  const overridden =
    targets.length > 0
      ? await mayRelease(scope, [row.app_id], { override: input.override ?? false, isApproved: false, ways })
      : []
  await goLive(scope, targets, { kind: 'publish', reason, rollout: null, fleetReleaseId: null })
  const app = toApp(row)
  await announceNew(scope, app)
  await scope.audit({
    action: 'app.clone',
    appId: app.appId,
    target: app.appId,
    before: null,
    after: { ...app, clonedFrom: appId, live: targets, ...(overridden.length > 0 && { overridden }) },
    reason,
  })
  return made(app)
}
