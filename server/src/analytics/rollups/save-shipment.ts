import type { Kysely } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'

/**
 * Puts a shipment (contract/shipment.ts) into the inbox, in the caller's transaction where there is one. One that is there, or has been
 * folded already, by the same sender and number, counts once however often it is saved: here or when it is folded.
 */
export const saveShipment = async (
  db: Kysely<Tables>,
  shipment: { sender: string; number: number },
  /** It as JSON. */
  body: Uint8Array = Buffer.from(JSON.stringify(shipment)),
): Promise<void> => {
  await db
    .insertInto('shipments')
    .values({ sender: shipment.sender, number: shipment.number, body })
    .onConflict((conflict) => conflict.columns(['sender', 'number']).doNothing())
    .execute()
}
