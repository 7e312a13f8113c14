import type { CreateAppInput } from '../../../../contract/app.ts'
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
