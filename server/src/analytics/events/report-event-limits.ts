import { type Kysely, sql } from 'kysely'
import type { EventLimitsReport, FoldedCounts } from '../../../../contract/event-limits.ts'
import { Problem } from '../../../../contract/problems.ts'
import { type Actor, requireScope } from '../../platform/auth/authenticate.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { readTally } from '../../platform/tally/read-tally.ts'
import { toEventLimits } from './event-limits.ts'

/** Throws 404 for an app that is not there, 403 for one that the actor's token is not for. */
export const findAppOrThrow = async (db: Kysely<Tables>, actor: Actor, appId: string): Promise<void> => {
  const app = await db
    .selectFrom('apps')
    .select(['app_id', 'labels'])
    .where('app_id', '=', appId)
    .executeTakeFirst()
  if (!app) throw new Problem('app_not_found', { detail: `There is no app ${appId}.` })
  requireScope(actor, app)
}

/** The limits of an app, what it sent today, and what stands behind `other` in what was counted in the last 24 hours. */
export const reportEventLimits = async (db: Kysely<Tables>, appId: string): Promise<EventLimitsReport> => {
  const row = await db.selectFrom('event_limits').selectAll().where('app_id', '=', appId).executeTakeFirst()
  const none = {
    event_names: null,
    properties_per_event: null,
    values_per_property: null,
    events_per_day: null,
  }
  const now = new Date()
  const since = new Date(now.getTime() - 86_400_000)
  return {
    appId,
    limits: toEventLimits(row ?? none),
    isUsual: row === undefined,
    today: await readToday(db, appId, now),
    folded: { since: since.toISOString(), items: await readFolded(db, appId, since, now) },
  }
}

const readToday = async (
  db: Kysely<Tables>,
  appId: string,
  now: Date,
): Promise<EventLimitsReport['today']> => {
  const day = now.toISOString().slice(0, 10)
  const { rows } = await sql<Omit<EventLimitsReport['today'], 'day'>>`
    select coalesce(sum(accepted), 0)::bigint as accepted, coalesce(sum(duplicates), 0)::bigint as duplicates,
      coalesce(sum(rejected), 0)::bigint as rejected
    from event_usage where app_id = ${appId} and day = ${day}`.execute(db)
  return { day, ...(rows[0] ?? { accepted: 0, duplicates: 0, rejected: 0 }) }
}

/** From the hours as they are made, and from the minutes of those that are not, or not anew. */
const readFolded = async (
  db: Kysely<Tables>,
  appId: string,
  since: Date,
  now: Date,
): Promise<FoldedCounts[]> => {
  const hour = new Date(Math.floor(now.getTime() / 3_600_000) * 3_600_000)
  const { rows } = await sql<{ body: Uint8Array }>`
    with due as (select at from rollups_due where scope = ${appId} and level = 'hour' and at >= ${since})
    select body from rollups_hour
    where scope = ${appId} and at >= ${since} and at < ${hour} and at not in (select at from due)
    union all select body from rollups_minute
    where scope = ${appId} and at >= ${since}
      and (at >= ${hour} or date_trunc('hour', at, 'UTC') in (select at from due))`.execute(db)
  const counts = new Map<string, number>()
  for (const { body } of rows) {
    for (const [facet, count] of readTally(body).folded) counts.set(facet, (counts.get(facet) ?? 0) + count)
  }
  return [...counts].map(toFoldedCounts).sort((one, two) => two.counts - one.counts)
}

const toFoldedCounts = ([facet, counts]: [string, number]): FoldedCounts => {
  const [, event = null, dimension = facet, property = null] =
    /^event\/([^/]+)\/(property(?=\/)|[^/]+)(?:\/(.+))?$/s.exec(facet) ?? []
  return { event, dimension, property, counts }
}
