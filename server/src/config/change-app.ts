import type { App, ChangeAppInput } from '../../../contract/app.ts'
import { checkIfMatch } from '../platform/http/if-match.ts'
import type { Answer } from '../platform/idempotency/once.ts'
import type { Scope } from './change.ts'
import { lockAppOrThrow, refuseArchived } from './find-app.ts'
import { type AppRow, toApp, updateApp } from './store/apps.ts'
import { listLiveReleases } from './store/releases.ts'
import { touchVersions } from './store/versions.ts'

/** Changes an app, or brings it back from the archive. Throws 404, 409 (archived) or 412. */
export const changeApp = async (
  scope: Scope,
  appId: string,
  input: ChangeAppInput,
  ifMatch: string | undefined,
): Promise<Answer> => {
  const before = await lockAppOrThrow(scope.db, appId)
  checkIfMatch(ifMatch, before.revision)
  if (input.archived === undefined) refuseArchived(before)
  return applyAppChange(scope, before, input, 'app.change')
}

/** Archives an app: its clients get 410 from now on, its data stays. Archiving it again changes nothing. */
export const archiveApp = async (
  scope: Scope,
  appId: string,
  ifMatch: string | undefined,
): Promise<Answer> => {
  const before = await lockAppOrThrow(scope.db, appId)
  checkIfMatch(ifMatch, before.revision)
  if (before.archived_at) return toAnswer(toApp(before))
  return applyAppChange(scope, before, { archived: true }, 'app.archive')
}

const toAnswer = (app: App): Answer => ({ status: 200, headers: { etag: `"${app.revision}"` }, body: app })

type AppChange = Omit<ChangeAppInput, 'archived'> & { archived?: boolean | undefined }

const applyAppChange = async (
  scope: Scope,
  before: AppRow,
  change: AppChange,
  action: string,
): Promise<Answer> => {
  const appId = before.app_id
  const after = toApp(await updateApp(scope.db, appId, change))
  await scope.audit({ action, appId, target: appId, before: toApp(before), after })
  const live = await listLiveReleases(scope.db, appId)
  await touchVersions(scope.db, appId, [...new Set(live.map((release) => release.version))])
  const channels = new Set(['stable', ...live.map((release) => release.channel)])
  await scope.announce([...channels].map((channel) => ({ appId, channel, sequence: after.revision })))
  return toAnswer(after)
}
