import { Problem } from '../../../../contract/problems.ts'
import type { PublishReleaseInput, ReleaseMade } from '../../../../contract/release.ts'
import { checkIfMatch } from '../../platform/http/if-match.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import { lockAppOrThrow, refuseArchived } from '../apps/find-app.ts'
import { lockChainAbove } from '../apps/lock-chain.ts'
import type { Scope } from '../change.ts'
import { startRollout } from '../rollouts/start-rollout.ts'
import type { AppRow } from '../store/apps.ts'
import {
  findLiveRelease,
  findRelease,
  type Making,
  type ReleaseRow,
  type Target,
  toRelease,
} from '../store/releases.ts'
import { findTarget } from './find-target.ts'
import { type GoneLive, goLive } from './go-live.ts'
import { mayRelease } from './may-release.ts'

interface Permission {
  ifMatch: string | undefined
  /** Another person has approved this very release. */
  isApproved: boolean
}

/** Makes a release: `POST .../releases`. Throws 403, 404, 409, 412 or 422, as the operation lists them. */
export const publishRelease = async (
  scope: Scope,
  appId: string,
  input: PublishReleaseInput,
  ifMatch: string | undefined,
): Promise<Answer> => {
  const release = await releaseApp(scope, appId, input, { ifMatch, isApproved: false })
  return { status: 201, headers: { etag: `"${release.revision}"` }, body: release }
}

/**
 * Releases a version, rolls back or promotes; at once, or in stages. Writers of one app take turns, and so do an app and
 * the templates above it, so revisions grow in the order of the commits.
 */
export const releaseApp = async (
  scope: Scope,
  appId: string,
  input: PublishReleaseInput,
  { ifMatch, isApproved }: Permission,
): Promise<ReleaseMade> => {
  const app = await lockAppOrThrow(scope, appId)
  refuseArchived(app)
  await lockChainAbove(scope, appId)
  const { target, kind } = await findTarget(scope.db, app, input)
  const live = await findLiveRelease(scope.db, appId, target.channel)
  checkIfMatch(ifMatch, live?.revision ?? null, { required: scope.requiresIfMatch })
  const overridden = await mayRelease(scope, [appId], { override: input.override ?? false, isApproved })

  const how = await howToRelease(scope, input, kind, live)
  const gone = await goLive(scope, [target], how)
  const release = await describe(scope, app, target, gone)
  await scope.audit({
    action: `release.${kind}`,
    appId,
    target: target.version,
    before: live ? toRelease(live) : null,
    after: overridden.length > 0 ? { ...release, overridden } : release,
    reason: input.reason ?? null,
  })
  return release
}

const howToRelease = async (
  scope: Scope,
  input: PublishReleaseInput,
  kind: 'publish' | 'rollback',
  live: ReleaseRow | undefined,
): Promise<Omit<Making, 'actor'>> => {
  const reason = input.reason ?? null
  if (input.rollout === undefined) return { kind, reason, rollout: null, fleetReleaseId: null }
  if (!live) {
    throw new Problem('rollout_not_possible', {
      detail:
        'Nothing is live on the channel yet that devices outside the rollout could keep. Release it at once, without rollout.',
    })
  }
  const rollout = await startRollout(scope, input.rollout, reason)
  return { kind: 'rollout', reason, rollout, fleetReleaseId: null }
}

const describe = async (
  { db }: Scope,
  app: AppRow,
  target: Target,
  { made, fannedOut }: GoneLive,
): Promise<ReleaseMade> => {
  const row = await findRelease(db, target.appId, made[0]?.revision ?? 0)
  if (!row) throw new Error(`the release of ${target.appId} was not made`)
  if (app.kind !== 'template') return toRelease(row)
  const apps = new Set(fannedOut.map(({ appId }) => appId)).size
  return { ...toRelease(row), fanOut: { apps, channels: fannedOut.length } }
}
