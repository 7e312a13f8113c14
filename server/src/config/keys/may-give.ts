import type { CreateKeyInput } from '../../../../contract/key.ts'
import { Problem } from '../../../../contract/problems.ts'
import { forbidden } from '../../platform/auth/authenticate.ts'
import type { KeyRow } from '../../platform/keys/key-rows.ts'
import { findAppOrThrow } from '../apps/find-app.ts'
import type { Scope } from '../change.ts'
import { isKeyWithin, lockKey } from '../store/keys.ts'

/**
 * Throws 403 for a key that would reach further than the token it is made with: of a token limited to apps only keys for some
 * of these, of one limited by labels only keys with these labels too. A client key must be for an app that there is (404).
 */
export const mayGive = async ({ db, actor }: Scope, input: CreateKeyInput): Promise<void> => {
  if (input.role === 'client') {
    await findAppOrThrow({ db, actor }, input.appIds?.[0] ?? '')
    return
  }
  const { appIds, labels } = actor.scope
  const isWithinIds = appIds === null || (input.appIds?.every((appId) => appIds.includes(appId)) ?? false)
  const isWithinLabels =
    labels === null || Object.entries(labels).every(([name, value]) => input.labels?.[name] === value)
  if (isWithinIds && isWithinLabels) return
  const own = JSON.stringify({ appIds, labels })
  throw forbidden(
    `The token of ${actor.name} is limited to ${own}, so the keys it makes must be so at least.`,
  )
}

/** The key, with every other writer of it kept waiting. Throws 404, or 403 for one that reaches further than the token. */
export const lockKeyOrThrow = async ({ db, actor }: Scope, keyId: string): Promise<KeyRow> => {
  const row = await lockKey(db, keyId)
  if (!row) {
    throw new Problem('key_not_found', {
      detail: `There is no key ${keyId}; GET /manage/v1/keys lists those there are.`,
    })
  }
  if (await isKeyWithin(db, keyId, actor.scope)) return row
  throw forbidden(`The key ${keyId} reaches further than the token of ${actor.name}.`)
}
