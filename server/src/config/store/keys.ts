import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Key } from '../../../../contract/key.ts'
import type { AppScope } from '../../platform/auth/authenticate.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import { type KeyRow, wholeKey } from '../../platform/keys/key-rows.ts'

/** The key as the management API shows it: nothing of what its holder sends. */
export const toKey = (row: KeyRow): Key => ({
  keyId: row.key_id,
  name: row.name,
  role: row.role,
  appIds: row.app_ids,
  labels: row.labels as Record<string, string> | null,
  channel: row.channel,
  state: row.state,
  expiresAt: row.expires_at?.toISOString() ?? null,
  previousExpiresAt: row.previous_expires_at?.toISOString() ?? null,
  lastUsedOn: row.last_used_on,
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
  revokedAt: row.revoked_at?.toISOString() ?? null,
})

const first = async (db: Kysely<Tables>, statement: RawBuilder<KeyRow>): Promise<KeyRow | undefined> =>
  (await statement.execute(db)).rows[0]

const one = async (db: Kysely<Tables>, statement: RawBuilder<KeyRow>): Promise<KeyRow> => {
  const row = await first(db, statement)
  if (!row) throw new Error('the key is not there')
  return row
}

export interface NewKey {
  keyId: string
  name: string
  role: Key['role']
  appIds: readonly string[] | null
  labels: Record<string, string> | null
  channel: string | null
  hash: Uint8Array
  expiresAt: Date | null
  createdBy: string
}

/** The new row, or undefined where a key that is not revoked has the name. */
export const insertKey = (db: Kysely<Tables>, key: NewKey): Promise<KeyRow | undefined> =>
  first(
    db,
    sql<KeyRow>`insert into api_keys (key_id, name, role, app_ids, labels, channel, hash, expires_at, created_by)
      values (${key.keyId}, ${key.name}, ${key.role}, ${key.appIds && textArray(key.appIds)},
        ${key.labels && JSON.stringify(key.labels)}::jsonb, ${key.channel}, ${key.hash}, ${key.expiresAt}, ${key.createdBy})
      on conflict do nothing returning ${wholeKey}`,
  )

/** Reads the key and keeps every other writer of it waiting until the transaction ends. */
export const lockKey = (db: Kysely<Tables>, keyId: string): Promise<KeyRow | undefined> =>
  first(db, sql<KeyRow>`select ${wholeKey} from api_keys where key_id = ${keyId} for update`)

/** A new hash; the old one counts for so many seconds. */
export const replaceHash = (
  db: Kysely<Tables>,
  keyId: string,
  { hash, overlapSeconds }: { hash: Uint8Array; overlapSeconds: number },
): Promise<KeyRow> =>
  one(
    db,
    overlapSeconds > 0
      ? sql<KeyRow>`update api_keys set hash = ${hash}, previous_hash = hash,
          previous_expires_at = clock_timestamp() + make_interval(secs => ${overlapSeconds})
          where key_id = ${keyId} returning ${wholeKey}`
      : sql<KeyRow>`update api_keys set hash = ${hash}, previous_hash = null, previous_expires_at = null
          where key_id = ${keyId} returning ${wholeKey}`,
  )

/** From now on neither the key nor the one before it counts. */
export const endKey = (db: Kysely<Tables>, keyId: string): Promise<KeyRow> =>
  one(
    db,
    sql<KeyRow>`update api_keys set revoked_at = clock_timestamp(), previous_hash = null, previous_expires_at = null
      where key_id = ${keyId} returning ${wholeKey}`,
  )

/** The condition that a key reaches no further than this scope. */
const withinScope = ({ appIds, labels }: AppScope): RawBuilder<SqlBool> => {
  const byId = appIds ? sql`app_ids <@ ${textArray(appIds)}` : sql`true`
  const byLabels = labels
    ? sql`(labels @> ${JSON.stringify(labels)}::jsonb or role = 'client' and exists (select from apps a
        where a.app_id = app_ids[1] and a.labels @> ${JSON.stringify(labels)}::jsonb))`
    : sql`true`
  return sql`coalesce(${byId} and ${byLabels}, false)`
}

/** Whether a key reaches no further than this scope. */
export const isKeyWithin = async (db: Kysely<Tables>, keyId: string, scope: AppScope): Promise<boolean> => {
  const { rows } = await sql<{ within: boolean }>`
    select ${withinScope(scope)} as within from api_keys where key_id = ${keyId}`.execute(db)
  return rows[0]?.within ?? false
}

/** Keys that reach no further than this scope, by keyId, from after the given one. */
export const listKeyRows = async (
  db: Kysely<Tables>,
  scope: AppScope,
  page: { after: string | null; limit: number },
): Promise<KeyRow[]> => {
  const after = page.after === null ? sql`true` : sql`key_id > ${page.after}`
  const { rows } = await sql<KeyRow>`select ${wholeKey} from api_keys
    where ${after} and ${withinScope(scope)} order by key_id limit ${page.limit}`.execute(db)
  return rows
}
