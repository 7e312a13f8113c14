import { Problem } from '../../../../contract/problems.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import type { Scope } from '../change.ts'
import { endKey, toKey } from '../store/keys.ts'
import { about } from './create-key.ts'
import { lockKeyOrThrow } from './may-give.ts'

/** Revokes a key; the next request with it is refused, on every node. Throws 403, 404 or 409. */
export const revokeKey = async (scope: Scope, keyId: string): Promise<Answer> => {
  const before = await lockKeyOrThrow(scope, keyId)
  if (before.state === 'revoked') {
    const since = before.revoked_at?.toISOString()
    throw new Problem('already_decided', { detail: `The key ${keyId} is revoked since ${since}.` })
  }
  const after = toKey(await endKey(scope.db, keyId))
  await scope.audit({ action: 'key.revoke', ...about(after), before: toKey(before), after })
  scope.notify({ topic: 'keys', names: [keyId] })
  return { status: 200, headers: {}, body: after }
}
