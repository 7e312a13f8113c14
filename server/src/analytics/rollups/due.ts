import { type Kysely, sql } from 'kysely'
import type { RollupsDueTable } from '../../platform/database/analytics-tables.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import { type Level, lengthMs, startOf } from './levels.ts'
import { isAbove, isOfApp } from './scopes.ts'

export type Due = RollupsDueTable['level']

/**
 * Notes what has to be made again where rollups of a level have changed: the hour of a minute, the day of an hour and the spans of 24
 * hours that it is in, also those that end later.
 */
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
  const above = scopes.filter(isAbove)
  for (let hours = 0; hours < 24; hours += 1) await insertDue(db, 'span', at + hours * lengthMs.hour, above)
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

/** What of one scope is due, of what began no later than `until`: the oldest, and what comes within a time after it. */
export const listDueOf = async (
  db: Kysely<Tables>,
  level: Due,
  until: number,
  { limit, withinMs }: { limit: number; withinMs: number },
): Promise<{ scope: string; ats: number[] } | undefined> => {
  const first = await listDue(db, level, until, 1)
  const [scope] = first?.scopes ?? []
  if (first === undefined || scope === undefined) return undefined
  const rows = await db
    .selectFrom('rollups_due')
    .select('at')
    .where('level', '=', level)
    .where('scope', '=', scope)
    .where('at', '<=', new Date(Math.min(until, first.at + withinMs)))
    .orderBy('at')
    .limit(limit)
    .execute()
  return { scope, ats: rows.map((row) => row.at.getTime()) }
}

export const deleteDueOf = async (
  db: Kysely<Tables>,
  level: Due,
  scope: string,
  ats: readonly number[],
): Promise<void> => {
  const moments = ats.map((at) => new Date(at))
  await db
    .deleteFrom('rollups_due')
    .where('level', '=', level)
    .where('scope', '=', scope)
    .where('at', 'in', moments)
    .execute()
}
