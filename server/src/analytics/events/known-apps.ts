import { type Kysely, sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { EventLimits } from '../../../../contract/event-limits.ts'
import { Problem } from '../../../../contract/problems.ts'
import { askTogether } from '../../platform/ask-together.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import { type AllowedOrigins, compileOrigins } from '../../platform/http/allowed-origins.ts'
import { within } from '../../platform/within.ts'
import { type LimitColumns, toEventLimits } from './event-limits.ts'

/** What of an app matters to its events. */
export interface KnownApp {
  appId: string
  isArchived: boolean
  needsKey: boolean
  /** Null: pages of any origin may send. */
  origins: AllowedOrigins | null
  limits: EventLimits
  /** Events that other processes took of it today (UTC), as they told it some seconds ago. */
  takenElsewhere: number
}

export interface KnownApps {
  /**
   * An app; undefined where there is none, or only a template. At once while what is known is younger than five seconds, and while
   * the database is away; rejects with 503 where nothing is known then.
   */
  find(appId: string): KnownApp | undefined | Promise<KnownApp | undefined>
}

interface Known {
  app: KnownApp | undefined
  askedAt: number
  /** The database did not answer the last time: nobody waits for it until it does. */
  isAway: boolean
}

const freshMs = 5_000
const knownMost = 20_000
/** Anybody can invent apps: those must not drive out the others. */
const unknownMost = 10_000
const patienceMs = 2_000

/** Remembers apps for a few seconds; what is not known is asked for in batches, over one connection. */
export const createKnownApps = (options: {
  db: Kysely<Tables>
  /** This process, whose own events are not counted as taken elsewhere. */
  sender: string
  onError: (error: unknown) => void
}): KnownApps => {
  const { db, sender, onError } = options
  const there = new LRUCache<string, Known>({ maxSize: knownMost, sizeCalculation: () => 1 })
  const absent = new LRUCache<string, Known>({ maxSize: unknownMost, sizeCalculation: () => 1 })

  const lookUp = askTogether<KnownApp>(async (appIds) => {
    const askedAt = performance.now()
    const found = await findApps(db, appIds, sender)
    for (const appId of appIds) {
      const app = found.get(appId)
      const [holds, drops] = app ? [there, absent] : [absent, there]
      holds.set(appId, { app, askedAt, isAway: false })
      drops.delete(appId)
    }
    return found
  }, onError)

  const fallBack = (appId: string, cause: unknown): KnownApp | undefined => {
    const before = there.get(appId) ?? absent.get(appId)
    if (!before) throw notKnown(cause)
    before.askedAt = performance.now()
    before.isAway = true
    return before.app
  }

  return {
    find(appId) {
      const now = there.get(appId) ?? absent.get(appId)
      if (now && performance.now() - now.askedAt < freshMs) return now.app
      const answer = within(patienceMs, 'looking an app up', lookUp([appId])).then(
        ([app]) => app,
        (error) => fallBack(appId, error),
      )
      return now?.isAway ? now.app : answer
    },
  }
}

interface AppRow extends LimitColumns {
  app_id: string
  access: 'public' | 'key'
  allowed_origins: string[] | null
  is_archived: boolean
  taken_elsewhere: number
}

const findApps = async (
  db: Kysely<Tables>,
  appIds: readonly string[],
  sender: string,
): Promise<ReadonlyMap<string, KnownApp>> => {
  const today = new Date().toISOString().slice(0, 10)
  const { rows } = await sql<AppRow>`
    select apps.app_id, access, allowed_origins, archived_at is not null as is_archived,
      event_names, properties_per_event, values_per_property, events_per_day,
      (select coalesce(sum(accepted), 0)::bigint from event_usage u
        where u.app_id = apps.app_id and u.day = ${today} and u.sender <> ${sender}) as taken_elsewhere
    from apps left join event_limits on event_limits.app_id = apps.app_id
    where apps.app_id = any(${textArray(appIds)}) and kind = 'app'`.execute(db)
  return new Map(rows.map((row) => [row.app_id, toKnownApp(row)]))
}

const toKnownApp = (row: AppRow): KnownApp => ({
  appId: row.app_id,
  isArchived: row.is_archived,
  needsKey: row.access === 'key',
  origins: compileOrigins(row.allowed_origins),
  limits: toEventLimits(row),
  takenElsewhere: row.taken_elsewhere,
})

const notKnown = (cause: unknown): Problem =>
  new Problem('store_unavailable', {
    detail:
      'The database does not answer now, and this node does not know this app. Send the events again in a moment.',
    headers: { 'retry-after': '2' },
    cause,
  })
