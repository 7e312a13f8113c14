import type { Event, Rejection } from '../../../../contract/event.ts'
import { checkEvent, type Fault } from './check-event.ts'
import { dateEvent, skewOf, type TimeBounds } from './date-event.ts'
import type { KeptEvent } from './kept-event.ts'
import type { SentBatch } from './read-batch.ts'

/** What becomes of the events of a batch, before any is stored. */
export interface Sorted {
  kept: readonly KeptEvent[]
  rejected: readonly Rejection[]
}

/** Checks each event of a batch by itself, and puts its time right. */
export const keepEvents = (
  { events, sentAt, unreadable }: SentBatch,
  { appId, ...bounds }: TimeBounds & { appId: string; receivedAt: number },
): Sorted => {
  const kept: KeptEvent[] = []
  const rejected: Rejection[] = []
  const when = { ...bounds, skewMs: skewOf(sentAt, bounds.receivedAt) }
  for (const [index, event] of events.entries()) {
    const result = unreadable.get(index) ?? keepEvent(appId, event, when)
    if ('code' in result) rejected.push({ index, ...result })
    else kept.push(result)
  }
  return { kept, rejected }
}

const keepEvent = (
  appId: string,
  value: unknown,
  when: TimeBounds & { receivedAt: number; skewMs: number },
): KeptEvent | Fault => {
  const fault = checkEvent(value)
  if (fault) return fault
  const event = value as Event
  const dated = dateEvent(event, when)
  if ('code' in dated) return dated
  return {
    appId,
    // As the database writes it.
    eventId: event.eventId.toLowerCase(),
    name: event.name,
    ...dated,
    revision: event.revision ?? null,
    configVersion: event.configVersion ?? null,
    platform: event.platform ?? null,
    appVersion: event.appVersion ?? null,
    bucket: event.bucket ?? null,
    properties: event.properties ?? null,
  }
}
