import { append, createQueue, type Link, takeOut } from './queue.ts'

/** Decides what goes when room is needed. Being of use costs nothing but a number that grows. */
export interface Room {
  /** Takes something in; `name` tells what it is when it comes again. */
  add(link: Link, name: string): void
  /** Notes that it was of use. */
  use(link: Link): void
  remove(link: Link): void
  /** Names the next to go; undefined where nothing is held. */
  nextVictim(): Link | undefined
  /** Whether it was of use more than once. */
  isProven(link: Link): boolean
  /** Remembers the name of what went, so that it gets a better place should it come again. */
  remember(name: string): void
  bytes(): number
}

const slots = 1 << 15
const usesMost = 3
/** The share of all bytes that newcomers may take while they have not been of use again. */
const newcomersShare = 0.1

/**
 * Newcomers stand in a small queue, and only what is asked for again before it leaves that gets into the large one: a scan
 * of addresses that nobody asks for twice passes through the small queue alone (the idea of S3-FIFO). What went lately and
 * comes again goes straight into the large one; that memory takes a fixed 128 KiB.
 */
export const createRoom = (maxBytes: number): Room => {
  const newcomers = createQueue()
  const proven = createQueue()
  const gone = new Uint32Array(slots)
  const victimIn = (): Link | undefined => {
    const fromNew = newcomers.bytes > maxBytes * newcomersShare || !proven.oldest
    const link = fromNew ? newcomers.oldest : proven.oldest
    if (!link || link.uses === 0) return link
    takeOut(link)
    link.uses = fromNew ? 0 : link.uses - 1
    append(proven, link)
    return undefined
  }
  return {
    add(link, name) {
      const hash = hashOf(name)
      append(gone[hash & (slots - 1)] === hash ? proven : newcomers, link)
    },
    use(link) {
      if (link.uses < usesMost) link.uses += 1
    },
    remove: takeOut,
    isProven: (link) => link.queue === proven || link.uses > 0,
    nextVictim() {
      while (newcomers.oldest || proven.oldest) {
        const victim = victimIn()
        if (victim) return victim
      }
      return undefined
    },
    remember(name) {
      const hash = hashOf(name)
      gone[hash & (slots - 1)] = hash
    },
    bytes: () => newcomers.bytes + proven.bytes,
  }
}

/** FNV-1a; never 0, which says that a slot is empty. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0 || 1
}
