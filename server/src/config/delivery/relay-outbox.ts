import type { Kysely } from 'kysely'
import { type Cache, CacheUnavailable } from '../../platform/cache/cache.ts'
import type { Change, Changes } from '../../platform/changes/changes.ts'
import { isStoreUnavailable } from '../../platform/database/errors.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { within } from '../../platform/within.ts'
import { deleteOutbox, listOutbox } from '../store/outbox.ts'
import { findSnapshot } from '../store/snapshots.ts'
import { cacheKey } from './read-release.ts'
import { encodeSnapshot, snapshotKey } from './snapshot.ts'

export interface RelayOptions {
  db: Kysely<Tables>
  cache: Cache
  cacheTtlSeconds: number
  changes: Changes
  onError: (error: unknown) => void
}

export interface Relay {
  /** Tells caches and other nodes of these changes, as far as that is possible now; the rest is told later. */
  tell(changes: readonly Change[]): Promise<void>
  close(): Promise<void>
}

const everyMs = 2_000
const batch = 200
/** A publisher waits no longer than this for the others to be told: the outbox does not forget. */
const patienceMs = 1_000

/**
 * Empties the outbox: refreshes level 2, announces, then forgets. Every step may be repeated without harm, so any number
 * of nodes may do it at once, and a crash between two steps only means that it is done again.
 */
export const relayOutbox = (options: RelayOptions): Relay => {
  const { db, onError } = options
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let running: Promise<void> = Promise.resolve()
  const run = async (): Promise<void> => {
    try {
      for (;;) {
        const waiting = await listOutbox(db, batch)
        const done = await tellAll(options, waiting)
        // What stays behind would be listed again at once.
        if (waiting.length < batch || done === 0 || closed) break
      }
    } catch (error) {
      onError(error)
    }
    if (!closed) timer = setTimeout(start, everyMs)
  }
  const start = (): void => {
    running = run()
  }
  start()

  return {
    tell: (told) =>
      within(patienceMs, 'telling other nodes of a change', tellAll(options, told)).then(() => {}, onError),
    async close() {
      closed = true
      clearTimeout(timer)
      await running
    },
  }
}

/** Answers how many are done with; throws when a store is away. */
const tellAll = async (options: RelayOptions, told: readonly Change[]): Promise<number> => {
  if (told.length === 0) return 0
  const { refreshed, failure } = await refreshAll(options, told)
  // The news travels also where the cache takes nothing, as a full Redis does.
  await options.changes.announce(told)
  await deleteOutbox(options.db, refreshed)
  if (failure) throw failure
  return refreshed.length
}

const refreshAll = async (options: RelayOptions, told: readonly Change[]) => {
  const refreshed: Change[] = []
  let failure: CacheUnavailable | undefined
  try {
    // Every node would read all documents again and again only to find that there is nobody to give them to.
    await options.cache.ping()
  } catch (error) {
    if (!(error instanceof CacheUnavailable)) throw error
    return { refreshed, failure: error }
  }
  for (const change of told) {
    try {
      await refreshCache(options, change)
      refreshed.push(change)
    } catch (error) {
      if (error instanceof CacheUnavailable) failure = error
      else if (isStoreUnavailable(error)) throw error
      // One that cannot be read or written is no reason to keep the news of all others back.
      else options.onError(error)
    }
  }
  return { refreshed, failure }
}

const refreshCache = async ({ db, cache, cacheTtlSeconds }: RelayOptions, change: Change): Promise<void> => {
  const snapshot = await findSnapshot(db, change.appId, change.channel)
  const key = cacheKey(snapshotKey(change.appId, change.channel))
  // What was there, as an archived app without a release, would be believed by nodes that start later.
  if (snapshot.state === 'absent') return cache.remove(key)
  await cache.writeNewer(
    key,
    { sequence: snapshot.sequence, value: encodeSnapshot(snapshot) },
    cacheTtlSeconds,
  )
}
