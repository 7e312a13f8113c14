import { chunksOf } from '../../platform/chunks-of.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import { observeQueue } from '../../platform/telemetry/observe-queue.ts'
import { within } from '../../platform/within.ts'
import { type Absent, findSnapshots } from '../store/snapshots.ts'
import { limitLoads } from './limit-loads.ts'
import type { Found, ReleaseSources } from './read-release.ts'
import { restWhenAway } from './rest-when-away.ts'
import { type Asked, cacheKey, encodeSnapshot, keyOf, type Snapshot } from './snapshot.ts'

/** A reader waits this long for the database before a copy that may be old is good enough. */
const databasePatienceMs = 1_500
/** After a failure the database is left alone for a moment, so that readers of cold apps do not all wait in turn. */
const databaseRestMs = 1_000
/** All of them within the patience for one. */
const asksMost = 5
/** Cold reads that wait for a place; further ones are refused at once, which costs nothing. */
const coldWaitingMost = 1_000
const cacheWritesAtOnce = 32

/** What the caches take of an answer. */
interface Entry {
  key: string
  sequence: number
  value: string
}

/** What the database said, and the highest sequence that had been heard of when it was asked. */
interface Answer {
  one: Asked
  snapshot: Snapshot | Absent
  heard: number
}

/**
 * Asks the database for what is live, with one question however many are asked for, and takes the answers over. `queued`
 * reads wait for a place, so that ids nobody has ever heard of leave connections to everybody else.
 */
export const readDatabase = (sources: ReleaseSources) => {
  const places = limitLoads({
    most: sources.coldLoads,
    waitingMost: coldWaitingMost,
    patienceMs: databasePatienceMs,
  })
  if (sources.meters) observeQueue(sources.meters, 'cold_loads', places.waiting)
  const rest = restWhenAway(databaseRestMs)
  const find = async (asked: readonly Asked[], queued: boolean): Promise<Answer[]> => {
    const giveBack = queued ? await places.take() : () => {}
    let finding: Promise<unknown> = Promise.resolve()
    const question = () => {
      const found = findCurrent(sources, asked)
      finding = found
      return within(databasePatienceMs, 'the database', found).catch((error) => {
        sources.onStoreError('database', error)
        throw error
      })
    }
    // The connection is taken until the query ends, which may be later than the reader's patience does.
    return rest.ask(asked.map(keyOf)[0] ?? '', question).finally(() => void finding.then(giveBack, giveBack))
  }
  return async (asked: readonly Asked[], { queued }: { queued: boolean }): Promise<Map<string, Found>> => {
    if (asked.length === 0) return new Map()
    const answers = await find(asked, queued)
    const found = new Map<string, Found>()
    const entries: Entry[] = []
    const turns = takeTurns()
    for (const answer of answers) {
      await turns()
      found.set(keyOf(answer.one), takeOver(sources, answer, entries))
    }
    // Nobody waits for level 2 to be filled: it only saves the next node the way to the database.
    void fillCache(sources, entries)
    return found
  }
}

/**
 * An answer may lack a change that was heard of meanwhile, and nobody would tell of it again: so the database is asked
 * anew for those. What changes faster than that is not settled: the sweep looks at it again.
 */
const findCurrent = async (
  { db, held, templates }: ReleaseSources,
  asked: readonly Asked[],
): Promise<Answer[]> => {
  const until = performance.now() + databasePatienceMs
  const answers: Answer[] = []
  let left = asked
  for (let asks = 1; left.length > 0; asks++) {
    const heard = new Map(left.map((one) => [keyOf(one), held.heardOf(keyOf(one))]))
    const found = await findSnapshots(db, left, templates)
    const isLast = asks === asksMost || performance.now() > until
    const open: Asked[] = []
    for (const one of left) {
      const key = keyOf(one)
      const answer = { one, snapshot: found.get(key) ?? unknown, heard: heard.get(key) ?? 0 }
      if (isLast || held.heardOf(key) === answer.heard) answers.push(answer)
      else open.push(one)
    }
    left = open
  }
  return answers
}

const unknown: Absent = { state: 'absent', why: 'unknown' }

const takeOver = (
  { held, lastKnownGood }: ReleaseSources,
  { one, snapshot, heard }: Answer,
  entries: Entry[],
): Found => {
  const key = keyOf(one)
  const settled = held.heardOf(key) === heard
  if (snapshot.state === 'absent') {
    // As an app that was brought back from the archive before it ever had a release.
    held.drop(key)
    if (settled) held.holdAbsence(key, snapshot.why)
    return { state: 'absent', why: snapshot.why }
  }
  const value = encodeSnapshot(snapshot)
  entries.push({ key: cacheKey(key), sequence: snapshot.sequence, value })
  lastKnownGood.keep(snapshot, value)
  return { state: 'held', held: held.hold(snapshot, { unverified: !settled }), source: 'database' }
}

const fillCache = async (
  { cache, cacheTtlSeconds, onStoreError }: ReleaseSources,
  entries: readonly Entry[],
): Promise<void> => {
  for (const some of chunksOf(entries, cacheWritesAtOnce)) {
    const writes = some.map(({ key, ...entry }) => cache.writeNewer(key, entry, cacheTtlSeconds))
    await Promise.all(writes).catch((error) => onStoreError('cache', error))
  }
}
