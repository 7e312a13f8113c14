import { type Kysely, type Selectable, sql } from 'kysely'
import type { Key } from '../../../../contract/key.ts'
import type { ApiKeysTable, Tables } from '../database/tables.ts'
import { textArray } from '../database/text-array.ts'

/** A key as it is kept, with the day as text and its state by the clock of the database. */
export type KeyRow = Omit<Selectable<ApiKeysTable>, 'last_used_on'> & {
  last_used_on: string | null
  state: Key['state']
  /** Whether the one before the last rotation counts as well. */
  overlaps: boolean
  used_today: boolean
}

/** By UTC. */
const today = sql<string>`(clock_timestamp() at time zone 'UTC')::date`

const columns = [
  ...['key_id', 'name', 'role', 'app_ids', 'labels', 'channel', 'hash', 'previous_hash'],
  ...['previous_expires_at', 'expires_at', 'revoked_at', 'created_by', 'created_at'],
] as const

/** Every column of a {@link KeyRow}. */
export const wholeKey = sql<KeyRow>`${sql.join(columns.map((column) => sql.ref(column)))}, last_used_on::text,
  case when revoked_at is not null then 'revoked' when expires_at <= clock_timestamp() then 'expired' else 'active' end
    as state,
  coalesce(previous_expires_at > clock_timestamp(), false) as overlaps,
  coalesce(last_used_on = ${today}, false) as used_today`

export const findKey = async (db: Kysely<Tables>, keyId: string): Promise<KeyRow | undefined> =>
  (await sql<KeyRow>`select ${wholeKey} from api_keys where key_id = ${keyId}`.execute(db)).rows[0]

/** Those of these keys that are there. */
export const findKeys = async (db: Kysely<Tables>, keyIds: readonly string[]): Promise<KeyRow[]> =>
  (await sql<KeyRow>`select ${wholeKey} from api_keys where key_id = any (${textArray(keyIds)})`.execute(db))
    .rows

/** Those that have one of these SHA-256s (hex) now, or had it before the last rotation. */
export const findKeysByHash = async (db: Kysely<Tables>, hashes: readonly string[]): Promise<KeyRow[]> => {
  const asked = sql`array(select decode(asked, 'hex') from unnest(${textArray(hashes)}) asked)`
  const { rows } = await sql<KeyRow>`select ${wholeKey} from api_keys
    where hash = any (${asked}) or previous_hash = any (${asked})`.execute(db)
  return rows
}

/** Notes that these keys are used today; writes once a day, however often it is called. */
export const noteKeyUse = async (db: Kysely<Tables>, keyIds: readonly string[]): Promise<void> => {
  await sql`update api_keys set last_used_on = ${today}
    where key_id = any (${textArray(keyIds)}) and last_used_on is distinct from ${today}`.execute(db)
}
