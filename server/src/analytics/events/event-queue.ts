import type { EventBatch } from './write-events.ts'

/** A batch that waits for its turn, and what its answer goes to. */
export interface Waiting {
  batch: EventBatch
  resolve(accepted: number): void
  reject(error: unknown): void
}

export interface EventQueue {
  /** Whether there is no room for a batch: too many wait, or too many of its app alone, which may have half of the room. */
  isFullFor(batch: EventBatch): boolean
  enter(waiting: Waiting): void
  /** Does nothing for one that has left. */
  leave(waiting: Waiting): void
  /** Lets those leave that have waited longest: so many events together, or one batch that is larger. */
  takeTogether(eventsMost: number): Waiting[]
  waiting(): { events: number; bytes: number }
}

/** What waits to be stored, in the order in which it came, bounded by events and by bytes. */
export const createEventQueue = (most: { events: number; bytes: number }): EventQueue => {
  const queue = new Set<Waiting>()
  const ofApps = new Map<string, number>()
  let [events, bytes] = [0, 0]

  const count = ({ appId, events: { length }, bytes: size }: EventBatch, sign: 1 | -1): void => {
    events += sign * length
    bytes += sign * size
    const left = (ofApps.get(appId) ?? 0) + sign * length
    if (left > 0) ofApps.set(appId, left)
    else ofApps.delete(appId)
  }
  const leave = (waiting: Waiting): void => {
    if (queue.delete(waiting)) count(waiting.batch, -1)
  }

  return {
    isFullFor({ appId, events: { length }, bytes: size }) {
      if (events + length > most.events || bytes + size > most.bytes) return true
      return (ofApps.get(appId) ?? 0) + length > most.events / 2
    },
    enter(waiting) {
      queue.add(waiting)
      count(waiting.batch, 1)
    },
    leave,
    takeTogether(eventsMost) {
      const taken: Waiting[] = []
      let size = 0
      for (const waiting of queue) {
        size += waiting.batch.events.length
        if (taken.length > 0 && size > eventsMost) break
        taken.push(waiting)
      }
      for (const waiting of taken) leave(waiting)
      return taken
    },
    waiting: () => ({ events, bytes }),
  }
}
