import { isException } from '../../../../contract/limit.ts'
import { Problem } from '../../../../contract/problems.ts'
import { requireWholeFleet } from '../../platform/auth/authenticate.ts'
import { checkIfMatch } from '../../platform/http/if-match.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import type { Scope } from '../change.ts'
import { deleteLimit, drawLimitsRevision, findLimit, findPolicy, toLimit } from '../store/limits.ts'
import { noSuchLimit } from './read-limit.ts'

/** Removes a limit. Throws 403, 404, 409 (it has exceptions), 412 or 428. */
export const removeLimit = async (
  scope: Scope,
  name: string,
  ifMatch: string | undefined,
): Promise<Answer> => {
  requireWholeFleet(scope.actor, 'a rate limit')
  await drawLimitsRevision(scope.db)
  const row = await findLimit(scope.db, name)
  if (!row) throw noSuchLimit(name)
  checkIfMatch(ifMatch, row.revision, { required: scope.requiresIfMatch })
  if (!isException(name)) await refuseInUse(scope, name)
  await deleteLimit(scope.db, name)
  const before = toLimit(row)
  await scope.audit({ action: 'limit.remove', appId: null, target: name, before, after: null })
  scope.notify({ topic: 'limits', names: [] })
  return { status: 200, headers: {}, body: before }
}

const refuseInUse = async ({ db }: Scope, policy: string): Promise<void> => {
  const exception = (await findPolicy(db, policy)).find(({ name }) => isException(name))
  if (!exception) return
  throw new Problem('limit_in_use', {
    detail: `${exception.name} and perhaps others are exceptions to ${policy}. Remove them first, or end all with PATCH /manage/v1/limits/${policy} {"isEnabled": false}.`,
  })
}
