import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { dayRange } from '../../platform/database/partitions.ts'
import { estimateDevices } from '../../platform/tally/devices.ts'
import { batchOf, countsOf, keptEvent, newEventId, shipmentsOf, talliedOf } from './events.fixture.ts'
import type { KeptEvent } from './kept-event.ts'
import { createWriteEvents } from './write-events.ts'

const dayMs = 86_400_000

describe.each(bothDatabases)('events in $kind', ({ make }) => {
  let own: OwnDatabase
  beforeAll(async () => {
    own = await make()
  })
  afterEach(async () => {
    await sql`truncate events, shipments`.execute(own.database.kysely)
  })
  afterAll(() => own?.drop())

  const writer = (alongside?: Parameters<typeof createWriteEvents>[0]['alongside']) =>
    createWriteEvents({ db: own.database.kysely, sender: randomUUID(), alongside })
  const stored = () => own.database.kysely.selectFrom('events').selectAll().orderBy('event_id').execute()

  it('are stored as they came, by the day of their ids', async () => {
    const at = Date.now() - 5_000
    const full = keptEvent({
      ...{ at, name: 'checkout', properties: { 'a.b': 'ü "\\" 😀', n: -1.5, yes: true } },
    })
    const bare = keptEvent({
      ...{
        at,
        eventId: newEventId(Date.now() - 3 * dayMs),
        revision: null,
        configVersion: null,
        platform: null,
      },
      ...{ appVersion: null, bucket: null, properties: null },
    })
    expect(await writer()([batchOf(full, bare)])).toEqual([2])
    const [second, first] = await stored()
    expect(first).toMatchObject({
      ...{ event_id: full.eventId, app_id: 'shop', name: 'checkout', revision: 42, bucket: 4711 },
      ...{ config_version: '1.4.0', platform: 'ios', app_version: '2.4.1', at: new Date(at) },
      properties: full.properties,
    })
    expect(first?.received_at.getTime()).toBeGreaterThan(at)
    expect(second).toMatchObject({
      ...{ event_id: bare.eventId, revision: null, bucket: null, platform: null, properties: null },
    })
    const { rows } = await sql<{ day: string; name: string }>`
      select day::text, tableoid::regclass::text as name from events order by day`.execute(
      own.database.kysely,
    )
    expect(rows).toEqual(
      [bare, full].map(({ madeAt }) => {
        const { suffix, from } = dayRange(new Date(madeAt))
        return { day: from.toISOString().slice(0, 10), name: `events_${suffix}` }
      }),
    )
  })

  it('are stored and counted once: sent again, twice in a batch, in two batches, by two processes at once', async () => {
    const events = Array.from({ length: 40 }, () => keptEvent())
    const [first, second, ...others] = events as [KeptEvent, KeptEvent, ...KeptEvent[]]
    const write = writer()
    expect(await write([batchOf(first, first, second)])).toEqual([2])
    expect(
      await write([batchOf(first, others[0] as KeptEvent), batchOf(second, others[0] as KeptEvent)]),
    ).toEqual([1, 0])
    const both = await Promise.all([
      writer()([batchOf(...events)]),
      writer()([batchOf(...events.toReversed())]),
    ])
    expect(both.flat().reduce((sum, count) => sum + count)).toBe(37)
    expect(await stored()).toHaveLength(40)
    expect(countsOf(await talliedOf(own.database.kysely, 'shop'), 'event')).toEqual({ config_applied: 40 })
    // What adds nothing is not shipped.
    expect(await write([batchOf(first)])).toEqual([0])
    expect((await shipmentsOf(own.database.kysely)).every(({ tallies }) => tallies.length > 0)).toBe(true)
  })

  it('of two apps may have the same id', async () => {
    const event = keptEvent()
    expect(await writer()([batchOf(event), batchOf({ ...event, appId: 'news' })])).toEqual([1, 1])
    expect(await writer()([batchOf({ ...event, appId: 'news' }), batchOf(keptEvent())])).toEqual([0, 1])
  })

  it('are counted by app and minute, with their devices', async () => {
    const minute = Math.floor(Date.now() / 60_000) * 60_000 - 600_000
    const events = [
      keptEvent({ at: minute, bucket: 1 }),
      keptEvent({
        at: minute + 59_999,
        bucket: 2,
        platform: 'android',
        properties: { screen: 'x'.repeat(101) },
      }),
      keptEvent({ at: minute + 60_000, bucket: null, name: 'app_error', revision: null, properties: null }),
    ]
    await writer()([batchOf(...events), batchOf(keptEvent({ appId: 'news', at: minute }))])
    const [shipment] = await shipmentsOf(own.database.kysely)
    expect(
      shipment?.tallies.map(({ appId, minute: of }) => `${appId} ${Date.parse(of) - minute}`).sort(),
    ).toEqual(['news 0', 'shop 0', 'shop 60000'])
    const shop = await talliedOf(own.database.kysely, 'shop')
    expect(countsOf(shop, 'event')).toEqual({ config_applied: 2, app_error: 1 })
    expect(countsOf(shop, 'event/config_applied/platform')).toEqual({ ios: 1, android: 1 })
    expect(countsOf(shop, 'event/config_applied/revision')).toEqual({ 42: 2 })
    expect(countsOf(shop, 'event/config_applied/appVersion')).toEqual({ '2.4.1': 2 })
    expect(countsOf(shop, 'event/config_applied/configVersion')).toEqual({ '1.4.0': 2 })
    expect(countsOf(shop, 'event/config_applied/property/screen')).toEqual({
      home: 1,
      [`${'x'.repeat(100)}…`]: 1,
    })
    const ofErrors = [...shop.facets.keys()].filter((facet) => facet.startsWith('event/app_error/'))
    expect(ofErrors.map((facet) => facet.slice(16)).sort()).toEqual([
      'appVersion',
      'configVersion',
      'platform',
    ])
    const group = shop.facets.get('event')?.get('config_applied')
    expect(group && estimateDevices(group.devices).devices).toBe(2)
  })

  it('of more names than an app may have are counted as other, and it is told how many', async () => {
    const events = Array.from({ length: 12 }, (_, n) => keptEvent({ name: `event_${n}` }))
    const batch = batchOf(...events, keptEvent({ name: 'event_0' }))
    await writer()([{ ...batch, limits: { ...batch.limits, eventNames: 10 } }])
    const shop = await talliedOf(own.database.kysely, 'shop')
    expect(countsOf(shop, 'event')).toMatchObject({ event_0: 2, other: 2 })
    expect(shop.folded.get('event')).toBe(2)
    expect(await stored()).toHaveLength(13)
  })

  it('are not stored where what is written alongside fails, and their shipment is not either', async () => {
    const seen: (readonly KeptEvent[])[] = []
    const write = writer(async (transaction, accepted) => {
      seen.push(accepted)
      await sql`select count(*) from events`.execute(transaction)
      if (seen.length === 1) throw new Error('no evidence')
    })
    const [known, fresh] = [keptEvent(), keptEvent()]
    await expect(write([batchOf(known)])).rejects.toThrow('no evidence')
    expect(await stored()).toEqual([])
    expect(await shipmentsOf(own.database.kysely)).toEqual([])
    expect(await write([batchOf(known)])).toEqual([1])
    expect(await write([batchOf(known, fresh)])).toEqual([1])
    expect(seen).toEqual([[known], [known], [fresh]])
    expect((await shipmentsOf(own.database.kysely)).map(({ number }) => number)).toEqual([2, 3])
  })

  it('find the partition of their day again after it was dropped', async () => {
    const write = writer()
    const event = keptEvent()
    await write([batchOf(event)])
    await sql`drop table ${sql.table(`events_${dayRange(new Date(event.madeAt)).suffix}`)}`.execute(
      own.database.kysely,
    )
    expect(await write([batchOf(event)])).toEqual([1])
  })

  it('of a large transaction are all stored', async () => {
    const batches = [1, 2, 3].map(() => batchOf(...Array.from({ length: 900 }, () => keptEvent())))
    expect(await writer()(batches)).toEqual([900, 900, 900])
    expect(await stored()).toHaveLength(2_700)
    expect(countsOf(await talliedOf(own.database.kysely, 'shop'), 'event')).toEqual({ config_applied: 2_700 })
  })
})
