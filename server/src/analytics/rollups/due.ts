import { type Kysely, sql } from 'kysely'
import type { RollupsDueTable, Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import { type Level, startOf } from './levels.ts'
import { isOfApp } from './scopes.ts'

export type Due = RollupsDueTable['level']

/** Notes what has to be made again where rollups of a level have changed: the hour of a minute, the day of an hour. */
export const noteDue = async (
  db: Kysely<Tables>,
  level: Level,
  at: number,
  scopes: readonly string[],
): Promise<void> => {
  if (level === 'minute') return insertDue(db, 'hour', startOf('hour', at), scopes)
  if (level === 'day') return
  await insertDue(db, 'day', startOf('day', at), scopes)
  await insertDue(db, 'part', at, scopes.filter(isOfApp))
}

const insertDue = async (
  db: Kysely<Tables>,
  level: Due,
  at: number,
  scopes: readonly string[],
): Promise<void> => {
  if (scopes.length === 0) return
  await sql`
    insert into rollups_due (level, at, scope)
    select ${level}::text, ${new Date(at)}::timestamptz, scope from unnest(${textArray(scopes)}) scope
    order by scope on conflict do nothing`.execute(db)
}

/** The oldest moment that has something due and began no later than `until`, with some of its scopes; undefined for none. */
export const listDue = async (
  db: Kysely<Tables>,
  level: Due,
  until: number,
  limit: number,
): Promise<{ at: number; scopes: string[] } | undefined> => {
  const rows = await db
    .selectFrom('rollups_due')
    .select(['at', 'scope'])
    .where('level', '=', level)
    .where('at', '<=', new Date(until))
    .orderBy('at')
    .orderBy('scope')
    .limit(limit)
    .execute()
  const at = rows[0]?.at.getTime()
  if (at === undefined) return undefined
  return { at, scopes: rows.filter((row) => row.at.getTime() === at).map((row) => row.scope) }
}

export const deleteDue = async (
  db: Kysely<Tables>,
  level: Due,
  at: number,
  scopes: readonly string[],
): Promise<void> => {
  await sql`delete from rollups_due
    where level = ${level} and at = ${new Date(at)} and scope = any (${textArray(scopes)})`.execute(db)
}
