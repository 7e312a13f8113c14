import type { Kysely } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import { addTally, createTally, type Tally } from '../../platform/tally/tally.ts'
import { addUses } from '../usage/add-uses.ts'
import { noteDue } from './due.ts'
import { type CountedApp, findApps } from './find-apps.ts'
import { type FoldTurn, inFoldTurn, type KeepDays } from './fold-turn.ts'
import { type Level, startOf } from './levels.ts'
import { makePartition } from './make-partition.ts'
import { raiseTally } from './raise-tally.ts'
import { type Batch, type Counted, forgetShipments, readInbox } from './read-inbox.ts'
import { addRollup, type Rollups } from './rollup.ts'
import { fleetScope, scopeBelow } from './scopes.ts'
import { mergeRollups } from './store-rollups.ts'

interface FoldOptions {
  db: Kysely<Tables>
  keep: KeepDays
  /** Hears of what had to be left out: a tally that cannot be read, or is older than all that is kept. */
  onError: (error: unknown) => void
  /** What else is written of what is counted, in the same transaction, such as evidence for guards. */
  alongside?: AlongsideCounts | undefined
}

/** Throws: nothing of it is counted. */
export type AlongsideCounts = (
  transaction: Kysely<Tables>,
  counted: readonly { appId: string; tally: Tally }[],
) => Promise<void>

/** Clocks differ a little; what is further ahead than this counts as now. */
const aheadMs = 10 * 60_000

/**
 * Adds the next shipments of the inbox to the rollups and takes them out, in one transaction, so that each counts exactly once; by the
 * minute, or by the hour or day where minutes or hours of that time are not kept any more. Returns how many it folded; undefined
 * where another node is at it.
 */
export const foldShipments = ({ db, keep, onError, alongside }: FoldOptions): Promise<number | undefined> =>
  inFoldTurn(db, keep, async (turn) => {
    const batch = await readInbox(turn.db)
    if (batch.ids.length === 0) return 0
    for (const error of batch.unreadable) onError(error)
    const merged = mergeCounted(batch, turn.now)
    const apps = await findApps(turn.db, revisionsOf(merged))
    const places = await placeCounted(turn, merged, apps)
    if (places.tooOld > 0) onError(new Error(`${places.tooOld} counts are older than all that is kept`))
    for (const { level, at, rollups } of places.all.values()) {
      await makePartition(turn.db, level, at)
      await mergeRollups(turn.db, level, at, rollups)
      await noteDue(turn.db, level, at, [...rollups.keys()])
    }
    await addLost(turn, batch)
    await addUses(turn.db, batch.uses)
    await alongside?.(turn.db, merged)
    await forgetShipments(turn.db, batch.ids)
    return batch.ids.length
  })

/** One tally for each app and minute. */
const mergeCounted = ({ counted }: Batch, now: number): Counted[] => {
  const merged = new Map<string, Counted>()
  for (const { appId, minute, tally } of counted) {
    const at = minute > now + aheadMs ? startOf('minute', now) : startOf('minute', minute)
    const key = `${at} ${appId}`
    const into = merged.get(key) ?? { appId, minute: at, tally: createTally() }
    addTally(into.tally, tally)
    merged.set(key, into)
  }
  return [...merged.values()]
}

/** The revisions that were counted, by app. */
export const revisionsOf = (
  counted: readonly { appId: string; tally: Tally }[],
): Map<string, ReadonlySet<string>> => {
  const revisions = new Map<string, Set<string>>()
  for (const { appId, tally } of counted) {
    const known = revisions.get(appId) ?? new Set()
    for (const facet of ['revision', 'held']) {
      for (const value of tally.facets.get(facet)?.keys() ?? []) known.add(value)
    }
    revisions.set(appId, known)
  }
  return revisions
}

interface Place {
  level: Level
  at: number
  rollups: Rollups
}

interface Places {
  all: Map<string, Place>
  tooOld: number
}

const levelFor = (at: number, { keptSince }: FoldTurn): Level | undefined => {
  if (at >= keptSince.minute) return 'minute'
  if (at >= keptSince.hour) return 'hour'
  return at >= keptSince.day ? 'day' : undefined
}

const placeOf = ({ all }: Places, level: Level, at: number): Rollups => {
  const start = startOf(level, at)
  const key = `${level} ${start}`
  const place = all.get(key) ?? { level, at: start, rollups: new Map() }
  all.set(key, place)
  return place.rollups
}

/** Where each tally goes: to the app, to each template above it, and to the fleet. What is of no known app goes to the fleet alone. */
const placeCounted = async (
  turn: FoldTurn,
  counted: readonly Counted[],
  apps: ReadonlyMap<string, CountedApp>,
): Promise<Places> => {
  const places: Places = { all: new Map(), tooOld: 0 }
  const turns = takeTurns()
  for (const { appId, minute, tally } of counted) {
    await turns()
    const level = levelFor(minute, turn)
    if (level === undefined) {
      places.tooOld += 1
      continue
    }
    const rollups = placeOf(places, level, minute)
    const app = apps.get(appId)
    if (app !== undefined) addRollup(rollups, appId, { tally, sketch: null })
    const raised = raiseTally(tally, { appId, app, since: minute })
    addRollup(rollups, fleetScope, raised)
    for (const template of app?.above ?? []) addRollup(rollups, scopeBelow(template), raised)
  }
  return places
}

const addLost = async ({ db, now }: FoldTurn, { lost }: Batch): Promise<void> => {
  for (const { at, requests } of lost) {
    await db
      .insertInto('lost_counts')
      .values({ at: new Date(startOf('hour', Math.min(at, now))), requests })
      .onConflict((conflict) =>
        conflict.column('at').doUpdateSet((eb) => ({
          requests: eb('lost_counts.requests', '+', eb.ref('excluded.requests')),
        })),
      )
      .execute()
  }
}
