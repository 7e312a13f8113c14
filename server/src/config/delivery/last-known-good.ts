import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { within } from '../../platform/within.ts'
import { decodeSnapshot, encodeSnapshot, type Snapshot, snapshotKey } from './snapshot.ts'

/** The newest snapshot of every app this node has served, on disk: what is left when every store is away. */
export interface LastKnownGood {
  /** Writes in the background, `text` where it is at hand; a failure is reported and costs nothing but the copy. */
  keep(snapshot: Snapshot, text?: string): void
  read(appId: string, channel: string): Promise<Snapshot | null>
  /** Is there anything at all to serve from? */
  any(): Promise<boolean>
  /** Writes what is still waiting, for five seconds at most; throws OutOfTime where the disk takes longer. */
  close(): Promise<void>
}

const writtenMost = 50_000
/** Apps that may wait for a disk that stands still or is slow. */
const waitingMost = 10_000
const mebibyte = 1024 * 1024
/** The characters of their texts: as much as the cache has, whose bound tells how large the process may be. */
const waitingCharactersFor = (cacheBytes: number): number =>
  Math.max(16 * mebibyte, Math.min(128 * mebibyte, cacheBytes))
const closeMs = 5_000
/**
 * Behind the first ones each rests a moment, so that readers have the disk and the processor, until so many wait that some
 * could be left out.
 */
const atOnce = 64
const restMs = 3

/** Files are named by hash: ids differ by letter case, which some file systems do not. */
const fileOf = (folder: string, key: string): string => {
  const name = createHash('sha256').update(key).digest('hex')
  return join(folder, name.slice(0, 2), `${name.slice(2, 34)}.json`)
}

/** Written aside and renamed, so that a crash leaves the old file or the new one. */
const writeWhole = async (path: string, text: string): Promise<void> => {
  const aside = `${path}.${randomUUID()}`
  await writeFile(aside, text).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    await mkdir(dirname(path), { recursive: true })
    await writeFile(aside, text)
  })
  await rename(aside, path)
}

/** As text: a snapshot's object takes several times as much, and thousands may wait after a template's release. */
interface Copy {
  appId: string
  channel: string
  sequence: number
  text: string
}

export const openLastKnownGood = (
  folder: string,
  cacheBytes: number,
  onError: (error: unknown) => void,
): LastKnownGood => {
  const waitingCharactersMost = waitingCharactersFor(cacheBytes)
  const waiting = new Map<string, Copy>()
  let waitingCharacters = 0
  /** What lies on disk already: apps that do not fit into memory are read again and again, and seldom change. */
  const written = new LRUCache<string, number>({ max: writtenMost })
  let inHand: Copy | undefined
  let overflowTold = false
  let writer: Promise<void> | undefined
  let closing = false

  const isFillingUp = (): boolean =>
    waiting.size > waitingMost / 4 || waitingCharacters > waitingCharactersMost / 4

  const writeAll = async (): Promise<void> => {
    for (let count = 1; ; count += 1) {
      const next = waiting.entries().next()
      if (next.done) {
        overflowTold = false
        return
      }
      const [key, copy] = next.value
      waiting.delete(key)
      waitingCharacters -= copy.text.length
      inHand = copy
      await writeWhole(fileOf(folder, key), copy.text).then(() => written.set(key, copy.sequence), onError)
      inHand = undefined
      if (count > atOnce && !closing && !isFillingUp()) await sleep(restMs)
    }
  }
  const startWriter = (): void => {
    writer ??= writeAll().finally(() => {
      writer = undefined
    })
  }

  return {
    keep(snapshot, text = encodeSnapshot(snapshot)) {
      const { appId, channel, sequence } = snapshot
      const key = snapshotKey(appId, channel)
      const before = waiting.get(key)
      if (written.get(key) === sequence && !before) return
      const characters = waitingCharacters - (before?.text.length ?? 0) + text.length
      if ((waiting.size >= waitingMost && !before) || characters > waitingCharactersMost) {
        // Told once until the disk has caught up: it is one fault, not one for each app.
        if (!overflowTold) onError(new Error(`${waiting.size} apps wait for the disk: more are not kept`))
        overflowTold = true
        return
      }
      waiting.set(key, { appId, channel, sequence, text })
      waitingCharacters = characters
      startWriter()
    },
    async read(appId, channel) {
      const key = snapshotKey(appId, channel)
      // Until it is renamed, the file is the one before.
      const isInHand = inHand?.appId === appId && inHand.channel === channel
      const unwritten = waiting.get(key) ?? (isInHand ? inHand : undefined)
      const text = unwritten?.text ?? (await readFile(fileOf(folder, key), 'utf8').catch(() => null))
      return text === null ? null : decodeSnapshot(text, appId, channel)
    },
    any: async () => (await readdir(folder).catch(() => [])).length > 0,
    close: async () => {
      closing = true
      if (writer) await within(closeMs, 'writing snapshots', writer)
    },
  }
}

/** For a node that is told to keep nothing on disk. */
export const noLastKnownGood: LastKnownGood = {
  keep: () => {},
  read: async () => null,
  any: async () => false,
  close: async () => {},
}
