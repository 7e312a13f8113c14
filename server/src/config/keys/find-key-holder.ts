import { createHash, timingSafeEqual } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { FindKeyHolder } from '../../platform/auth/authenticate.ts'
import type { Tables } from '../../platform/database/tables.ts'

/** `parasol_<keyId>_<secret>`; the id finds the row, so that the hashes are compared in constant time. */
const keyPattern = /^parasol_([a-z0-9]{12})_[A-Za-z0-9_-]{32}$/

/** Looks a management key up in the database with each request, so that a revoked one is refused at once on every node. */
export const createFindKeyHolder =
  (db: Kysely<Tables>): FindKeyHolder =>
  async (token) => {
    const keyId = keyPattern.exec(token)?.[1]
    if (!keyId) return undefined
    const row = await db.selectFrom('api_keys').selectAll().where('key_id', '=', keyId).executeTakeFirst()
    if (!row || row.role === 'client' || row.revoked_at) return undefined
    const now = Date.now()
    if (row.expires_at && row.expires_at.getTime() <= now) return undefined
    const hash = createHash('sha256').update(token).digest()
    const isCurrent = timingSafeEqual(hash, row.hash)
    const isPrevious =
      row.previous_hash !== null &&
      timingSafeEqual(hash, row.previous_hash) &&
      (row.previous_expires_at?.getTime() ?? 0) > now
    if (!isCurrent && !isPrevious) return undefined
    return {
      name: row.name,
      role: row.role,
      scope: { appIds: row.app_ids, labels: row.labels as Record<string, string> | null },
    }
  }
