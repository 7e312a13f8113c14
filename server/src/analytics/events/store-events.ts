import { Problem } from '../../../../contract/problems.ts'
import { gaveWay, isStoreUnavailable } from '../../platform/database/errors.ts'
import { within } from '../../platform/within.ts'
import { createEventQueue, type EventQueue, type Waiting } from './event-queue.ts'
import type { EventBatch, WriteEvents } from './write-events.ts'

export interface StoreEvents {
  /**
   * Resolves when the events are durable, with how many of them were not there before. Throws a Problem, 503 `overloaded`, where too
   * many wait, or too many of its app, or what the database failed with. Sent again, what was stored all the same does not count again.
   */
  store(batch: EventBatch): Promise<number>
  /** How many events wait for their turn. */
  waiting: EventQueue['waiting']
  /** Waits for what is waiting to be stored. */
  close(): Promise<void>
}

interface StoreOptions {
  write: WriteEvents
  /** Transactions at a time: while the database is at one, this process prepares the next. */
  transactionsMost?: number
  /** Events of one transaction: what came meanwhile goes together. */
  togetherMost?: number
  eventsMost?: number
  /** How long a batch may wait for its turn and its transaction. */
  patienceMs?: number
}

/**
 * Group commit: batches that arrive while transactions are under way go together into the next one, so that many share the wait for
 * the disk. What fails, fails for all of its transaction; where it is not the database that is away, each is tried alone, so that
 * one which can never be stored does not keep out the others.
 */
export const createStoreEvents = ({
  write,
  transactionsMost = 2,
  togetherMost = 4_000,
  eventsMost = 100_000,
  patienceMs = 8_000,
}: StoreOptions): StoreEvents => {
  const queue = createEventQueue(eventsMost)
  let underWay = 0
  let isEmpty = Promise.withResolvers<void>()
  isEmpty.resolve()

  const work = async (): Promise<void> => {
    // What came in the same moment goes along.
    await new Promise((resolve) => setImmediate(resolve))
    while (queue.waiting() > 0) await writeGroup(write, queue.takeTogether(togetherMost))
    underWay -= 1
    if (underWay === 0) isEmpty.resolve()
  }
  const begin = (): void => {
    if (underWay === transactionsMost) return
    if (underWay === 0) isEmpty = Promise.withResolvers<void>()
    underWay += 1
    void work()
  }

  return {
    async store(batch) {
      if (queue.isFullFor(batch)) throw full()
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      const waiting = { batch, resolve, reject }
      queue.enter(waiting)
      begin()
      try {
        return await within(patienceMs, 'storing events', promise)
      } finally {
        queue.leave(waiting)
      }
    },
    waiting: queue.waiting,
    close: () => isEmpty.promise,
  }
}

const writeGroup = async (write: WriteEvents, group: readonly Waiting[]): Promise<void> => {
  try {
    const accepted = await againAfterDeadlock(() => write(group.map(({ batch }) => batch)))
    for (const [index, { resolve }] of group.entries()) resolve(accepted[index] ?? 0)
  } catch (error) {
    const isOneWrong = group.length > 1 && !isStoreUnavailable(error)
    if (isOneWrong) for (const waiting of group) await writeGroup(write, [waiting])
    else for (const { reject } of group) reject(error)
  }
}

/** Two processes that store the same events at once, in another order, may wait for each other. */
const againAfterDeadlock = async <Result>(attempt: () => Promise<Result>): Promise<Result> => {
  try {
    return await attempt()
  } catch (error) {
    if (!gaveWay(error)) throw error
    return attempt()
  }
}

const full = (): Problem =>
  new Problem('overloaded', {
    detail: 'More events wait to be stored than this process may hold. Send them again in a moment.',
    headers: { 'retry-after': '2' },
  })
