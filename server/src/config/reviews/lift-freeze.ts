import { Problem } from '../../../../contract/problems.ts'
import { requireRole, requireWholeFleet } from '../../platform/auth/authenticate.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import { findAppOrThrow } from '../apps/find-app.ts'
import type { Scope } from '../change.ts'
import { endFreeze, lockFreeze, toFreeze } from '../store/freezes.ts'

/**
 * Ends a freeze before its time. Of another person that is an override, and takes an administrator. Throws 403, 404, or 409
 * where it has ended already.
 */
export const liftFreeze = async (scope: Scope, freezeId: number): Promise<Answer> => {
  const row = await lockFreeze(scope.db, freezeId)
  if (!row) {
    throw new Problem('freeze_not_found', {
      detail: `There is no freeze ${freezeId}; GET /manage/v1/freezes lists those there are.`,
    })
  }
  if (row.app_id === null) requireWholeFleet(scope.actor, 'the end of a freeze of the fleet')
  else await findAppOrThrow(scope, row.app_id)
  if (row.actor.toLowerCase() !== scope.actor.name.toLowerCase()) {
    requireRole(scope.actor, 'admin', `to lift a freeze of ${row.actor}`)
  }
  const before = toFreeze(row)
  if (before.state !== 'active') {
    const ended = before.endedAt
      ? `lifted by ${before.endedBy} at ${before.endedAt}`
      : `over since ${before.until}`
    throw new Problem('already_decided', { detail: `The freeze ${freezeId} was ${ended}.` })
  }
  const after = toFreeze(await endFreeze(scope.db, freezeId, scope.actor.name))
  await scope.audit({
    action: 'freeze.lift',
    appId: after.appId,
    target: String(freezeId),
    before,
    after,
  })
  return { status: 200, headers: {}, body: after }
}
