import { type Kysely, sql } from 'kysely'
import type { KeyUsage, UsageDaysQuery } from '../../../../contract/analytics-usage.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import { listUsage } from './list-usage.ts'

/** A page of what each key asked for, revoked ones too. */
export const listKeyUsage = async (
  db: Kysely<Tables>,
  query: UsageDaysQuery,
): Promise<{ items: KeyUsage[]; nextCursor: string | null }> => {
  const { rows, nextCursor } = await listUsage(db, 'key_id', query)
  const names = await findNames(
    db,
    rows.map(({ id }) => id),
  )
  const items = rows.map(({ id, period, requests, refused, last_at }) => ({
    ...{ keyId: id === '' ? null : id, name: names.get(id) ?? null },
    ...{ period, requests, refused, lastSeen: last_at.toISOString() },
  }))
  return { items, nextCursor }
}

const findNames = async (db: Kysely<Tables>, keyIds: readonly string[]): Promise<Map<string, string>> => {
  const { rows } = await sql<{ key_id: string; name: string }>`
    select key_id, name from api_keys where key_id = any (${textArray([...new Set(keyIds)])})`.execute(db)
  return new Map(rows.map(({ key_id, name }) => [key_id, name]))
}
