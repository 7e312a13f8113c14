import type { App, CreateAppInput } from '../../../../contract/app.ts'
import { Problem } from '../../../../contract/problems.ts'
import { requireScope } from '../../platform/auth/authenticate.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import type { Scope } from '../change.ts'
import { insertApp, toApp } from '../store/apps.ts'
import { checkExtends, lockTies } from './extend.ts'

/** Creates an app. Throws 409 when the appId is taken, by an archived app too, and where it cannot extend what it names. */
export const createApp = async (scope: Scope, input: CreateAppInput): Promise<Answer> => {
  requireScope(scope.actor, { app_id: input.appId, labels: input.labels })
  if (input.extends !== null) {
    await lockTies(scope)
    await checkExtends(scope, input.appId, input.extends)
  }
  const row = await insertApp(scope.db, input)
  if (!row) throw appExists(input.appId)
  const app = toApp(row)
  await announceNew(scope, app)
  await scope.audit({ action: 'app.create', appId: app.appId, target: app.appId, before: null, after: app })
  return made(app)
}

/** The 409 for an appId that is taken. */
export const appExists = (appId: string): Problem =>
  new Problem('app_exists', {
    detail: `There is an app ${appId} already. Choose another appId, or change it with PATCH.`,
  })

/** Nodes may remember that this id was unknown. */
export const announceNew = (scope: Scope, app: App): Promise<void> =>
  scope.announce([{ appId: app.appId, channel: 'stable', sequence: app.revision }])

/** The answer to a request that made an app. */
export const made = (app: App): Answer => ({
  status: 201,
  headers: { location: `/manage/v1/apps/${app.appId}`, etag: `"${app.revision}"` },
  body: app,
})
