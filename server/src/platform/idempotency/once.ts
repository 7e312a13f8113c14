import { createHash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import { Problem } from '../../../../contract/problems.ts'
import type { Tables } from '../database/tables.ts'

/** An answer that can be kept and given again. */
export interface Answer {
  status: number
  headers: Record<string, string>
  body: unknown
}

interface Identity {
  actor: string
  /** The Idempotency-Key header as sent; quoted (as the draft says) or bare (as clients do). */
  key: string
  /** What the key stands for: route and body. */
  request: unknown
}

const keptHours = 24

/**
 * Runs a change at most once for an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07). The key is written in
 * the transaction of the change: a crash keeps both or neither, and a concurrent twin waits for the first, then gets its
 * answer. Throws 422 when the key was used for another request. Keys are forgotten after 24 hours.
 */
export const once = async (
  transaction: Kysely<Tables>,
  identity: Identity,
  change: () => Promise<Answer>,
): Promise<Answer> => {
  const key = identity.key.replace(/^"(.*)"$/s, '$1')
  const fingerprint = createHash('sha256').update(JSON.stringify(identity.request)).digest('hex')
  const row = { actor: identity.actor, key }
  await forgetOldKeys(transaction)
  const inserted = await transaction
    .insertInto('idempotency_keys')
    .values({ ...row, fingerprint })
    .onConflict((conflict) => conflict.doNothing())
    .returning('key')
    .executeTakeFirst()
  if (!inserted) return keptAnswer(transaction, row, fingerprint)
  const answer = await change()
  await transaction
    .updateTable('idempotency_keys')
    .set({
      status: answer.status,
      headers: JSON.stringify(answer.headers),
      body: JSON.stringify(answer.body),
    })
    .where('actor', '=', row.actor)
    .where('key', '=', row.key)
    .execute()
  return answer
}

const keptAnswer = async (
  transaction: Kysely<Tables>,
  row: { actor: string; key: string },
  fingerprint: string,
): Promise<Answer> => {
  const kept = await transaction
    .selectFrom('idempotency_keys')
    .select(['fingerprint', 'status', 'headers', 'body'])
    .where('actor', '=', row.actor)
    .where('key', '=', row.key)
    .executeTakeFirstOrThrow()
  if (kept.fingerprint !== fingerprint) {
    throw new Problem('idempotency_key_reused', {
      detail:
        'This Idempotency-Key stands for another request of the last 24 hours. Use a new key for a new change.',
    })
  }
  return {
    status: kept.status ?? 200,
    headers: { ...(kept.headers as Record<string, string>), 'idempotency-replayed': 'true' },
    body: JSON.parse(kept.body ?? 'null'),
  }
}

/** A few at a time on the way: no job is needed, and the table stays as small as a day's changes. */
const forgetOldKeys = async (transaction: Kysely<Tables>): Promise<void> => {
  await sql`delete from idempotency_keys where ctid in (
    select ctid from idempotency_keys where created_at < now() - make_interval(hours => ${keptHours})
    limit 100 for update skip locked)`.execute(transaction)
}
