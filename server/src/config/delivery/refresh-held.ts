import type { Change } from '../../platform/changes/changes.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import { batchBytes, batchMost } from './batch-size.ts'
import { buildLike } from './build-like.ts'
import type { Evaluating } from './evaluate.ts'
import { halving } from './halving.ts'
import type { Held, HeldReleases } from './held-releases.ts'
import type { ReadReleases } from './read-release.ts'
import { keyOf } from './snapshot.ts'

export interface RefreshOptions {
  held: HeldReleases
  releases: ReadReleases
  evaluating: () => Evaluating
  /** Whether this is to be held although it is not: somebody wants to hear of every change. */
  isFollowed: (key: string) => boolean
  onError: (error: unknown) => void
}

export interface Refreshing {
  /**
   * Notes these changes at once, and brings what is held or followed of them up to date. Resolves when this node answers them all,
   * with how many could not be refreshed.
   */
  refresh(changes: readonly Change[]): Promise<number>
  /** Changes of what is held or followed that are not refreshed yet. */
  waiting(): number
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
export const refreshHeld = (options: RefreshOptions): Refreshing => {
  const { held, isFollowed } = options
  const waiting = new Map<string, Waiting>()
  const lanes = new Set<Promise<void>>()
  let closed = false

  const note = (change: Change): Promise<boolean> | undefined => {
    const key = keyOf(change)
    held.forgetAbsence(key)
    const before = held.peek(key)
    if (before && before.sequence >= change.sequence) return undefined
    held.expect(key, change.sequence)
    if (closed || !(before || isFollowed(key))) return undefined
    const { done = Promise.withResolvers<boolean>(), change: earlier } = waiting.get(key) ?? {}
    waiting.delete(key)
    waiting.set(key, { change: earlier && earlier.sequence > change.sequence ? earlier : change, done })
    return done.promise
  }

  const startLane = (): void => {
    if (closed || lanes.size >= lanesMost || waiting.size === 0) return
    const lane = refreshBatch(options, takeBatch(held, waiting)).finally(() => {
      lanes.delete(lane)
      startLane()
    })
    lanes.add(lane)
    startLane()
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
    waiting: () => waiting.size,
    async close() {
      closed = true
      for (const { done } of waiting.values()) done.resolve(false)
      waiting.clear()
      await Promise.all(lanes)
    },
  }
}

/** Tells each of the batch whether it was refreshed; never rejects. */
const refreshBatch = async (options: RefreshOptions, batch: readonly Waiting[]): Promise<void> => {
  const { held, releases, onError } = options
  const changes = batch.map(({ change }) => change)
  const before = new Map(changes.map((change) => [change, held.peek(keyOf(change))]))
  const failed = new Set<Change>()
  try {
    await halving(
      changes,
      (some) => releases.renew(some),
      (change, error) => {
        failed.add(change)
        onError(error)
      },
    )
    if (changes.length <= buildMost) await buildAll(options, before)
  } catch (error) {
    for (const change of changes) failed.add(change)
    onError(error)
  }
  for (const { change, done } of batch) done.resolve(!failed.has(change))
}

/** What readers have asked of the releases before is built at once, whether or not one of them asks again first. */
const buildAll = async (
  { held, evaluating }: RefreshOptions,
  before: ReadonlyMap<Change, Held | undefined>,
): Promise<void> => {
  for (const [change, old] of before) {
    const now = held.peek(keyOf(change))
    if (old?.state !== 'released' || now?.state !== 'released' || old.release === now.release) continue
    await buildLike(now.release, old.release, evaluating())
    held.weigh(keyOf(change))
  }
}

/** What came last, as far as it fits: what is held tells how large what replaces it will be. */
const takeBatch = (held: HeldReleases, waiting: Map<string, Waiting>): Waiting[] => {
  const batch: Waiting[] = []
  let bytes = 0
  for (const [key, one] of [...waiting].reverse()) {
    const now = held.peek(key)
    bytes += now?.state === 'released' ? now.release.weight.bytes : 0
    if (batch.length > 0 && (bytes > batchBytes || batch.length >= batchMost)) break
    batch.push(one)
    waiting.delete(key)
  }
  return batch
}
