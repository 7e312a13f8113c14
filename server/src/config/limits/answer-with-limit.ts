import type { Limit } from '../../../../contract/limit.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import type { Scope } from '../change.ts'
import { findLimit, toLimit } from '../store/limits.ts'

/** The limit as it is now: audited, told to the gateways, and answered. */
export const answerWithLimit = async (
  scope: Scope,
  name: string,
  { action, before }: { action: string; before: Limit | null },
): Promise<Answer> => {
  const row = await findLimit(scope.db, name)
  if (!row) throw new Error('the limit is not there')
  const after = toLimit(row)
  await scope.audit({ action, appId: null, target: name, before, after })
  scope.notify({ topic: 'limits', names: [] })
  return { status: 200, headers: { etag: `"${after.revision}"` }, body: after }
}
