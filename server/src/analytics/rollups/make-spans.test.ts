import { afterAll, beforeAll, expect, it } from 'vitest'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { lengthMs, startOf } from './levels.ts'
import { createApp, foldAll, listRows, makeAll, ship, tallyOf } from './rollups.fixture.ts'

const { hour, day } = lengthMs
let own: OwnDatabase
beforeAll(async () => {
  own = await bothDatabases[1].make()
})
afterAll(() => own.drop())

it('tells how many devices of a template came in any 24 hours, also when one came late', async () => {
  const db = own.database.kysely
  const template = await createApp(db)
  const [one, two] = [await createApp(db, template), await createApp(db, template)]
  const start = startOf('day', Date.now() - 3 * day)
  const counted = (appId: string, hours: number, buckets: number[]) => ({
    ...{ appId, at: start + hours * hour },
    tally: tallyOf(buckets.map((bucket) => ({ bucket }))),
  })
  await ship(db, [counted(one, 0, [1, 2]), counted(two, 10, [1]), counted(one, 30, [1, 3])])
  await foldAll(db)
  await makeAll(db)
  const spans = async () => {
    const rows = await listRows(db, 'hour', `${template}/*#day`)
    return Object.fromEntries(rows.map(([at, , devices]) => [(at - start) / hour, devices]))
  }
  const inHour = await spans()
  // The 24 hours that end with the hours 0, 9, 10, 23, 24, 30, 33, 34 and 53.
  expect([0, 9, 10, 23, 24, 30, 33, 34, 53].map((last) => inHour[last])).toEqual([2, 2, 3, 3, 1, 3, 3, 2, 2])
  expect(inHour[54]).toBeUndefined()

  await ship(db, [counted(two, 12, [7])])
  await foldAll(db)
  await makeAll(db)
  const late = await spans()
  expect([0, 11, 12, 34, 35, 36].map((last) => late[last])).toEqual([2, 3, 4, 3, 3, 2])
})
