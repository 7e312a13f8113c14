import { Problem } from '../../../contract/problems.ts'
import type { PublishReleaseInput } from '../../../contract/release.ts'
import { checkIfMatch } from '../platform/http/if-match.ts'
import type { Answer } from '../platform/idempotency/once.ts'
import type { Scope } from './change.ts'
import { lockAppOrThrow, refuseArchived } from './find-app.ts'
import { unknownVersion } from './read-version.ts'
import { findLiveRelease, insertRelease, toRelease } from './store/releases.ts'
import { findVersion, touchVersions } from './store/versions.ts'

/**
 * Makes a version live on a channel. Writers of one app take turns, so revisions grow in the order of the commits.
 * Throws 404 (app, version), 409 (archived, template) or 412 (If-Match names another revision than the live one).
 */
export const publishRelease = async (
  scope: Scope,
  appId: string,
  input: PublishReleaseInput,
  ifMatch: string | undefined,
): Promise<Answer> => {
  const app = await lockAppOrThrow(scope.db, appId)
  refuseArchived(app)
  if (app.kind === 'template') {
    throw new Problem('template_not_released', {
      detail: `${appId} is a template: it reaches clients through its apps.`,
    })
  }
  const version = await findVersion(scope.db, appId, input.configVersion)
  if (!version) throw unknownVersion(appId, input.configVersion)
  const live = await findLiveRelease(scope.db, appId, input.channel)
  checkIfMatch(ifMatch, live?.revision ?? null)

  const row = await insertRelease(scope.db, {
    appId,
    channel: input.channel,
    version: input.configVersion,
    actor: scope.actor.name,
    reason: input.reason ?? null,
  })
  const release = toRelease(row)
  await touchVersions(scope.db, appId, [input.configVersion])
  await scope.audit({
    action: 'release.publish',
    appId,
    target: input.configVersion,
    before: live ? toRelease(live) : null,
    after: release,
    reason: input.reason ?? null,
  })
  await scope.announce([{ appId, channel: input.channel, sequence: release.revision }])
  return { status: 201, headers: { etag: `"${release.revision}"` }, body: release }
}
