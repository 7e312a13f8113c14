import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { keepFolding } from './keep-folding.ts'
import { lengthMs, startOf } from './levels.ts'
import { createApp, keep, ship, sumOf, tallyOf } from './rollups.fixture.ts'

let own: OwnDatabase
beforeAll(async () => {
  own = await bothDatabases[1].make()
})
afterAll(() => own.drop())

it('folds what arrives, makes hours and days, on two nodes at once, and stops when it is closed', async () => {
  const db = own.database.kysely
  const appId = await createApp(db)
  const errors: unknown[] = []
  const other = await own.open()
  const nodes = [db, other.kysely].map((node) =>
    keepFolding({ db: node, keep, everyMs: 20, onError: (_, error) => errors.push(error) }),
  )
  const at = startOf('day', Date.now() - 2 * lengthMs.day)
  for (let n = 0; n < 20; n += 1) {
    await ship(db, [{ appId, at: at + n * lengthMs.minute, tally: tallyOf([{ bucket: n }]) }])
  }
  await eventually(async () => {
    expect([await sumOf(db, 'minute', appId), await sumOf(db, 'day', appId)]).toEqual([20, 20])
  })
  await Promise.all(nodes.map((node) => node.close()))
  await ship(db, [{ appId, at, tally: tallyOf([{ bucket: 1 }]) }])
  expect(errors).toEqual([])
  expect(await db.selectFrom('shipments').select('shipment_id').execute()).toHaveLength(1)
  await other.close()
})

it('tells of what fails and goes on', async () => {
  const away = await bothDatabases[1].make()
  const errors: unknown[] = []
  await away.drop()
  const node = keepFolding({
    db: away.database.kysely,
    keep,
    everyMs: 20,
    onError: (what) => errors.push(what),
  })
  await eventually(() => expect(errors.length).toBeGreaterThan(1))
  await node.close()
  expect(new Set(errors)).toEqual(new Set(['counts were not folded']))
})
