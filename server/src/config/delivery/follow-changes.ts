import type { Kysely } from 'kysely'
import type { Change, Changes } from '../../platform/changes/changes.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { listOutbox } from '../store/outbox.ts'
import { listChangesSince, readClock } from '../store/snapshots.ts'
import type { HeldReleases } from './held-releases.ts'
import { buildVariants, builtCodings, type CachingRules } from './prepare.ts'
import type { ReadReleases } from './read-release.ts'
import { snapshotKey } from './snapshot.ts'
import { type Freshness, watchStaleness } from './staleness.ts'

export interface FollowOptions {
  db: Kysely<Tables>
  changes: Changes
  held: HeldReleases
  releases: ReadReleases
  rules: CachingRules
  sweepMs: number
  onError: (doing: 'sweep' | 'refresh', error: unknown) => void
}

export interface Following {
  freshness: Freshness
  /** Takes one change over now; resolves when this node answers it. */
  apply(change: Change): Promise<void>
  close(): Promise<void>
}

/** A sweep looks back this far beyond the last one, because a row is dated before its transaction ends. */
const overlapMs = 30_000

/** More than any outage of Redis leaves behind; each is a few bytes. */
const untoldMost = 100_000

/**
 * Keeps what is held current: by messages within milliseconds, and by a sweep over idx_config_updated every few seconds
 * for the messages that were lost. A refresh replaces the old only when the new is ready.
 */
export const followChanges = (options: FollowOptions): Following => {
  const { changes, sweepMs, onError } = options
  const apply = (change: Change): Promise<void> => applyChange(options, change)
  const sweep = createSweep(options, apply)
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
    changed: (change) => void apply(change).catch((error) => onError('refresh', error)),
    resumed: start,
  })

  return {
    freshness,
    apply,
    async close() {
      closed = true
      unsubscribe()
      clearTimeout(timer)
      await running
      clearTimeout(timer)
      freshness.close()
    },
  }
}

const applyChange = async (
  { held, releases, rules }: FollowOptions,
  { appId, channel, sequence }: Change,
): Promise<void> => {
  const key = snapshotKey(appId, channel)
  held.forgetAbsence(key)
  held.expect(key, sequence)
  const before = held.get(key)
  if (!before || before.sequence >= sequence) return
  await releases.renew(appId, channel, sequence)
  const after = held.get(key)
  if (before.state !== 'released' || after?.state !== 'released') return
  // The codings that readers of the old release used are built now, whether or not one of them asks first.
  for (const coding of builtCodings(before.release)) await buildVariants(after.release, [coding], rules)
  held.weigh(key)
}

const createSweep = (
  { db, held, releases, onError }: FollowOptions,
  apply: (change: Change) => Promise<void>,
) => {
  let since: Date | undefined
  let succeededAt = performance.now()
  let isFirst = true
  const verify = (key: string): Promise<unknown> => {
    const [appId = '', channel = 'stable'] = key.split(':')
    return releases.verify(appId, channel)
  }
  return {
    succeededAt: () => succeededAt,
    async run(): Promise<void> {
      since ??= new Date((await readClock(db)).getTime() - overlapMs)
      const { changes, now } = await listChangesSince(db, since)
      // What was released before this process began, and Redis does not have yet, however long ago that was.
      const untold = isFirst ? await listOutbox(db, untoldMost) : []
      const work: (() => Promise<unknown>)[] = [
        ...[...changes, ...untold].map((change) => () => apply(change)),
        ...held.unverifiedKeys().map((key) => () => verify(key)),
      ]
      let failures = 0
      for (const refresh of work) {
        await refresh().catch((error) => {
          failures += 1
          onError('refresh', error)
        })
      }
      // What could not be refreshed must be found again, so the sweep looks as far back as this time.
      if (failures > 0) return
      isFirst = false
      releases.believeCache()
      since = new Date(now.getTime() - overlapMs)
      succeededAt = performance.now()
    },
  }
}
