import type { Kysely } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { dropOld } from './drop-old.ts'
import { startOf } from './levels.ts'
import {
  createApp,
  foldAll,
  keep,
  listRows,
  makeAll,
  type Shipped,
  ship,
  sumOf,
  tallyOf,
} from './rollups.fixture.ts'

const hour = 3_600_000
const day = 24 * hour

describe.each(bothDatabases)('what is old in $kind', ({ make }) => {
  let own: OwnDatabase
  let db: Kysely<Tables>
  beforeAll(async () => {
    own = await make()
    db = own.database.kysely
  })
  afterAll(() => own.drop())

  /** The beginning of a day that is over, and whose minutes are kept. */
  const pastDay = () => startOf('day', Date.now() - 2 * day)

  it('drops what is old, and adds what comes late for it to the coarser rows', async () => {
    const appId = await createApp(db)
    const at = pastDay() + 7 * hour
    const counted = (bucket: number): Shipped => ({ appId, at, tally: tallyOf([{ bucket }]) })
    await ship(db, [counted(1)])
    await foldAll(db)
    const short = { minute: 1, hour: 90, day: 400 }
    await dropOld(db, short)
    // Its hour is not made yet.
    expect(await sumOf(db, 'minute', appId)).toBe(1)
    await makeAll(db)
    expect(await dropOld(db, short)).toContain(
      `rollups_minute_${new Date(at).toISOString().slice(0, 10).replaceAll('-', '')}`,
    )
    expect([await sumOf(db, 'minute', appId), await sumOf(db, 'hour', appId)]).toEqual([0, 1])
    await ship(db, [counted(1), counted(2)])
    // Also where the settings now say that minutes of that time are kept.
    await foldAll(db, keep)
    await makeAll(db)
    expect(await listRows(db, 'minute', appId)).toEqual([])
    expect(await listRows(db, 'hour', appId)).toEqual([[at, 3, 2]])
    expect(await listRows(db, 'day', appId)).toEqual([[startOf('day', at), 3, 2]])
  })
})
