import type { Kysely } from 'kysely'
import { Problem } from '../../../../contract/problems.ts'
import type { Cache, Cached } from '../../platform/cache/cache.ts'
import type { Change } from '../../platform/changes/changes.ts'
import { chunksOf } from '../../platform/chunks-of.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import type { Meters } from '../../platform/telemetry/meters.ts'
import type { TemplateDocuments } from '../store/documents.ts'
import type { Absence, Held, HeldReleases } from './held-releases.ts'
import type { LastKnownGood } from './last-known-good.ts'
import { Crowded } from './limit-loads.ts'
import { readDatabase } from './read-database.ts'
import { type Asked, cacheKey, decodeSnapshot, keyOf, type Snapshot, snapshotKey } from './snapshot.ts'

/** Where an answer came from, as Cache-Status tells it. */
export type Source = 'memory' | 'redis' | 'database' | 'snapshot'
export type Found = { state: 'held'; held: Held; source: Source } | { state: 'absent'; why: Absence }

export interface ReleaseSources {
  held: HeldReleases
  cache: Cache
  cacheTtlSeconds: number
  db: Kysely<Tables>
  templates: TemplateDocuments
  lastKnownGood: LastKnownGood
  /** Reads of what is not held that may ask the database at once, each over a connection of its own. */
  coldLoads: number
  /** Counts loads, and what waits for one. */
  meters?: Meters | undefined
  onStoreError: (store: 'cache' | 'database', error: unknown) => void
}

export interface ReadReleases {
  /** The release of an app and channel through every level; concurrent readers of one app share the way. Throws 503. */
  read(appId: string, channel: string): Promise<Found>
  /**
   * Makes sure that what is held of these is at least as new as they say: from the cache, where it is that far, and with
   * one question to the database for all others.
   */
  renew(changes: readonly Change[]): Promise<void>
  /** Compares what is held with the database, whatever the cache says. */
  verify(asked: readonly Asked[]): Promise<void>
  /** From now on the cache is believed, because every change that it may lack has been heard of. */
  believeCache(): void
}

/** Documents may be large, and each command has its time: so many are under way at once. */
const cacheReadsAtOnce = 32

export const createReadReleases = (sources: ReleaseSources): ReadReleases => {
  const underWay = new Map<string, Promise<Found>>()
  const fromDatabase = readDatabase(sources)
  const countLoad = loadCounter(sources.meters)
  // Redis may have missed a release that this process, just started, has not heard of either.
  let cacheIsBelieved = false

  const share = (key: string, load: () => Promise<Found>): Promise<Found> => {
    const before = underWay.get(key)
    if (before) return before
    const loading = load().finally(() => underWay.delete(key))
    underWay.set(key, loading)
    return loading
  }

  // A load that began before a change may end with the state before it, so it is waited for, not shared.
  const shareAnew = async <One extends Asked>(
    asked: readonly One[],
    load: (asked: readonly One[]) => Promise<Map<string, Found>>,
  ): Promise<void> => {
    await Promise.all(asked.map((one) => underWay.get(keyOf(one))?.catch(() => {})))
    const loading = load(asked.filter((one) => !underWay.has(keyOf(one))))
    await Promise.all(
      asked.map((one) => share(keyOf(one), () => loading.then((found) => foundOf(found, one)))),
    )
  }

  const readOne = async (one: Asked): Promise<Found> => {
    const copy = cacheIsBelieved ? await readCopy(sources, one) : undefined
    const cached = takeCopy(sources, one, copy, 0)
    if (cached) return cached
    try {
      return foundOf(await fromDatabase([one], { queued: true }), one)
    } catch (error) {
      return fromCopies(sources, one, error)
    }
  }

  const renewAll = async (changes: readonly Change[]): Promise<Map<string, Found>> => {
    const found = new Map<string, Found>()
    for (const some of chunksOf(changes, cacheReadsAtOnce)) {
      const copies = await Promise.all(
        some.map((change) => (heldNow(sources.held, change) ? undefined : readCopy(sources, change))),
      )
      const turns = takeTurns()
      for (const [place, change] of some.entries()) {
        await turns()
        const newer =
          heldNow(sources.held, change) ?? takeCopy(sources, change, copies[place], change.sequence)
        if (newer) found.set(keyOf(change), newer)
      }
    }
    const behind = changes.filter((change) => !found.has(keyOf(change)))
    return new Map([...found, ...(await fromDatabase(behind, { queued: false }))])
  }

  return {
    read: (appId, channel) =>
      share(snapshotKey(appId, channel), () => readOne({ appId, channel }).then(countLoad)),
    renew: (changes) => shareAnew(changes, renewAll),
    verify: (asked) => shareAnew(asked, (mine) => fromDatabase(mine, { queued: false })),
    believeCache: () => {
      cacheIsBelieved = true
    },
  }
}

/** What is held is found without a load. */
const loadCounter = (meters: Meters | undefined): ((found: Found) => Found) => {
  const loads = meters?.counter({
    ...{ name: 'parasol.config.loads', unit: '{config}' },
    description: 'Configs that were not held in memory when they were asked for, by where they were found.',
  })
  return (found) => {
    const source = found.state === 'held' ? found.source : 'nowhere'
    if (loads) loads.of({ 'parasol.source': source }).value += 1
    return found
  }
}

const foundOf = (found: ReadonlyMap<string, Found>, one: Asked): Found => {
  const mine = found.get(keyOf(one))
  if (!mine) throw new Error(`nothing was found out about ${keyOf(one)}`)
  return mine
}

/** What is held, where another load has brought it that far. */
const heldNow = (held: HeldReleases, change: Change): Found | undefined => {
  const now = held.peek(keyOf(change))
  return now && now.sequence >= change.sequence ? { state: 'held', held: now, source: 'memory' } : undefined
}

/** What the cache has; nothing, where it does not answer. */
const readCopy = async ({ cache, onStoreError }: ReleaseSources, one: Asked): Promise<Cached | undefined> => {
  try {
    return (await cache.read(cacheKey(keyOf(one)))) ?? undefined
  } catch (error) {
    onStoreError('cache', error)
    return undefined
  }
}

/** Takes a copy of the cache over, where it is new enough and whole. */
const takeCopy = (
  { cache, held, lastKnownGood, onStoreError }: ReleaseSources,
  one: Asked,
  copy: Cached | undefined,
  atLeast: number,
): Found | undefined => {
  if (!copy || copy.sequence < atLeast || !held.allows(keyOf(one), copy.sequence)) return undefined
  const snapshot = decodeSnapshot(copy.value, one.appId, one.channel)
  if (!snapshot) return undefined
  try {
    const source = cache.kind === 'redis' ? 'redis' : 'memory'
    const found: Found = { state: 'held', held: held.hold(snapshot, { unverified: false }), source }
    lastKnownGood.keep(snapshot, copy.value)
    return found
  } catch (error) {
    onStoreError('cache', error)
    return undefined
  }
}

/** The database is away: the newest copy anywhere, whatever its age, is better than no config. */
const fromCopies = async (
  { cache, held, lastKnownGood, onStoreError }: ReleaseSources,
  one: Asked,
  cause: unknown,
): Promise<Found> => {
  const key = keyOf(one)
  const cached = await cache.readAny(cacheKey(key)).catch((error) => {
    onStoreError('cache', error)
    return null
  })
  const shared = cached && decodeSnapshot(cached.value, one.appId, one.channel)
  const kept = await lastKnownGood.read(one.appId, one.channel)
  const newest = newer(shared, kept)
  // The database is well, only crowded: no reason to go back to what is older than this node knows of.
  if (cause instanceof Crowded && !(newest && held.allows(key, newest.sequence))) throw cause
  if (!newest) {
    throw new Problem('store_unavailable', {
      detail:
        'The database does not answer now, and this node holds no copy of this config. Try again in a moment.',
      headers: { 'retry-after': '2' },
      cause,
    })
  }
  const source = newest === kept ? 'snapshot' : cache.kind === 'redis' ? 'redis' : 'memory'
  return { state: 'held', held: held.hold(newest, { unverified: true }), source }
}

const newer = (a: Snapshot | null, b: Snapshot | null): Snapshot | null =>
  a && b ? (a.sequence > b.sequence ? a : b) : (a ?? b)
