import type { Change } from '../../platform/changes/changes.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import { batchBytes, batchMost } from './batch-size.ts'
import { halving } from './halving.ts'
import type { Held, HeldReleases } from './held-releases.ts'
import { buildLike, type CachingRules } from './prepare.ts'
import type { ReadReleases } from './read-release.ts'
import { keyOf } from './snapshot.ts'

export interface RefreshOptions {
  held: HeldReleases
  releases: ReadReleases
  rules: CachingRules
  onError: (error: unknown) => void
}

export interface Refreshing {
  /**
   * Notes these changes at once, and brings what is held of them up to date. Resolves when this node answers them all,
   * with how many could not be refreshed.
   */
  refresh(changes: readonly Change[]): Promise<number>
  /** Gives up what still waits; resolves when nothing is under way any more. */
  close(): Promise<void>
}

/** A change of something that is held, until it is refreshed. */
interface Waiting {
  change: Change
  done: PromiseWithResolvers<boolean>
}

/** One for what comes while a large release is taken over. */
const lanesMost = 2
/** So many are built like what they replace; of thousands that change at once, readers build what they ask for. */
const buildMost = 32

/**
 * Keeps what is held as new as what is heard of. Changes that arrive together, or while others are being refreshed, are
 * refreshed together, those that came last first: a single release need not wait for ten thousand.
 */
export const refreshHeld = ({ held, releases, rules, onError }: RefreshOptions): Refreshing => {
  const waiting = new Map<string, Waiting>()
  const lanes = new Set<Promise<void>>()
  let closed = false

  const note = (change: Change): Promise<boolean> | undefined => {
    const key = keyOf(change)
    held.forgetAbsence(key)
    const before = held.peek(key)
    if (before && before.sequence >= change.sequence) return undefined
    held.expect(key, change.sequence)
    if (!before || closed) return undefined
    const { done = Promise.withResolvers<boolean>(), change: earlier } = waiting.get(key) ?? {}
    waiting.delete(key)
    waiting.set(key, { change: earlier && earlier.sequence > change.sequence ? earlier : change, done })
    return done.promise
  }

  const startLane = (): void => {
    if (closed || lanes.size >= lanesMost || waiting.size === 0) return
    const lane = refreshBatch(takeBatch(held, waiting)).finally(() => {
      lanes.delete(lane)
      startLane()
    })
    lanes.add(lane)
    startLane()
  }

  const refreshBatch = async (batch: readonly Waiting[]): Promise<void> => {
    const before = batch.length <= buildMost ? batch.map(({ change }) => held.peek(keyOf(change))) : []
    const failed = new Set<Change>()
    try {
      await halving(
        batch.map(({ change }) => change),
        (some) => releases.renew(some),
        (change, error) => {
          failed.add(change)
          onError(error)
        },
      )
      await buildAll(batch, before)
    } catch (error) {
      for (const { change } of batch) failed.add(change)
      onError(error)
    }
    for (const { change, done } of batch) done.resolve(!failed.has(change))
  }

  const buildAll = async (
    batch: readonly Waiting[],
    before: readonly (Held | undefined)[],
  ): Promise<void> => {
    for (const [index, { change }] of batch.entries()) {
      const [old, now] = [before[index], held.peek(keyOf(change))]
      if (old?.state !== 'released' || now?.state !== 'released' || old === now) continue
      await buildLike(now.release, old.release, rules)
      held.weigh(keyOf(change))
    }
  }

  return {
    async refresh(changes) {
      const turns = takeTurns()
      const refreshed: Promise<boolean>[] = []
      for (const change of changes) {
        const done = note(change)
        if (done) refreshed.push(done)
        await turns()
      }
      startLane()
      const outcomes = await Promise.all(refreshed)
      return outcomes.filter((isDone) => !isDone).length
    },
    async close() {
      closed = true
      for (const { done } of waiting.values()) done.resolve(false)
      waiting.clear()
      await Promise.all(lanes)
    },
  }
}

/** What came last, as far as it fits: what is held tells how large what replaces it will be. */
const takeBatch = (held: HeldReleases, waiting: Map<string, Waiting>): Waiting[] => {
  const batch: Waiting[] = []
  let bytes = 0
  for (const [key, one] of [...waiting].reverse()) {
    const now = held.peek(key)
    bytes += now?.state === 'released' ? now.release.bytes : 0
    if (batch.length > 0 && (bytes > batchBytes || batch.length >= batchMost)) break
    batch.push(one)
    waiting.delete(key)
  }
  return batch
}
