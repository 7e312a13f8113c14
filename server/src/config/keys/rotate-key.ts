import type { RotateKeyInput } from '../../../../contract/key.ts'
import { Problem } from '../../../../contract/problems.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import type { KeyRow } from '../../platform/keys/key-rows.ts'
import { drawKey, hashKey } from '../../platform/keys/key-text.ts'
import type { Scope } from '../change.ts'
import { replaceHash, toKey } from '../store/keys.ts'
import { about } from './create-key.ts'
import { lockKeyOrThrow } from './may-give.ts'

/** Why a key cannot be replaced; null when it can. */
const hindrance = (row: KeyRow, { overlapSeconds }: RotateKeyInput): string | null => {
  if (row.state !== 'active')
    return `The key ${row.key_id} is ${row.state}. Make a new one: POST /manage/v1/keys.`
  if (!row.overlaps || overlapSeconds === 0) return null
  const until = row.previous_expires_at?.toISOString()
  return `The key before this one counts until ${until}. Wait for that, or send "overlapSeconds": 0, which ends both at once.`
}

/** Gives a key a new text under the same id; the old text counts for a while. Throws 403, 404 or 409. */
export const rotateKey = async (scope: Scope, keyId: string, input: RotateKeyInput): Promise<Answer> => {
  const before = await lockKeyOrThrow(scope, keyId)
  const refusal = hindrance(before, input)
  if (refusal) throw new Problem('already_decided', { detail: refusal })
  const key = drawKey(keyId)
  const { overlapSeconds } = input
  const after = toKey(await replaceHash(scope.db, keyId, { hash: hashKey(key), overlapSeconds }))
  await scope.audit({ action: 'key.rotate', ...about(after), before: toKey(before), after })
  scope.notify({ topic: 'keys', names: [keyId] })
  return { status: 200, headers: {}, body: { ...after, key } }
}
