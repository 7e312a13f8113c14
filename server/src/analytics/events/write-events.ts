import type { Kysely } from 'kysely'
import type { EventLimits } from '../../../../contract/event-limits.ts'
import type { Shipment } from '../../../../contract/shipment.ts'
import { chunksOf } from '../../platform/chunks-of.ts'
import { dayRange, ensurePartition } from '../../platform/database/partitions.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { capTally } from '../../platform/tally/cap-tally.ts'
import { writeTally } from '../../platform/tally/write-tally.ts'
import { saveShipment } from '../rollups/save-shipment.ts'
import { toTallyLimits } from './event-limits.ts'
import { insertEvents, rowsMost } from './insert-events.ts'
import type { KeptEvent } from './kept-event.ts'
import { tallyEvents } from './tally-events.ts'

/** The events of one request that may be stored. */
export interface EventBatch {
  appId: string
  events: readonly KeptEvent[]
  limits: EventLimits
}

/** What else is written of events in their transaction, such as evidence for guards. Throws: nothing of it is written. */
export type Alongside = (transaction: Kysely<Tables>, accepted: readonly KeptEvent[]) => Promise<void>

/** Stores batches all together or not at all; returns of each how many of its events were not there before. */
export type WriteEvents = (batches: readonly EventBatch[]) => Promise<number[]>

/** There is no partition for a row. */
const hasNoPartition = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === '23514'

/**
 * Makes what stores batches in one transaction: the events, what is counted of those that are new, as one shipment of this process,
 * and what is written alongside. So whatever fails, an event and its count are both there or both not.
 */
export const createWriteEvents = (options: {
  db: Kysely<Tables>
  /** A UUID of this process: with the number of a shipment it tells one from all others. */
  sender: string
  alongside?: Alongside | undefined
}): WriteEvents => {
  const { db, sender, alongside } = options
  const made = new Set<string>()
  let shipments = 0

  const ensurePartitions = async (batches: readonly EventBatch[]): Promise<void> => {
    const days = new Set(
      batches.flatMap(({ events }) => events.map(({ madeAt }) => Math.floor(madeAt / dayMs))),
    )
    for (const day of days) {
      const range = dayRange(new Date(day * dayMs))
      if (made.has(range.suffix)) continue
      await ensurePartition(db, 'events', range)
      made.add(range.suffix)
    }
  }
  const write = (batches: readonly EventBatch[]): Promise<number[]> =>
    db.transaction().execute(async (transaction) => {
      // In one order: two processes that store the same events at once do not wait for each other.
      const events = batches.flatMap((batch) => batch.events).sort(byId)
      const accepted: KeptEvent[] = []
      const receivedAt = new Date()
      for (const chunk of chunksOf(events, rowsMost)) {
        for (const event of await insertEvents(transaction, chunk, receivedAt)) accepted.push(event)
      }
      if (accepted.length > 0) {
        // Never the same number twice: of a transaction that failed nobody knows whether it was.
        shipments += 1
        await saveShipment(transaction, shipmentOf(accepted, batches, { sender, number: shipments }))
        await alongside?.(transaction, accepted)
      }
      return countAccepted(batches, accepted)
    })

  return async (batches) => {
    await ensurePartitions(batches)
    try {
      return await write(batches)
    } catch (error) {
      if (!hasNoPartition(error)) throw error
      // One that was there has been dropped, or restored without.
      made.clear()
      await ensurePartitions(batches)
      return write(batches)
    }
  }
}

const dayMs = 86_400_000

const byId = ({ eventId: one }: KeptEvent, { eventId: two }: KeptEvent): number =>
  one < two ? -1 : one > two ? 1 : 0

const shipmentOf = (
  accepted: readonly KeptEvent[],
  batches: readonly EventBatch[],
  { sender, number }: { sender: string; number: number },
): Shipment => {
  const limits = new Map(batches.map((batch) => [batch.appId, batch.limits]))
  const tallies = tallyEvents(accepted).map(({ appId, minute, tally }) => {
    const bounds = limits.get(appId)
    capTally(tally, bounds && toTallyLimits(bounds))
    return {
      appId,
      minute: new Date(minute).toISOString(),
      tally: Buffer.from(writeTally(tally)).toString('base64'),
    }
  })
  return { sender, number, sentAt: new Date().toISOString(), tallies, uses: [], lost: 0 }
}

const countAccepted = (batches: readonly EventBatch[], accepted: readonly KeptEvent[]): number[] => {
  const total = batches.reduce((sum, { events }) => sum + events.length, 0)
  if (accepted.length === total) return batches.map(({ events }) => events.length)
  const isAccepted = new Set(accepted)
  return batches.map(({ events }) =>
    events.reduce((sum, event) => sum + (isAccepted.delete(event) ? 1 : 0), 0),
  )
}
