import { type Kysely, sql } from 'kysely'
import type { Shipment, Usage } from '../../../../contract/shipment.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import { readTally } from '../../platform/tally/read-tally.ts'
import type { Tally } from '../../platform/tally/tally.ts'

/** What was counted of one app in one minute (ms since 1970), as one shipment tells. */
export interface Counted {
  appId: string
  minute: number
  tally: Tally
}

/** Some shipments of the inbox, the oldest first. */
export interface Batch {
  ids: number[]
  counted: Counted[]
  uses: Usage[]
  /** Requests that gateways could not keep, by the time they said so. */
  lost: { at: number; requests: number }[]
  /** What could not be read, and is left out. */
  unreadable: unknown[]
}

/** A batch is at most about this much, or one shipment: the time of a transaction is bounded, whatever waits. */
const batchBytes = 1024 * 1024
const batchRows = 200

interface InboxRow {
  shipment_id: number
  body: Uint8Array
  /** It came again after it had been folded. */
  again: boolean
}

/** The next shipments to fold; none of what is in them is in the rollups yet. */
export const readInbox = async (db: Kysely<Tables>): Promise<Batch> => {
  const { rows } = await sql<InboxRow>`
    select s.shipment_id, s.body, coalesce(f.numbers @> s.number, false) as again
    from (
      select *, sum(octet_length(body)) over (order by shipment_id) - octet_length(body) as before
      from (select * from shipments order by shipment_id limit ${batchRows}) first
    ) s
    left join shipment_senders f on f.sender = s.sender
    where s.before < ${batchBytes} order by s.shipment_id`.execute(db)
  const batch: Batch = {
    ids: rows.map((row) => row.shipment_id),
    counted: [],
    uses: [],
    lost: [],
    unreadable: [],
  }
  for (const { body, again } of rows) if (!again) await readShipment(batch, body)
  return batch
}

const readShipment = async (batch: Batch, body: Uint8Array): Promise<void> => {
  const shipment = parse(batch, body)
  if (shipment === undefined) return
  const turns = takeTurns()
  for (const { appId, minute, tally } of shipment.tallies) {
    await turns()
    try {
      const counted = readTally(Buffer.from(tally, 'base64'))
      batch.counted.push({ appId, minute: Date.parse(minute), tally: counted })
    } catch (error) {
      batch.unreadable.push(error)
    }
  }
  batch.uses.push(...shipment.uses)
  if (shipment.lost > 0) batch.lost.push({ at: Date.parse(shipment.sentAt), requests: shipment.lost })
}

const parse = (batch: Batch, body: Uint8Array): Shipment | undefined => {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch (error) {
    batch.unreadable.push(error)
    return undefined
  }
}

/** Takes folded shipments out of the inbox, and remembers them so that none counts again. */
export const forgetShipments = async (db: Kysely<Tables>, ids: readonly number[]): Promise<void> => {
  const these = sql`${`{${ids.join(',')}}`}::text::bigint[]`
  await sql`
    insert into shipment_senders (sender, numbers, folded_at)
    select sender, range_agg(int8range(number, number, '[]')), clock_timestamp()
    from shipments where shipment_id = any (${these}) group by sender
    on conflict (sender) do update
      set numbers = shipment_senders.numbers + excluded.numbers, folded_at = excluded.folded_at`.execute(db)
  await sql`delete from shipments where shipment_id = any (${these})`.execute(db)
}
