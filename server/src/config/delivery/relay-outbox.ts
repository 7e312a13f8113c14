import type { Kysely } from 'kysely'
import { type Cache, CacheUnavailable } from '../../platform/cache/cache.ts'
import type { Change, Changes } from '../../platform/changes/changes.ts'
import { chunksOf } from '../../platform/chunks-of.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import { within } from '../../platform/within.ts'
import type { TemplateDocuments } from '../store/documents.ts'
import { claimOutbox, deleteOutbox, freeOutbox } from '../store/outbox.ts'
import { type Absent, findSnapshots } from '../store/snapshots.ts'
import { type BatchSize, createBatchSize } from './batch-size.ts'
import { halving } from './halving.ts'
import { cacheKey, encodeSnapshot, keyOf, type Snapshot } from './snapshot.ts'

export interface RelayOptions {
  db: Kysely<Tables>
  templates: TemplateDocuments
  cache: Cache
  cacheTtlSeconds: number
  changes: Changes
  onError: (error: unknown) => void
}

export interface Relay {
  /** Tells caches and other nodes of these changes, which were made just now, as far as that is possible now; the rest is told later. */
  tell(changes: readonly Change[]): Promise<void>
  close(): Promise<void>
}

const everyMs = 2_000
/** A publisher waits no longer than this for the others to be told: the work goes on, and the outbox does not forget. */
const patienceMs = 1_000
/** Documents may be large, and each command has its time: so many are under way at once. */
const cacheWritesAtOnce = 32

/**
 * Empties the outbox: refreshes level 2, announces, then forgets, a batch at a time. Who noted a change has it to itself
 * for a while, and what is left then is claimed by one node; a crash between two steps only means that it is done again.
 */
export const relayOutbox = (options: RelayOptions): Relay => {
  const { db, onError } = options
  const size = createBatchSize()
  const telling = new Set<Promise<void>>()
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let running: Promise<void> = Promise.resolve()

  /** All that others have left; stops where a store is away. */
  const run = async (): Promise<void> => {
    try {
      for (let failed = false; !failed && !closed; ) {
        const claimed = await claimOutbox(db, size.next())
        if (claimed.length === 0) break
        failed = await tellBatch(options, claimed, size)
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

  const tellAll = async (told: readonly Change[]): Promise<void> => {
    try {
      for (let from = 0; from < told.length && !closed; ) {
        const batch = told.slice(from, from + size.next())
        from += batch.length
        await tellBatch(options, batch, size)
      }
    } catch (error) {
      onError(error)
    }
  }

  return {
    async tell(changes) {
      const madeAt = Date.now()
      const told = changes.map((change) => ({ ...change, madeAt }))
      const work = tellAll(told).finally(() => telling.delete(work))
      telling.add(work)
      await within(patienceMs, 'telling other nodes of a change', work).catch(() => {})
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await Promise.all([running, ...telling])
    },
  }
}

/** Answers whether the cache refused some of them: those are free for whoever tries next. Throws when another store is away. */
const tellBatch = async (
  options: RelayOptions,
  told: readonly Change[],
  size: BatchSize,
): Promise<boolean> => {
  const { refreshed, refused, failure } = await refreshCache(options, told, size)
  // The news travels also where the cache takes nothing, as a full Redis does.
  await options.changes.announce(told).finally(() => freeOutbox(options.db, refused))
  await deleteOutbox(options.db, refreshed)
  if (failure) options.onError(failure)
  return failure !== undefined
}

const refreshCache = async (options: RelayOptions, told: readonly Change[], size: BatchSize) => {
  const { cache, onError } = options
  const refreshed: Change[] = []
  const refused: Change[] = []
  let failure: CacheUnavailable | undefined
  try {
    // Every node would read all documents again and again only to find that there is nobody to give them to.
    await cache.ping()
  } catch (error) {
    if (!(error instanceof CacheUnavailable)) throw error
    return { refreshed, refused: told, failure: error }
  }
  const write = async ({ change, text }: Text): Promise<void> => {
    try {
      await writeText(options, change, text)
      refreshed.push(change)
    } catch (error) {
      // One that cannot be written is no reason to keep the news of all others back.
      if (!(error instanceof CacheUnavailable)) return onError(error)
      failure = error
      refused.push(change)
    }
  }
  const texts = await readTexts(options, told)
  size.learn(
    texts.length,
    texts.reduce((bytes, { text }) => bytes + (text?.value.length ?? 0), 0),
  )
  for (const some of chunksOf(texts, cacheWritesAtOnce)) await Promise.all(some.map(write))
  return { refreshed, refused, failure }
}

/** What the cache is to hold of a changed app and channel; nothing, where it has nothing to serve. */
interface Text {
  change: Change
  text: { sequence: number; value: string } | undefined
}

/** With one question to the database; what cannot be read is reported and left out. */
const readTexts = async (
  { db, templates, onError }: RelayOptions,
  told: readonly Change[],
): Promise<Text[]> => {
  const texts: Text[] = []
  const read = async (some: readonly Change[]): Promise<void> => {
    const found = await findSnapshots(db, some, templates)
    const turns = takeTurns()
    for (const change of some) {
      await turns()
      texts.push({ change, text: textOf(found.get(keyOf(change))) })
    }
  }
  await halving(told, read, (_, error) => onError(error))
  return texts
}

const textOf = (snapshot: Snapshot | Absent | undefined): Text['text'] =>
  snapshot && snapshot.state !== 'absent'
    ? { sequence: snapshot.sequence, value: encodeSnapshot(snapshot) }
    : undefined

const writeText = async (
  { cache, cacheTtlSeconds }: RelayOptions,
  change: Change,
  text: Text['text'],
): Promise<void> => {
  const key = cacheKey(keyOf(change))
  // What was there, as an archived app without a release, would be believed by nodes that start later.
  if (text === undefined) return cache.remove(key)
  await cache.writeNewer(key, text, cacheTtlSeconds)
}
