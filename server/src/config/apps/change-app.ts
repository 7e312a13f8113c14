import type { App, ChangeAppInput } from '../../../../contract/app.ts'
import { Problem } from '../../../../contract/problems.ts'
import { requireScope } from '../../platform/auth/authenticate.ts'
import { checkIfMatch } from '../../platform/http/if-match.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import type { Scope } from '../change.ts'
import { type AppRow, findExtending, toApp, updateApp } from '../store/apps.ts'
import { listChannelRows, renewChannels } from '../store/channels.ts'
import { checkExtends, checkTemplate, lockTies } from './extend.ts'
import { lockAppOrThrow, refuseArchived } from './find-app.ts'
import { lockChainAbove } from './lock-chain.ts'
import { mayLoosen } from './may-loosen.ts'
import { mayReturn } from './may-return.ts'

/**
 * Changes an app, or brings it back from the archive. Another template reaches its clients with its next release. Throws
 * 403, 404, 409 (archived, or a template that cannot be extended), 412 or 422 (what comes back breaks a schema).
 */
export const changeApp = async (
  scope: Scope,
  appId: string,
  input: ChangeAppInput,
  ifMatch: string | undefined,
): Promise<Answer> => {
  if (input.extends) await lockTies(scope)
  const before = await lockAppOrThrow(scope, appId)
  checkIfMatch(ifMatch, before.revision, { required: scope.requiresIfMatch })
  if (input.archived === undefined) refuseArchived(before)
  // Whoever gives an app away could not take it back.
  if (input.labels) requireScope(scope.actor, { app_id: appId, labels: input.labels })
  await mayLoosen(scope, before, input)
  // A release of a template above would reach it unapproved, or unchecked: those on their way come first.
  if (input.requiresApproval || before.archived_at) await lockChainAbove(scope, appId)
  if (input.extends) await checkExtends(scope, appId, input.extends)
  else if (before.archived_at && before.extends && input.extends === undefined) {
    await checkTemplate(scope, before.extends)
  }
  const answer = await applyAppChange(scope, before, input, 'app.change')
  if (before.archived_at) await mayReturn(scope, before)
  return answer
}

/** Archives an app: its clients get 410 from now on, its data stays. Archiving it again changes nothing. */
export const archiveApp = async (
  scope: Scope,
  appId: string,
  ifMatch: string | undefined,
): Promise<Answer> => {
  const before = await lockAppOrThrow(scope, appId)
  checkIfMatch(ifMatch, before.revision, { required: scope.requiresIfMatch })
  if (before.archived_at) return toAnswer(toApp(before))
  if (before.kind === 'template') await refuseInUse(scope, appId)
  return applyAppChange(scope, before, { archived: true }, 'app.archive')
}

const refuseInUse = async ({ db }: Scope, template: string): Promise<void> => {
  const user = await findExtending(db, template)
  if (!user) return
  throw new Problem('template_in_use', {
    detail: `${user} and perhaps others extend ${template}. Archive them first, or tie them to another template: PATCH /manage/v1/apps/${user} {"extends": ...}.`,
  })
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
  const live = await listChannelRows(scope.db, appId)
  scope.announced(
    await renewChannels(
      scope.db,
      live.map(({ channel }) => ({ appId, channel })),
    ),
  )
  // Nodes may remember that there was nothing on it.
  if (!live.some(({ channel }) => channel === 'stable')) {
    await scope.announce([{ appId, channel: 'stable', sequence: after.revision }])
  }
  // Last, because the log is written by one transaction at a time, and channels may be those of a fan-out just now.
  await scope.audit({ action, appId, target: appId, before: toApp(before), after })
  return toAnswer(after)
}
