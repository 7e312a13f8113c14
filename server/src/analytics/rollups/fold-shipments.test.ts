import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { countDevices } from '../../platform/tally/tally.ts'
import { foldShipments } from './fold-shipments.ts'
import { levels, startOf } from './levels.ts'
import { makeDue } from './make-due.ts'
import {
  type Asked,
  createApp,
  foldAll,
  keep,
  listRows,
  makeAll,
  ship,
  shipmentOf,
  sumOf,
  tallyOf,
} from './rollups.fixture.ts'
import { saveShipment } from './save-shipment.ts'
import { readRollups } from './store-rollups.ts'

const hour = 3_600_000
const day = 24 * hour

describe.each(bothDatabases)('folding in $kind', ({ kind, make }) => {
  let own: OwnDatabase
  let db: Kysely<Tables>
  beforeAll(async () => {
    own = await make()
    db = own.database.kysely
  })
  afterAll(() => own.drop())

  /** The beginning of a day that is over, and whose minutes are kept. */
  const pastDay = () => startOf('day', Date.now() - 2 * day)

  it('makes nothing before the first count', async () => {
    expect(await foldShipments({ db, keep, onError: () => {} })).toBe(0)
    const { rows } = await sql`select from pg_inherits where inhparent = 'rollups_minute'::regclass`.execute(
      db,
    )
    expect(rows).toEqual([])
  })

  it('counts an app by the minute, the templates above it and the fleet', async () => {
    const root = await createApp(db)
    const template = await createApp(db, root)
    const [one, two] = [await createApp(db, template), await createApp(db, template)]
    const at = startOf('minute', Date.now())
    await ship(db, [
      { appId: one, at, tally: tallyOf([{ bucket: 1 }, { bucket: 1 }, { bucket: 2, status: '304' }]) },
      { appId: two, at, tally: tallyOf([{ bucket: 1, status: '5xx' }]) },
      { appId: 'unknown', at, tally: tallyOf([{ status: '4xx' }]) },
    ])
    await ship(db, [{ appId: one, at, tally: tallyOf([{ bucket: 3 }]) }])
    const before = await sumOf(db, 'minute', '*')
    await foldAll(db)
    expect(await listRows(db, 'minute', one)).toEqual([[at, 4, 3]])
    expect(await listRows(db, 'minute', two)).toEqual([[at, 1, 1]])
    for (const scope of [`${template}/*`, `${root}/*`]) {
      expect(await listRows(db, 'minute', scope)).toEqual([[at, 5, 4]])
    }
    expect((await sumOf(db, 'minute', '*')) - before).toBe(6)
    expect(await listRows(db, 'minute', 'unknown')).toEqual([])
    const row = await db
      .selectFrom('rollups_minute')
      .select(['requests', 'unchanged', 'refused', 'errors', 'hits'])
      .where('scope', '=', `${root}/*`)
      .executeTakeFirstOrThrow()
    expect(row).toEqual({ requests: 5, unchanged: 1, refused: 0, errors: 1, hits: 5 })
    expect(await db.selectFrom('shipments').select('shipment_id').execute()).toEqual([])
  })

  it('counts a shipment once that comes again, before and after it was folded', async () => {
    const appId = await createApp(db)
    const at = pastDay()
    const shipment = shipmentOf([{ appId, at, tally: tallyOf([{ bucket: 1 }]) }])
    const next = { ...shipment, number: 2 }
    await Promise.all([saveShipment(db, shipment), saveShipment(db, shipment)])
    await foldAll(db)
    for (const again of [shipment, next, shipment, next]) {
      await saveShipment(db, again)
      await foldAll(db)
    }
    expect(await listRows(db, 'minute', appId)).toEqual([[at, 2, 1]])
  })

  it('counts once what several nodes fold at once', async () => {
    const appId = await createApp(db)
    const at = pastDay()
    const nodes =
      own.database.kind === 'postgres' ? [own.database, await own.open()] : [own.database, own.database]
    for (let n = 0; n < 30; n += 1)
      await ship(db, [{ appId, at: at + n * 1_000, tally: tallyOf([{ bucket: n }]) }])
    const left = async () => (await db.selectFrom('shipments').select('shipment_id').execute()).length
    while ((await left()) > 0) {
      await Promise.all(nodes.map(({ kysely }) => foldShipments({ db: kysely, keep, onError: () => {} })))
    }
    expect(await sumOf(db, 'minute', appId)).toBe(30)
    await Promise.all(nodes.map(({ kysely }) => makeDue({ db: kysely, keep }, 'hour')))
    await makeAll(db)
    expect([await sumOf(db, 'hour', appId), await sumOf(db, 'day', appId)]).toEqual([30, 30])
    if (nodes[1] !== own.database) await nodes[1]?.close()
  })

  it('changes nothing where its transaction fails at the end', async () => {
    const appId = await createApp(db)
    const at = pastDay()
    await ship(db, [{ appId, at, tally: tallyOf([{ bucket: 1 }]) }])
    await sql`alter table shipment_senders add constraint never check (folded_at < '2000-01-01') not valid`.execute(
      db,
    )
    await expect(foldAll(db)).rejects.toThrow('never')
    expect(await listRows(db, 'minute', appId)).toEqual([])
    await sql`alter table shipment_senders drop constraint never`.execute(db)
    await foldAll(db)
    expect(await listRows(db, 'minute', appId)).toEqual([[at, 1, 1]])
  })

  it.runIf(kind === 'postgres')('counts once what a node was folding when its connection died', async () => {
    const appId = await createApp(db)
    const at = pastDay()
    await ship(db, [{ appId, at, tally: tallyOf([{ bucket: 1 }]) }])
    const holder = await own.open()
    const isHeld = Promise.withResolvers<void>()
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
    const holding = holder.kysely.transaction().execute(async (transaction) => {
      await sql`lock table shipment_senders in share row exclusive mode`.execute(transaction)
      isHeld.resolve()
      await held
    })
    await isHeld.promise
    const folding = foldAll(db)
    const failed = expect(folding).rejects.toThrow()
    // It has merged all by then, and stands before what would end it.
    const waiting = sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
      and wait_event_type = 'Lock' and query ilike '%insert into shipment_senders%'`
    await eventually(async () => expect((await waiting.execute(holder.kysely)).rows).toHaveLength(1))
    await failed
    letGo()
    await holding
    await holder.close()
    expect(await listRows(db, 'minute', appId)).toEqual([])
    await foldAll(db)
    expect(await listRows(db, 'minute', appId)).toEqual([[at, 1, 1]])
  })

  it('makes an hour and a day again where a minute comes late', async () => {
    const appId = await createApp(db)
    const at = pastDay() + 5 * hour
    await ship(db, [{ appId, at, tally: tallyOf([{ bucket: 1 }]) }])
    await foldAll(db)
    await makeAll(db)
    expect(await listRows(db, 'hour', appId)).toEqual([[at, 1, 1]])
    await ship(db, [{ appId, at: at + 60_000, tally: tallyOf([{ bucket: 1 }, { bucket: 2 }]) }])
    await foldAll(db)
    // Until the hour is made again, whoever asks is told to read the minutes.
    expect(await db.selectFrom('rollups_due').select('level').where('scope', '=', appId).execute()).toEqual([
      { level: 'hour' },
    ])
    await makeAll(db)
    expect(await listRows(db, 'hour', appId)).toEqual([[at, 3, 2]])
    expect(await listRows(db, 'day', appId)).toEqual([[startOf('day', at), 3, 2]])
    expect(await db.selectFrom('rollups_due').select('level').where('scope', '=', appId).execute()).toEqual(
      [],
    )
  })

  it('makes an hour twice without counting it twice', async () => {
    const appId = await createApp(db)
    const at = pastDay()
    await ship(db, [{ appId, at, tally: tallyOf([{ bucket: 1 }, { bucket: 2 }]) }])
    await foldAll(db)
    await makeAll(db)
    const part = async () => (await readRollups(db, 'day', at, ['*#platform'])).get('*#platform')?.tally
    const before = await part()
    await db
      .insertInto('rollups_due')
      .values([
        { level: 'hour', at: new Date(at), scope: appId },
        { level: 'day', at: new Date(at), scope: appId },
      ])
      .execute()
    await makeAll(db)
    expect(await listRows(db, 'hour', appId)).toEqual([[at, 2, 2]])
    expect(await listRows(db, 'day', appId)).toEqual([[at, 2, 2]])
    expect(await part()).toEqual(before)
  })

  it('tells devices by facet of the fleet and of templates, by the day', async () => {
    const template = await createApp(db)
    const [one, two] = [await createApp(db, template), await createApp(db, template)]
    const at = pastDay() + 3 * hour
    const asked = (platform: string, buckets: number[]): Asked[] =>
      buckets.map((bucket) => ({ bucket, platform }))
    await ship(db, [
      { appId: one, at, tally: tallyOf([...asked('ios', [1, 2, 3]), ...asked('web', [4])]) },
      { appId: two, at: at + hour, tally: tallyOf(asked('ios', [1, 2])) },
      { appId: two, at: at + 2 * hour, tally: tallyOf(asked('ios', [2, 5])) },
    ])
    await foldAll(db)
    await makeAll(db)
    const scope = `${template}/*#platform`
    const tally = (await readRollups(db, 'day', startOf('day', at), [scope])).get(scope)?.tally
    const devices = [...(tally?.facets.get('platform') ?? [])].map(([value, group]) => [
      value,
      countDevices({ facets: new Map([['platform', new Map([['', group]])]]) } as never).devices,
    ])
    expect(Object.fromEntries(devices)).toEqual({ ios: 6, web: 1 })
  })

  it('leaves out what is older than all that is kept, and says so', async () => {
    const appId = await createApp(db)
    const errors: unknown[] = []
    await ship(db, [{ appId, at: Date.now() - 500 * day, tally: tallyOf([{}]) }])
    expect(await foldShipments({ db, keep, onError: (error) => errors.push(error) })).toBe(1)
    expect(String(errors[0])).toContain('older than all that is kept')
    for (const level of levels) expect(await listRows(db, level, appId)).toEqual([])
  })

  it('counts what is far ahead now, and leaves out a tally that cannot be read', async () => {
    const appId = await createApp(db)
    const errors: unknown[] = []
    const shipment = shipmentOf([{ appId, at: Date.now() + 3 * day, tally: tallyOf([{}]) }])
    shipment.tallies.push({ appId, minute: new Date(pastDay()).toISOString(), tally: 'AQ==' })
    await saveShipment(db, shipment)
    expect(await foldShipments({ db, keep, onError: (error) => errors.push(error) })).toBe(1)
    expect(errors).toHaveLength(1)
    const [[at = 0, requests] = []] = await listRows(db, 'minute', appId)
    expect([startOf('hour', at) <= Date.now(), requests]).toEqual([true, 1])
  })
})
