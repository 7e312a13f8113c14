import type { CreateAppInput } from '../../../contract/app.ts'
import { Problem } from '../../../contract/problems.ts'
import type { Answer } from '../platform/idempotency/once.ts'
import type { Scope } from './change.ts'
import { insertApp, toApp } from './store/apps.ts'

/** Creates an app. Throws 409 when the appId is taken, by an archived app too. */
export const createApp = async (scope: Scope, input: CreateAppInput): Promise<Answer> => {
  const row = await insertApp(scope.db, input)
  if (!row) {
    throw new Problem('app_exists', {
      detail: `There is an app ${input.appId} already. Choose another appId, or change it with PATCH.`,
    })
  }
  const app = toApp(row)
  await scope.audit({ action: 'app.create', appId: app.appId, target: app.appId, before: null, after: app })
  // Nodes may remember that this id was unknown.
  await scope.announce([{ appId: app.appId, channel: 'stable', sequence: app.revision }])
  return {
    status: 201,
    headers: { location: `/manage/v1/apps/${app.appId}`, etag: `"${app.revision}"` },
    body: app,
  }
}
