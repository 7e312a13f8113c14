import type { Kysely } from 'kysely'
import { Problem } from '../../../../contract/problems.ts'
import type { Cache } from '../../platform/cache/cache.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { within } from '../../platform/within.ts'
import { findSnapshot } from '../store/snapshots.ts'
import type { Absence, Held, HeldReleases } from './held-releases.ts'
import type { LastKnownGood } from './last-known-good.ts'
import { Crowded, limitLoads } from './limit-loads.ts'
import { restWhenAway } from './rest-when-away.ts'
import { decodeSnapshot, encodeSnapshot, type Snapshot, snapshotKey } from './snapshot.ts'

/** Where an answer came from, as Cache-Status tells it. */
export type Source = 'memory' | 'redis' | 'database' | 'snapshot'
export type Found = { state: 'held'; held: Held; source: Source } | { state: 'absent'; why: Absence }

export interface ReleaseSources {
  held: HeldReleases
  cache: Cache
  cacheTtlSeconds: number
  db: Kysely<Tables>
  lastKnownGood: LastKnownGood
  /** Reads of what is not held that may ask the database at once, each over a connection of its own. */
  coldLoads: number
  onStoreError: (store: 'cache' | 'database', error: unknown) => void
}

export interface ReadReleases {
  /** The release of an app and channel through every level; concurrent readers of one app share the way. Throws 503. */
  read(appId: string, channel: string): Promise<Found>
  /** Makes sure that what is held is at least this new, going to the database where the cache is behind. */
  renew(appId: string, channel: string, sequence: number): Promise<Found>
  /** Compares what is held with the database, whatever the cache says. */
  verify(appId: string, channel: string): Promise<Found>
  /** From now on the cache is believed, because every change that it may lack has been heard of. */
  believeCache(): void
}

/** A reader waits this long for the database before a copy that may be old is good enough. */
const databasePatienceMs = 1_500
/** After a failure the database is left alone for a moment, so that readers of cold apps do not all wait in turn. */
const databaseRestMs = 1_000
/** All of them within the patience for one. */
const asksMost = 5
/** Cold reads that wait for a place; further ones are refused at once, which costs nothing. */
const coldWaitingMost = 1_000

export const createReadReleases = (sources: ReleaseSources): ReadReleases => {
  const underWay = new Map<string, Promise<Found>>()
  const fromDatabase = readDatabase(sources)
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
  const shareAnew = async (key: string, load: () => Promise<Found>): Promise<Found> => {
    await underWay.get(key)?.catch(() => {})
    return share(key, load)
  }

  return {
    read: (appId, channel) =>
      share(snapshotKey(appId, channel), async () => {
        const cached = cacheIsBelieved ? await readCache(sources, appId, channel, 0) : undefined
        return (
          cached ??
          fromDatabase(appId, channel, { queued: true }).catch((error) =>
            fromCopies(sources, appId, channel, error),
          )
        )
      }),
    renew: (appId, channel, sequence) =>
      shareAnew(snapshotKey(appId, channel), async () => {
        const cached = await readCache(sources, appId, channel, sequence)
        return cached ?? fromDatabase(appId, channel, { queued: false })
      }),
    verify: (appId, channel) =>
      shareAnew(snapshotKey(appId, channel), () => fromDatabase(appId, channel, { queued: false })),
    believeCache: () => {
      cacheIsBelieved = true
    },
  }
}

const readCache = async (
  { cache, held, lastKnownGood, onStoreError }: ReleaseSources,
  appId: string,
  channel: string,
  atLeast: number,
): Promise<Found | undefined> => {
  const key = snapshotKey(appId, channel)
  try {
    const cached = await cache.read(cacheKey(key))
    if (!cached || cached.sequence < atLeast || !held.allows(key, cached.sequence)) return undefined
    const snapshot = decodeSnapshot(cached.value, appId, channel)
    if (!snapshot) return undefined
    lastKnownGood.keep(snapshot)
    const source = cache.kind === 'redis' ? 'redis' : 'memory'
    return { state: 'held', held: held.hold(snapshot, { unverified: false }), source }
  } catch (error) {
    onStoreError('cache', error)
    return undefined
  }
}

/** The name of an app's channel in level 2, for example `config:shop`. */
export const cacheKey = (key: string): string => `config:${key}`

/**
 * An answer may lack a change that was heard of meanwhile, and nobody would tell of it again: so the database is asked
 * anew. What changes faster than that is not settled: the sweep looks at it again.
 */
const findCurrent = async ({ db, held }: ReleaseSources, appId: string, channel: string) => {
  const key = snapshotKey(appId, channel)
  const until = performance.now() + databasePatienceMs
  for (let asks = 1; ; asks++) {
    const heard = held.heardOf(key)
    const snapshot = await findSnapshot(db, appId, channel)
    const settled = held.heardOf(key) === heard
    if (settled || asks === asksMost || performance.now() > until) return { snapshot, settled }
  }
}

/** `queued` reads wait for a place, so that ids nobody has ever heard of leave connections to everybody else. */
const readDatabase = (sources: ReleaseSources) => {
  const { cache, cacheTtlSeconds, held, lastKnownGood, onStoreError } = sources
  const places = limitLoads({
    most: sources.coldLoads,
    waitingMost: coldWaitingMost,
    patienceMs: databasePatienceMs,
  })
  const rest = restWhenAway(databaseRestMs)
  const find = async (appId: string, channel: string, queued: boolean) => {
    const giveBack = queued ? await places.take() : () => {}
    let finding: Promise<unknown> = Promise.resolve()
    const question = () => {
      const found = findCurrent(sources, appId, channel)
      finding = found
      return within(databasePatienceMs, 'the database', found).catch((error) => {
        onStoreError('database', error)
        throw error
      })
    }
    // The connection is taken until the query ends, which may be later than the reader's patience does.
    return rest
      .ask(snapshotKey(appId, channel), question)
      .finally(() => void finding.then(giveBack, giveBack))
  }
  return async (appId: string, channel: string, { queued }: { queued: boolean }): Promise<Found> => {
    const key = snapshotKey(appId, channel)
    const { snapshot, settled } = await find(appId, channel, queued)
    if (snapshot.state === 'absent') {
      // As an app that was brought back from the archive before it ever had a release.
      held.drop(key)
      if (settled) held.holdAbsence(key, snapshot.why)
      return { state: 'absent', why: snapshot.why }
    }
    // Nobody waits for level 2 to be filled: it only saves the next node the way to the database.
    const entry = { sequence: snapshot.sequence, value: encodeSnapshot(snapshot) }
    cache.writeNewer(cacheKey(key), entry, cacheTtlSeconds).catch((error) => onStoreError('cache', error))
    lastKnownGood.keep(snapshot)
    return { state: 'held', held: held.hold(snapshot, { unverified: !settled }), source: 'database' }
  }
}

/** The database is away: the newest copy anywhere, whatever its age, is better than no config. */
const fromCopies = async (
  { cache, held, lastKnownGood, onStoreError }: ReleaseSources,
  appId: string,
  channel: string,
  cause: unknown,
): Promise<Found> => {
  const key = snapshotKey(appId, channel)
  const cached = await cache.readAny(cacheKey(key)).catch((error) => {
    onStoreError('cache', error)
    return null
  })
  const shared = cached && decodeSnapshot(cached.value, appId, channel)
  const kept = await lastKnownGood.read(appId, channel)
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
