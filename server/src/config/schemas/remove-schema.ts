import { Problem } from '../../../../contract/problems.ts'
import { checkIfMatch } from '../../platform/http/if-match.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import { lockAppOrThrow, refuseArchived } from '../apps/find-app.ts'
import type { Scope } from '../change.ts'
import { updateSchema } from '../store/schemas.ts'
import { describeSchema } from './read-schema.ts'

/** Removes the schema of an app. Throws 404 (also where it has none), 409 (archived) or 412. */
export const removeSchema = async (
  scope: Scope,
  appId: string,
  ifMatch: string | undefined,
): Promise<Answer> => {
  const before = await lockAppOrThrow(scope, appId)
  checkIfMatch(ifMatch, before.revision, { required: scope.requiresIfMatch })
  refuseArchived(before)
  if (before.schema === null) {
    throw new Problem('schema_not_found', {
      detail: `The app ${appId} has no schema of its own; GET /manage/v1/apps/${appId}/schema shows those it inherits.`,
    })
  }
  const after = await updateSchema(scope.db, appId, null)
  const body = await describeSchema(scope.db, after)
  await scope.audit({
    action: 'schema.remove',
    appId,
    target: appId,
    before: { schema: before.schema },
    after: null,
  })
  return { status: 200, headers: { etag: `"${after.revision}"` }, body }
}
