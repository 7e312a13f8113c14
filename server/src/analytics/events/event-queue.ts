import { createFairRoom } from './fair-room.ts'
import type { EventBatch } from './write-events.ts'

/** A batch that waits for its turn, and what its answer goes to. */
export interface Waiting {
  batch: EventBatch
  resolve(accepted: number): void
  reject(error: unknown): void
}

export interface EventQueue {
  /** Whether there is no room for a batch: too many events wait, or too many of its app. */
  isFullFor(batch: EventBatch): boolean
  enter(waiting: Waiting): void
  /** Does nothing for one that has left. */
  leave(waiting: Waiting): void
  /** Lets some leave, of each app in turn the one that has waited longest: so many events together, or one batch that is larger. */
  takeTogether(eventsMost: number): Waiting[]
  /** How many events wait. */
  waiting(): number
}

/** What waits to be stored: an app that sends much waits longer, and does not make the others wait for all of it. */
export const createEventQueue = (eventsMost: number): EventQueue => {
  const room = createFairRoom(eventsMost)
  /** Of each app in the order in which it came; the app whose turn is next is the first. */
  const queues = new Map<string, Set<Waiting>>()

  const leave = (waiting: Waiting): void => {
    const { appId, events } = waiting.batch
    const own = queues.get(appId)
    if (!own?.delete(waiting)) return
    room.take(appId, -events.length)
    if (own.size === 0) queues.delete(appId)
  }

  return {
    isFullFor: ({ appId, events }) => !room.fits(appId, events.length),
    enter(waiting) {
      const { appId, events } = waiting.batch
      const own = queues.get(appId) ?? new Set()
      queues.set(appId, own.add(waiting))
      room.take(appId, events.length)
    },
    leave,
    takeTogether(most) {
      const taken: Waiting[] = []
      let size = 0
      // An app that is put behind the others comes again.
      for (const [appId, own] of queues) {
        const [next] = own
        if (next === undefined) continue
        size += next.batch.events.length
        if (taken.length > 0 && size > most) break
        leave(next)
        taken.push(next)
        if (queues.delete(appId)) queues.set(appId, own)
      }
      return taken
    },
    waiting: room.taken,
  }
}
