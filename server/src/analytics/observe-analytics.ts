import { type Kysely, sql } from 'kysely'
import type { Health } from '../../../contract/health.ts'
import type { Tables } from '../platform/database/tables.ts'
import type { Meters } from '../platform/telemetry/meters.ts'
import { observeQueue } from '../platform/telemetry/observe-queue.ts'
import { observeStores } from '../platform/telemetry/observe-stores.ts'

interface Observed {
  db: Kysely<Tables>
  /** Events that wait to be stored. */
  waitingEvents: () => number
  measure: () => Promise<Health>
}

/** What waits in the analytics service, for whoever asks; the inbox is the same on every node. */
export const observeAnalytics = (meters: Meters, { db, waitingEvents, measure }: Observed): void => {
  observeQueue(meters, 'events', waitingEvents)
  observeQueue(meters, 'shipments', async () => {
    const { rows } = await sql<{ count: number }>`select count(*)::int as count from shipments`.execute(db)
    return rows[0]?.count
  })
  observeQueue(meters, 'alert_messages', async () => {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from alert_deliveries where state = 'waiting'`.execute(db)
    return rows[0]?.count
  })
  meters.observe(
    {
      ...{ name: 'parasol.shipments.age', kind: 'gauge', unit: 's' },
      description:
        'How long the oldest counts wait that are not folded into rollups: answers may lack so much. 0 without any.',
    },
    async () => {
      const { rows } = await sql<{ age: number | null }>`
        select extract(epoch from clock_timestamp() - min(received_at))::float8 as age from shipments`.execute(
        db,
      )
      return Math.max(0, rows[0]?.age ?? 0)
    },
  )
  observeStores(meters, measure)
}
