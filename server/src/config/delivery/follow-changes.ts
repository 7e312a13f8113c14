import type { Kysely } from 'kysely'
import type { Change, Changes } from '../../platform/changes/changes.ts'
import { chunksOf } from '../../platform/chunks-of.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import { within } from '../../platform/within.ts'
import { listOutbox } from '../store/outbox.ts'
import { listChangesSince, readClock } from '../store/snapshots.ts'
import type { Evaluating } from './evaluate.ts'
import { halving } from './halving.ts'
import type { HeldReleases } from './held-releases.ts'
import type { ReadReleases } from './read-release.ts'
import { type Refreshing, refreshHeld } from './refresh-held.ts'
import { keyOf } from './snapshot.ts'
import { type Freshness, watchStaleness } from './staleness.ts'

export interface FollowOptions {
  db: Kysely<Tables>
  changes: Changes
  held: HeldReleases
  releases: ReadReleases
  evaluating: () => Evaluating
  isFollowed: (key: string) => boolean
  sweepMs: number
  onError: (doing: 'sweep' | 'refresh', error: unknown) => void
}

export interface Following {
  freshness: Freshness
  /** Since the database was last asked for changes with success, in ms. */
  sweepAgeMs(): number
  /** Changes that this node has heard of, but does not answer yet. */
  waiting(): number
  /** Takes changes over now; resolves when this node answers them, or after a second: then the rest is still under way. */
  apply(changes: readonly Change[]): Promise<void>
  close(): Promise<void>
}

/** A sweep looks back this far beyond the last one, because a row is dated before its transaction ends. */
const overlapMs = 30_000

/** More than any outage of Redis leaves behind; each is a few bytes. */
const untoldMost = 100_000

/** Few enough for the largest documents. */
const verifiedAtOnce = 50

/** A publisher waits no longer than this for its own node. */
const patienceMs = 1_000

/**
 * Keeps what is held current: by messages within milliseconds, and by a sweep over idx_config_updated every few seconds
 * for the messages that were lost. A refresh replaces the old only when the new is ready.
 */
export const followChanges = (options: FollowOptions): Following => {
  const { changes, sweepMs, onError } = options
  const refreshing = refreshHeld({ ...options, onError: (error) => onError('refresh', error) })
  const sweep = createSweep(options, refreshing)
  const freshness = watchStaleness(sweep.succeededAt, sweepMs * 2 + 2_000)
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let running: Promise<void> = Promise.resolve()

  const run = async (): Promise<void> => {
    clearTimeout(timer)
    try {
      await sweep.run()
    } catch (error) {
      onError('sweep', error)
    }
    freshness.look()
    if (!closed) timer = setTimeout(start, sweepMs)
  }
  const start = (): void => {
    running = running.then(run)
  }
  start()

  const unsubscribe = changes.subscribe({
    changed: (change) => void refreshing.refresh([change]),
    resumed: start,
  })

  return {
    freshness,
    sweepAgeMs: () => performance.now() - sweep.succeededAt(),
    waiting: refreshing.waiting,
    apply: (told) =>
      within(patienceMs, 'refreshing this node', refreshing.refresh(told)).then(
        () => {},
        () => {},
      ),
    async close() {
      closed = true
      unsubscribe()
      clearTimeout(timer)
      await refreshing.close()
      await running
      clearTimeout(timer)
      freshness.close()
    },
  }
}

/** Those that the last sweep had not seen like this; and all, for the next one. */
const unlike = async (seen: ReadonlyMap<string, number>, changes: readonly Change[]) => {
  const fresh: Change[] = []
  const all = new Map<string, number>()
  const turns = takeTurns()
  for (const change of changes) {
    await turns()
    const key = keyOf(change)
    all.set(key, change.sequence)
    if (seen.get(key) !== change.sequence) fresh.push(change)
  }
  return { fresh, all }
}

const createSweep = ({ db, held, releases, onError }: FollowOptions, refreshing: Refreshing) => {
  let since: Date | undefined
  let succeededAt = performance.now()
  let isFirst = true
  /** What the last sweep found: it looks back further than that one, and most of it is done. */
  let seen = new Map<string, number>()

  /** Compares what was taken from copies with the database; answers how many could not be compared. */
  const verify = async (): Promise<number> => {
    const asked = held.unverifiedKeys().map((key) => {
      const [appId = '', channel = 'stable'] = key.split(':')
      return { appId, channel }
    })
    let failures = 0
    const fail = (_: unknown, error: unknown): void => {
      failures += 1
      onError('refresh', error)
    }
    for (const some of chunksOf(asked, verifiedAtOnce)) await halving(some, releases.verify, fail)
    return failures
  }

  return {
    succeededAt: () => succeededAt,
    async run(): Promise<void> {
      since ??= new Date((await readClock(db)).getTime() - overlapMs)
      const { changes, now } = await listChangesSince(db, since)
      // What was released before this process began, and Redis does not have yet, however long ago that was.
      const untold = isFirst ? await listOutbox(db, untoldMost) : []
      const { fresh, all } = await unlike(seen, changes)
      const failures = (await refreshing.refresh([...fresh, ...untold])) + (await verify())
      // What could not be refreshed must be found again, so the sweep looks as far back as this time.
      if (failures > 0) return
      isFirst = false
      releases.believeCache()
      seen = all
      since = new Date(now.getTime() - overlapMs)
      succeededAt = performance.now()
    },
  }
}
