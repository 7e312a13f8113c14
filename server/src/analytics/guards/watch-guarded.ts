import { type Kysely, sql } from 'kysely'
import type { EventGuard, Guard } from '../../../../contract/guard.ts'
import type { Tables } from '../../platform/database/tables.ts'
import type { AppReleases, Guarded, GuardedRollout } from './guarded-rollout.ts'
import { placesIn } from './trial.ts'

interface WatchOptions {
  db: Kysely<Tables>
  everyMs?: number
  onError: (error: unknown) => void
}

/** Below 100 percent: then there is nobody left to compare with. */
interface OpenRow {
  rollout_id: number
  percent: string
  updated_at: Date
  guards: Guard[]
}

interface Known extends GuardedRollout {
  updatedAt: number
}

/**
 * Knows the guarded rollouts under way, by looking every two seconds: `collectEvidence` asks for each event. What happens on a
 * device just after a step counts with the others for so long, which hides a little and invents nothing.
 */
export const watchGuarded = ({
  db,
  everyMs = 2_000,
  onError,
}: WatchOptions): Guarded & { look(): Promise<void>; close(): Promise<void> } => {
  let known: readonly Known[] = []
  let byApp: ReadonlyMap<string, readonly Known[]> = new Map()
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const look = async (): Promise<void> => {
    const next: Known[] = []
    for (const row of await listOpen(db)) {
      const before = known.find(({ rolloutId }) => rolloutId === row.rollout_id)
      const isSame = before?.updatedAt === row.updated_at.getTime()
      next.push(isSame ? before : await load(db, row, before))
    }
    if (next.length === known.length && next.every((one) => known.includes(one))) return
    known = next
    byApp = indexed(next)
  }
  let running: Promise<void> = Promise.resolve()
  const round = (): void => {
    running = look()
      .catch(onError)
      .then(() => {
        if (!closed) timer = setTimeout(round, everyMs)
      })
  }
  round()

  return {
    of: (appId) => byApp.get(appId) ?? none,
    look,
    async close() {
      closed = true
      clearTimeout(timer)
      await running
    },
  }
}

const none: readonly Known[] = []

const indexed = (all: readonly Known[]): Map<string, Known[]> => {
  const byApp = new Map<string, Known[]>()
  for (const one of all) {
    for (const appId of one.apps.keys()) byApp.set(appId, [...(byApp.get(appId) ?? []), one])
  }
  return byApp
}

const listOpen = async (db: Kysely<Tables>): Promise<OpenRow[]> => {
  const { rows } = await sql<OpenRow>`
    select rollout_id, percent, updated_at, plan->'guards' as guards from rollouts
    where ended_at is null and percent < 100 and plan @> '{"guards": [{"kind": "events"}]}'
    order by rollout_id`.execute(db)
  return rows
}

const isOfEvents = (guard: Guard): guard is EventGuard => guard.kind === 'events'

const load = async (db: Kysely<Tables>, row: OpenRow, before: Known | undefined): Promise<Known> => ({
  rolloutId: row.rollout_id,
  updatedAt: row.updated_at.getTime(),
  percent: Number(row.percent),
  places: before?.places ?? placesIn(row.rollout_id),
  guards: row.guards.filter(isOfEvents),
  // While it grows, no other release is made by it or instead of it.
  apps: before?.apps ?? (await loadApps(db, row.rollout_id)),
})

const loadApps = async (db: Kysely<Tables>, rolloutId: number): Promise<Map<string, AppReleases>> => {
  const rows = await db
    .selectFrom('releases')
    .select(['app_id', 'revision', 'previous_revision'])
    .where('rollout_id', '=', rolloutId)
    .execute()
  const apps = new Map<string, { fresh: Set<number>; before: Set<number> }>()
  for (const { app_id: appId, revision, previous_revision: previous } of rows) {
    const releases = apps.get(appId) ?? { fresh: new Set(), before: new Set() }
    releases.fresh.add(revision)
    if (previous !== null) releases.before.add(previous)
    apps.set(appId, releases)
  }
  return apps
}
