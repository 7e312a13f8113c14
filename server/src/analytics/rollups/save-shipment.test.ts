import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { saveShipment } from './save-shipment.ts'

describe.each(bothDatabases)('a shipment in $kind', ({ make }) => {
  let own: OwnDatabase
  beforeAll(async () => {
    own = await make()
  })
  afterAll(() => own.drop())

  const saved = (sender: string) =>
    own.database.kysely
      .selectFrom('shipments')
      .select(['number', 'body'])
      .where('sender', '=', sender)
      .orderBy('number')
      .execute()

  it('is kept as it came', async () => {
    const shipment = { sender: 'one', number: 3, tallies: [{ appId: 'shöp' }] }
    await saveShipment(own.database.kysely, shipment)
    const [row] = await saved('one')
    expect(row?.number).toBe(3)
    expect(JSON.parse(Buffer.from(row?.body ?? []).toString())).toEqual(shipment)
  })

  it('is there once, however often it is saved, also at once', async () => {
    const shipment = { sender: 'two', number: 1 }
    await Promise.all(Array.from({ length: 4 }, () => saveShipment(own.database.kysely, shipment)))
    await saveShipment(own.database.kysely, { sender: 'two', number: 2 })
    expect((await saved('two')).map(({ number }) => number)).toEqual([1, 2])
  })

  it('is not there where the transaction of the caller fails', async () => {
    const failing = own.database.kysely.transaction().execute(async (transaction) => {
      await saveShipment(transaction, { sender: 'three', number: 1 })
      throw new Error('given up')
    })
    await expect(failing).rejects.toThrow('given up')
    expect(await saved('three')).toEqual([])
  })
})
