import type { CreateKeyInput } from '../../../../contract/key.ts'
import { Problem, problemOf } from '../../../../contract/problems.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import { drawKey, drawKeyId, hashKey } from '../../platform/keys/key-text.ts'
import type { Scope } from '../change.ts'
import { insertKey, toKey } from '../store/keys.ts'
import { mayGive } from './may-give.ts'

/** Makes a key. It is in this answer and nowhere else. Throws 403, 404, 409 (the name is taken) or 422. */
export const createKey = async (scope: Scope, input: CreateKeyInput): Promise<Answer> => {
  const expiresAt = input.expiresAt === null ? null : new Date(input.expiresAt)
  if (expiresAt && expiresAt.getTime() <= Date.now()) {
    throw problemOf([
      { code: 'invalid_date', pointer: '/expiresAt', detail: 'a key that has expired already is of no use' },
    ])
  }
  await mayGive(scope, input)
  const keyId = drawKeyId()
  const key = drawKey(keyId)
  const row = await insertKey(scope.db, {
    ...input,
    keyId,
    appIds: input.appIds && [...new Set(input.appIds)].sort(),
    hash: hashKey(key),
    expiresAt,
    createdBy: scope.actor.name,
  })
  if (!row) {
    throw new Problem('key_exists', {
      detail: `There is a key ${JSON.stringify(input.name)} already. Choose another name, or revoke that key first.`,
    })
  }
  const made = toKey(row)
  await scope.audit({ action: 'key.create', ...about(made), before: null, after: made })
  scope.notify({ topic: 'keys', names: [keyId] })
  return { status: 201, headers: { location: `/manage/v1/keys/${keyId}` }, body: { ...made, key } }
}

/** What a row of the audit log says it is about: a client key belongs to its app. */
export const about = ({
  keyId,
  role,
  appIds,
}: Pick<CreateKeyInput, 'role' | 'appIds'> & { keyId: string }) => ({
  appId: role === 'client' ? (appIds?.[0] ?? null) : null,
  target: keyId,
})
