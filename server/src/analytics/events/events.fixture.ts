import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import { usualEventLimits } from '../../../../contract/event-limits.ts'
import type { Shipment } from '../../../../contract/shipment.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { drawKey, drawKeyId, hashKey } from '../../platform/keys/key-text.ts'
import { readTally } from '../../platform/tally/read-tally.ts'
import { addTally, createTally, type Tally } from '../../platform/tally/tally.ts'
import { madeAt } from './date-event.ts'
import type { KeptEvent } from './kept-event.ts'
import type { EventBatch } from './write-events.ts'

/** A UUID of version 7, made at this moment. */
export const newEventId = (at: number | Date = Date.now()): string => {
  const hex = Number(at).toString(16).padStart(12, '0') + randomBytes(10).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** An event as it is kept; what is told here is not as usual. */
export const keptEvent = (given: Partial<KeptEvent> = {}): KeptEvent => {
  const eventId = given.eventId ?? newEventId(given.at)
  return {
    ...{ appId: 'shop', name: 'config_applied', revision: 42, configVersion: '1.4.0', platform: 'ios' },
    ...{ appVersion: '2.4.1', bucket: 4711, properties: { screen: 'home' }, at: Date.now() },
    ...given,
    eventId,
    madeAt: madeAt(eventId),
  }
}

export const batchOf = (...events: KeptEvent[]): EventBatch => ({
  appId: events[0]?.appId ?? '',
  events,
  limits: usualEventLimits,
})

/** All shipments that stand in the inbox. */
export const shipmentsOf = async (db: Kysely<Tables>): Promise<Shipment[]> => {
  const rows = await db.selectFrom('shipments').select('body').orderBy('shipment_id').execute()
  return rows.map(({ body }) => JSON.parse(Buffer.from(body).toString()) as Shipment)
}

/** What the shipments in the inbox tell of an app, all together. */
export const talliedOf = async (db: Kysely<Tables>, appId: string): Promise<Tally> => {
  const sum = createTally()
  for (const { tallies } of await shipmentsOf(db)) {
    for (const { tally } of tallies.filter((one) => one.appId === appId))
      addTally(sum, readTally(Buffer.from(tally, 'base64')))
  }
  return sum
}

/** The counts of a facet, by value. */
export const countsOf = (tally: Tally, facet: string): Record<string, number> =>
  Object.fromEntries([...(tally.facets.get(facet) ?? [])].map(([value, { count }]) => [value, count]))

/** A key of that role, for one app or for all. */
export const addKey = async (
  db: Kysely<Tables>,
  role: 'client' | 'viewer',
  appId: string | null,
): Promise<string> => {
  const keyId = drawKeyId()
  const key = drawKey(keyId)
  await db
    .insertInto('api_keys')
    .values({
      ...{ key_id: keyId, name: keyId, role, hash: hashKey(key), created_by: 'ann', labels: null },
      ...{ app_ids: appId === null ? null : [appId], channel: role === 'client' ? 'stable' : null },
      ...{ previous_hash: null, previous_expires_at: null, expires_at: null, revoked_at: null },
    })
    .execute()
  return key
}
