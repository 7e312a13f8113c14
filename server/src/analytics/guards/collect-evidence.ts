import type { EventGuard } from '../../../../contract/guard.ts'
import { sizeOf } from '../../platform/buckets/in-percentage.ts'
import type { Evidence, Sides } from './evidence.ts'
import type { Guarded, GuardedRollout } from './guarded-rollout.ts'

/** What a guard looks at of an event. */
export interface SeenEvent {
  appId: string
  name: string
  revision: number | null
  bucket: number | null
}

/** Reads of an app that were answered with one revision. */
export interface CountedReads {
  revision: number
  count: number
  /** Who asked, as far as they said. */
  buckets: ArrayLike<number>
}

/** Evidence for one guard of a rollout. */
export interface Collected {
  rolloutId: number
  name: string
  evidence: Evidence
}

/** Evidence that is being written. */
interface Draft {
  at: number
  percent: number
  exposures: Sides
  adopted: number
  harms: Sides
  seen: Set<number>
  harmed: Set<number>
}

/** `per` of a guard that is told of reads instead of events. */
const reads = 'fetch'

/**
 * What accepted events mean to the guards of rollouts under way, at the time `at` (ms). A device is inside by its bucket, whichever
 * revision it has: who fetches the new one first, such as apps that crash and start again, is not who was drawn, and would be
 * compared with others than their like. Events without a bucket tell nothing, nor do those of other channels.
 */
export const collectEvidence = (guarded: Guarded, events: readonly SeenEvent[], at: number): Collected[] => {
  const drafts = openDrafts(at)
  for (const event of events) {
    const { bucket } = event
    if (bucket === null) continue
    for (const rollout of guarded.of(event.appId)) {
      if (!isOfChannel(rollout, event)) continue
      for (const guard of rollout.guards) {
        if (isHarm(guard, event.name)) addHarm(drafts.of(rollout, guard), rollout, bucket)
        if (event.name !== guard.per) continue
        // Who tells no revision is taken to have the new one.
        const isNew = event.revision === null || isFresh(rollout, event.appId, event.revision)
        addExposure(drafts.of(rollout, guard), rollout, bucket, isNew)
      }
    }
  }
  return drafts.all()
}

/** The same of the reads of one app, for guards that count by them. */
export const collectReads = (
  guarded: Guarded,
  { appId, counted, at }: { appId: string; counted: readonly CountedReads[]; at: number },
): Collected[] => {
  const drafts = openDrafts(at)
  for (const rollout of guarded.of(appId)) {
    for (const guard of rollout.guards) {
      if (guard.per !== reads) continue
      for (const read of counted) {
        if (!isOfChannel(rollout, { appId, revision: read.revision })) continue
        addReads(drafts.of(rollout, guard), rollout, read, isFresh(rollout, appId, read.revision))
      }
    }
  }
  return drafts.all()
}

const openDrafts = (at: number) => {
  const drafts = new Map<EventGuard, { rolloutId: number; draft: Draft }>()
  return {
    of({ rolloutId, percent }: GuardedRollout, guard: EventGuard): Draft {
      const known = drafts.get(guard)
      if (known !== undefined) return known.draft
      const draft: Draft = {
        ...{ at, percent, adopted: 0, seen: new Set(), harmed: new Set() },
        ...{ exposures: { inside: 0, outside: 0 }, harms: { inside: 0, outside: 0 } },
      }
      drafts.set(guard, { rolloutId, draft })
      return draft
    },
    all: (): Collected[] =>
      [...drafts].map(([{ name }, { rolloutId, draft }]) => ({
        ...{ rolloutId, name },
        evidence: { ...draft, seen: [...draft.seen], harmed: [...draft.harmed] },
      })),
  }
}

/** Also one that tells no revision, of which nobody knows the channel. */
const isOfChannel = (
  { apps }: GuardedRollout,
  { appId, revision }: Pick<SeenEvent, 'appId' | 'revision'>,
): boolean => {
  const releases = apps.get(appId)
  return (
    revision === null || releases?.fresh.has(revision) === true || releases?.before.has(revision) === true
  )
}

const isFresh = ({ apps }: GuardedRollout, appId: string, revision: number): boolean =>
  apps.get(appId)?.fresh.has(revision) === true

const isHarm = ({ harm }: EventGuard, name: string): boolean =>
  harm === 'errors' ? name === 'app_error' || name === 'config_failed' : name === harm

const sideOf = ({ places, percent }: GuardedRollout, bucket: number): keyof Sides =>
  (places[bucket] ?? 0) < sizeOf(percent) ? 'inside' : 'outside'

const addHarm = (draft: Draft, rollout: GuardedRollout, bucket: number): void => {
  draft.harms[sideOf(rollout, bucket)] += 1
  draft.harmed.add(bucket)
}

const addExposure = (draft: Draft, rollout: GuardedRollout, bucket: number, isNew: boolean): void => {
  const side = sideOf(rollout, bucket)
  draft.exposures[side] += 1
  draft.seen.add(bucket)
  if (side === 'inside' && isNew) draft.adopted += 1
}

/** Of who has the old revision, as many are inside as of the buckets that asked. */
const addReads = (
  draft: Draft,
  rollout: GuardedRollout,
  { count, buckets }: CountedReads,
  isNew: boolean,
): void => {
  const all = Array.from(buckets)
  const within = all.filter((bucket) => sideOf(rollout, bucket) === 'inside').length
  const inside = isNew ? count : Math.round((count * within) / Math.max(1, all.length))
  draft.exposures.inside += inside
  draft.exposures.outside += count - inside
  if (isNew) draft.adopted += count
  for (const bucket of all) draft.seen.add(bucket)
}
