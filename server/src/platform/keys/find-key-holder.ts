import type { Kysely } from 'kysely'
import { type FindKeyHolder, forbidden } from '../auth/authenticate.ts'
import type { Tables } from '../database/tables.ts'
import { findKey, type KeyRow, noteKeyUse } from './key-rows.ts'
import { hashKey, isSameHash, keyIdOf } from './key-text.ts'

/** Whether this is the key of the row, or the one before it while both count. */
export const isKeyOf = (row: KeyRow, key: string): boolean => {
  const hash = hashKey(key)
  const isPrevious = row.previous_hash !== null && isSameHash(hash, row.previous_hash) && row.overlaps
  return row.state === 'active' && (isSameHash(hash, row.hash) || isPrevious)
}

/**
 * Looks a management key up in the database with each request, so that a revoked one is refused at once on every node. The
 * id in the key finds the row; the hashes are compared in constant time. That it was used is noted off the request's way.
 */
export const createFindKeyHolder =
  (db: Kysely<Tables>, onError: (error: unknown) => void): FindKeyHolder =>
  async (token) => {
    const keyId = keyIdOf(token)
    const row = keyId === undefined ? undefined : await findKey(db, keyId)
    if (!row || !isKeyOf(row, token)) return undefined
    if (!row.used_today) noteKeyUse(db, [row.key_id]).catch(onError)
    if (row.role === 'client') {
      throw forbidden(`${row.name} is a client key: it reads the config of one app, and manages nothing.`)
    }
    const labels = row.labels as Record<string, string> | null
    return { name: row.name, role: row.role, scope: { appIds: row.app_ids, labels } }
  }
