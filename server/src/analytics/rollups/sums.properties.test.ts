import fc from 'fast-check'
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { countDevices } from '../../platform/tally/tally.ts'
import { levels, startOf } from './levels.ts'
import { createApp, foldAll, makeAll, ship, sumOf, tallyOf } from './rollups.fixture.ts'
import { readRollups } from './store-rollups.ts'

const hour = 3_600_000
const day = 24 * hour

// What differs between the databases is in fold-shipments.test.ts.
const postgres = bothDatabases[1]

describe('what was counted', () => {
  let own: OwnDatabase
  let db: Kysely<Tables>
  beforeAll(async () => {
    own = await postgres.make()
    db = own.database.kysely
  })
  afterAll(() => own.drop())

  it('keeps all sums, however shipments are cut and in whatever order they come', {
    timeout: 120_000,
  }, async () => {
    const template = await createApp(db)
    const counted = fc.record({
      app: fc.nat(2),
      minute: fc.integer({ min: 22 * 60, max: 26 * 60 - 1 }),
      bucket: fc.nat(9_999),
      platform: fc.constantFrom('ios', 'android'),
      shipment: fc.nat(5),
      foldAfter: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(counted, { minLength: 1, maxLength: 30 }), async (all) => {
        const start = startOf('day', Date.now() - 4 * day)
        const apps = [await createApp(db, template), await createApp(db, template), await createApp(db)]
        const before = await sumOf(db, 'minute', `${template}/*`)
        const shipments = new Map<number, typeof all>()
        for (const one of all) shipments.set(one.shipment, [...(shipments.get(one.shipment) ?? []), one])
        for (const [number, some] of shipments) {
          const tallies = some.map(({ app, minute, bucket, platform }) => ({
            ...{ appId: apps[app] ?? '', at: start + minute * 60_000 },
            tally: tallyOf([{ bucket, platform }]),
          }))
          await ship(db, tallies)
          if (some[0]?.foldAfter) await foldAll(db)
          if (number === 2) await makeAll(db)
        }
        await foldAll(db)
        await makeAll(db)
        for (const level of levels) {
          for (const [index, appId] of apps.entries()) {
            expect(await sumOf(db, level, appId)).toBe(all.filter(({ app }) => app === index).length)
          }
          const below = (await sumOf(db, level, `${template}/*`)) - before
          expect(below).toBe(all.filter(({ app }) => app < 2).length)
        }
        const days = new Set(
          all.filter(({ app }) => app === 0).map(({ minute }) => Math.floor(minute / 1440)),
        )
        for (const index of days) {
          const of = all.filter(({ app, minute }) => app === 0 && Math.floor(minute / 1440) === index)
          const tally = (await readRollups(db, 'day', start + index * day, apps)).get(apps[0] ?? '')?.tally
          expect(tally?.facets.get('platform')?.get('ios')?.count ?? 0).toBe(
            of.filter(({ platform }) => platform === 'ios').length,
          )
          expect(tally && countDevices(tally).devices).toBe(new Set(of.map(({ bucket }) => bucket)).size)
        }
      }),
      { numRuns: 8 },
    )
  })
})
