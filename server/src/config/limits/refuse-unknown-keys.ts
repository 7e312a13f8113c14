import type { Kysely } from 'kysely'
import { Problem } from '../../../../contract/problems.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { findKeys } from '../../platform/keys/key-rows.ts'

/** Throws 404 for keys that there are not: a limit for a misspelt one would hold nobody back, and say so nowhere. */
export const refuseUnknownKeys = async (
  db: Kysely<Tables>,
  keyIds: readonly string[] | null | undefined,
): Promise<void> => {
  if (!keyIds) return
  const known = new Set((await findKeys(db, keyIds)).map((row) => row.key_id))
  const unknown = keyIds.find((keyId) => !known.has(keyId))
  if (unknown === undefined) return
  throw new Problem('key_not_found', {
    detail: `There is no key ${unknown}; GET /manage/v1/keys lists those there are.`,
  })
}
