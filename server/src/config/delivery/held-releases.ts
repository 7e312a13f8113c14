import { LRUCache } from 'lru-cache'
import { createFloors } from './floors.ts'
import { type DeliveryRules, type PreparedRelease, prepareRelease } from './prepare.ts'
import { type Snapshot, snapshotKey } from './snapshot.ts'

/** What this node serves for an app and channel. */
export type Held = (HeldRelease | { state: 'archived' }) & {
  sequence: number
  /** Taken from a copy while the database was away: to be compared with it when it is back. */
  unverified: boolean
}
interface HeldRelease {
  state: 'released'
  release: PreparedRelease
}

export type NewerListener = (key: string, before: Held | undefined, now: Held) => void

export type Absence = 'unknown' | 'unreleased'

const absentForMs = 10_000
/** A channel beside stable: most apps have no beta release, and the first one of it is announced and swept for. */
const channelAbsentForMs = 60_000
const absentMost = 50_000
const archivedBytes = 500

/** Level 1: what is served from memory, bounded by bytes; and the ids known for a short time to have nothing. */
export interface HeldReleases {
  get(key: string): Held | undefined
  /** The same without counting as a use. */
  peek(key: string): Held | undefined
  absence(key: string): Absence | undefined
  /** Takes a snapshot over unless a newer one is held; answers what is held then. */
  hold(snapshot: Snapshot, options: { unverified: boolean }): Held
  holdAbsence(key: string, why: Absence): void
  forgetAbsence(key: string): void
  /** Counts the bytes of an entry anew, after a coding was added to it. */
  weigh(key: string): void
  /** From now on nothing older than this is taken from a cache, whether the app is held or not. */
  expect(key: string, sequence: number): void
  /** The sequence this node has served or heard of. */
  heardOf(key: string): number
  /** False for a snapshot older than one this node has served or heard of. */
  allows(key: string, sequence: number): boolean
  unverifiedKeys(): string[]
  drop(key: string): void
  /** Hears of everything newer that is held from now on, together with what was held before it. */
  onNewer(listener: NewerListener): void
  size(): { entries: number; bytes: number }
}

const bytesOf = (held: Held): number =>
  held.state === 'released' ? held.release.weight.bytes : archivedBytes

export const createHeldReleases = (maxBytes: number, rules: DeliveryRules): HeldReleases => {
  const floors = createFloors()
  const unverified = new Set<string>()
  const entries = new LRUCache<string, Held>({
    maxSize: maxBytes,
    maxEntrySize: maxBytes,
    sizeCalculation: bytesOf,
    dispose: (_, key) => unverified.delete(key),
    noDisposeOnSet: true,
  })
  const absences = new LRUCache<string, Absence>({ max: absentMost })
  const listeners: NewerListener[] = []

  const prepare = (snapshot: Snapshot, isUnverified: boolean): Held =>
    snapshot.state === 'archived'
      ? { state: 'archived', sequence: snapshot.sequence, unverified: isUnverified }
      : {
          state: 'released',
          release: prepareRelease(snapshot, rules),
          sequence: snapshot.sequence,
          unverified: isUnverified,
        }

  return {
    get: (key) => entries.get(key),
    peek: (key) => entries.peek(key),
    absence: (key) => absences.get(key),
    hold(snapshot, options) {
      const key = snapshotKey(snapshot.appId, snapshot.channel)
      const before = entries.peek(key)
      if (before && before.sequence >= snapshot.sequence) {
        if (!options.unverified && before.unverified) {
          before.unverified = false
          unverified.delete(key)
        }
        return before
      }
      const held = prepare(snapshot, options.unverified)
      entries.set(key, held)
      absences.delete(key)
      floors.raise(key, snapshot.sequence)
      if (options.unverified) unverified.add(key)
      else unverified.delete(key)
      for (const tellNewer of listeners) tellNewer(key, before, held)
      return held
    },
    holdAbsence: (key, why) =>
      void absences.set(key, why, { ttl: key.includes(':') ? channelAbsentForMs : absentForMs }),
    forgetAbsence: (key) => void absences.delete(key),
    weigh(key) {
      const held = entries.peek(key)
      // A copy, because the cache does not weigh a value again that it holds already.
      if (held) entries.set(key, { ...held })
    },
    expect: (key, sequence) => floors.raise(key, sequence),
    heardOf: (key) => floors.of(key),
    allows: (key, sequence) => floors.allows(key, sequence),
    unverifiedKeys: () => [...unverified],
    drop: (key) => void entries.delete(key),
    onNewer: (listener) => void listeners.push(listener),
    size: () => ({ entries: entries.size, bytes: entries.calculatedSize }),
  }
}
