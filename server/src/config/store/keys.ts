import { type Kysely, type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely'
import type { Key } from '../../../../contract/key.ts'
import type { AppScope } from '../../platform/auth/authenticate.ts'
import type { ApiKeysTable, Tables } from '../../platform/database/tables.ts'
import { textArray } from './in-scope.ts'

/** A key as it is kept, with the day as text and its state by the clock of the database. */
export type KeyRow = Omit<Selectable<ApiKeysTable>, 'last_used_on'> & {
  last_used_on: string | null
  state: Key['state']
  /** Whether the one before the last rotation counts as well. */
  overlaps: boolean
  used_today: boolean
}

const today = sql<string>`(clock_timestamp() at time zone 'UTC')::date`

const columns = [
  ...['key_id', 'name', 'role', 'app_ids', 'labels', 'channel', 'hash', 'previous_hash'],
  ...['previous_expires_at', 'expires_at', 'revoked_at', 'created_by', 'created_at'],
] as const

const wholeRow = sql<KeyRow>`${sql.join(columns.map((column) => sql.ref(column)))}, last_used_on::text,
  case when revoked_at is not null then 'revoked' when expires_at <= clock_timestamp() then 'expired' else 'active' end
    as state,
  coalesce(previous_expires_at > clock_timestamp(), false) as overlaps,
  coalesce(last_used_on = ${today}, false) as used_today`

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
      on conflict do nothing returning ${wholeRow}`,
  )

export const findKey = (db: Kysely<Tables>, keyId: string): Promise<KeyRow | undefined> =>
  first(db, sql<KeyRow>`select ${wholeRow} from api_keys where key_id = ${keyId}`)

/** Those of these keys that are there. */
export const findKeys = async (db: Kysely<Tables>, keyIds: readonly string[]): Promise<KeyRow[]> =>
  (await sql<KeyRow>`select ${wholeRow} from api_keys where key_id = any (${textArray(keyIds)})`.execute(db))
    .rows

/** Those that have one of these SHA-256s (hex) now, or had it before the last rotation. */
export const findKeysByHash = async (db: Kysely<Tables>, hashes: readonly string[]): Promise<KeyRow[]> => {
  const asked = sql`array(select decode(asked, 'hex') from unnest(${textArray(hashes)}) asked)`
  const { rows } = await sql<KeyRow>`select ${wholeRow} from api_keys
    where hash = any (${asked}) or previous_hash = any (${asked})`.execute(db)
  return rows
}

/** Reads the key and keeps every other writer of it waiting until the transaction ends. */
export const lockKey = (db: Kysely<Tables>, keyId: string): Promise<KeyRow | undefined> =>
  first(db, sql<KeyRow>`select ${wholeRow} from api_keys where key_id = ${keyId} for update`)

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
          where key_id = ${keyId} returning ${wholeRow}`
      : sql<KeyRow>`update api_keys set hash = ${hash}, previous_hash = null, previous_expires_at = null
          where key_id = ${keyId} returning ${wholeRow}`,
  )

/** From now on neither the key nor the one before it counts. */
export const endKey = (db: Kysely<Tables>, keyId: string): Promise<KeyRow> =>
  one(
    db,
    sql<KeyRow>`update api_keys set revoked_at = clock_timestamp(), previous_hash = null, previous_expires_at = null
      where key_id = ${keyId} returning ${wholeRow}`,
  )

/** Notes that these keys are used today; writes once a day, however often it is called. */
export const noteKeyUse = async (db: Kysely<Tables>, keyIds: readonly string[]): Promise<void> => {
  await sql`update api_keys set last_used_on = ${today}
    where key_id = any (${textArray(keyIds)}) and last_used_on is distinct from ${today}`.execute(db)
}

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
  const { rows } = await sql<KeyRow>`select ${wholeRow} from api_keys
    where ${after} and ${withinScope(scope)} order by key_id limit ${page.limit}`.execute(db)
  return rows
}
