import type { Kysely } from 'kysely'
import type { KeysFeed, KnownKey } from '../../../../contract/gateway-feed.ts'
import { askTogether } from '../../platform/ask-together.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { findKeysByHash, type KeyRow, noteKeyUse } from '../../platform/keys/key-rows.ts'
import { within } from '../../platform/within.ts'

/** As long as a reader waits for the database; a gateway has its own last answers to fall back on. */
const patienceMs = 1_000

export type LookUpKeys = (hashes: readonly string[]) => Promise<KeysFeed>

/**
 * Tells which keys count, by their SHA-256s: all gateways that ask together take one connection, and a question one statement.
 * Whoever asks has read it after they asked. That the keys are used is noted off the way. Throws 503 while the database is away.
 */
export const createLookUpKeys = (db: Kysely<Tables>, onError: (error: unknown) => void): LookUpKeys => {
  const ask = askTogether(async (hashes) => {
    const rows = (await findKeysByHash(db, hashes)).filter(({ state }) => state === 'active')
    const unnoted = rows.filter((row) => !row.used_today).map((row) => row.key_id)
    if (unnoted.length > 0) noteKeyUse(db, unnoted).catch(onError)
    return new Map(rows.flatMap(knownBy))
  }, onError)
  return async (hashes) => {
    const found = await within(patienceMs, 'looking keys up', ask(hashes))
    return { keys: found.map((key) => key ?? null) }
  }
}

/** The key by each hash that counts for it: two while a rotation lets the one before count too. */
const knownBy = (row: KeyRow): [string, KnownKey][] => {
  const known = knownAs(row, row.hash, row.expires_at)
  if (!row.previous_hash || !row.previous_expires_at || !row.overlaps) return [known]
  const { expires_at: end, previous_expires_at: overlapEnd } = row
  return [known, knownAs(row, row.previous_hash, end && end < overlapEnd ? end : overlapEnd)]
}

const knownAs = (row: KeyRow, hash: Uint8Array, expiresAt: Date | null): [string, KnownKey] => {
  const text = Buffer.from(hash).toString('hex')
  return [
    text,
    {
      keyId: row.key_id,
      role: row.role,
      appIds: row.app_ids,
      channel: row.channel,
      expiresAt: expiresAt?.toISOString() ?? null,
      hash: text,
    },
  ]
}
