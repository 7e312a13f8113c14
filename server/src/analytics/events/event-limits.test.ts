import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EventLimitsReport, usualEventLimits } from '../../../../contract/event-limits.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { type Actor, administrator, createAuthenticate } from '../../platform/auth/authenticate.ts'
import { dayRange, ensurePartition } from '../../platform/database/partitions.ts'
import { createService } from '../../platform/http/service.ts'
import { capTally } from '../../platform/tally/cap-tally.ts'
import { readTally } from '../../platform/tally/read-tally.ts'
import { countIn, createTally } from '../../platform/tally/tally.ts'
import { writeTally } from '../../platform/tally/write-tally.ts'
import { addManagement } from '../app.ts'
import { foldAll, keep } from '../rollups/rollups.fixture.ts'
import { countUsage } from './count-usage.ts'
import { batchOf, countsOf, keptEvent } from './events.fixture.ts'
import { createKnownApps } from './known-apps.ts'
import { createWriteEvents } from './write-events.ts'

const none = new Uint8Array()
const token = 'the-token-of-the-administrator'
const holders: Record<string, Actor> = {
  viewer: { ...administrator, name: 'a viewer', role: 'viewer' },
  others: { ...administrator, name: 'another', scope: { appIds: ['news'], labels: null } },
}

describe.each(bothDatabases)('the limits of events on $kind', ({ make }) => {
  let own: OwnDatabase
  /** The operators' routes alone: a whole service would fold what a test has made due, at any moment. */
  const service = createService({ onFault: () => {} })
  beforeAll(async () => {
    own = await make()
    const db = own.database.kysely
    await db
      .insertInto('apps')
      .values([
        { app_id: 'shop', name: 'Shop' },
        { app_id: 'news', name: 'News' },
      ])
      .execute()
    addManagement(service, {
      ...{ db, keep, eventsDays: 14, log: pino({ level: 'silent' }) },
      authenticate: createAuthenticate(token, async (given) => holders[given]),
      limits: { maxBytes: 10_000, maxDepth: 16 },
    })
  })
  afterAll(() => own?.drop())

  const ask = async (appId: string, body?: unknown, by = token) => {
    const answer = await service.fetch(
      new Request(`http://localhost/manage/v1/analytics/apps/${appId}/event-limits`, {
        headers: { authorization: `Bearer ${by}`, 'content-type': 'application/json' },
        ...(body !== undefined && { method: 'PUT', body: JSON.stringify(body) }),
      }),
    )
    return { status: answer.status, body: (await answer.json()) as EventLimitsReport & { code: string } }
  }

  it('are as usual until somebody sets others, and again when they are left out', async () => {
    const day = new Date().toISOString().slice(0, 10)
    const today = { day, accepted: 0, duplicates: 0, rejected: 0 }
    expect(await ask('shop')).toMatchObject({
      ...{ status: 200, body: { appId: 'shop', limits: usualEventLimits, isUsual: true, today } },
    })
    const set = await ask('shop', { eventNames: 10, eventsPerDay: 1_000 })
    const limits = { ...usualEventLimits, eventNames: 10, eventsPerDay: 1_000 }
    expect(set).toMatchObject({ status: 200, body: { limits, isUsual: false } })
    expect((await ask('shop', {})).body.limits).toEqual(usualEventLimits)
    const audited = await own.database.kysely
      .selectFrom('audit_log')
      .select(['action', 'actor', 'before', 'after'])
      .where('app_id', '=', 'shop')
      .orderBy('id')
      .execute()
    expect(audited).toEqual([
      { action: 'event-limits.set', actor: 'admin', before: null, after: limits },
      { action: 'event-limits.set', actor: 'admin', before: limits, after: usualEventLimits },
    ])
  })

  it('reach what takes events, with what other processes have taken today', async () => {
    const db = own.database.kysely
    await ask('news', { eventsPerDay: 7 })
    const fail = (error: unknown): void => {
      throw error
    }
    const [mine, theirs] = ['one', 'two'].map((sender) => countUsage({ db, sender, onError: fail }))
    mine?.count('news', { accepted: 1, duplicates: 2, rejected: 0 })
    mine?.count('news', { accepted: 2, duplicates: 0, rejected: 3 })
    theirs?.count('news', { accepted: 4, duplicates: 0, rejected: 0 })
    expect(mine?.acceptedToday('news')).toBe(3)
    await mine?.close()
    await theirs?.close()
    const known = await createKnownApps({ db, sender: 'one', onError: fail }).find('news')
    expect(known).toMatchObject({ limits: { eventsPerDay: 7 }, takenElsewhere: 4 })
    expect((await ask('news')).body.today).toMatchObject({ accepted: 7, duplicates: 2, rejected: 3 })
  })

  it('count each day anew', async () => {
    let now = Date.parse('2026-11-23T23:59:00Z')
    const usage = countUsage({ db: own.database.kysely, sender: 'three', onError: () => {}, now: () => now })
    usage.count('shop', { accepted: 5, duplicates: 0, rejected: 0 })
    now += 120_000
    expect(usage.acceptedToday('shop')).toBe(0)
    usage.count('shop', { accepted: 1, duplicates: 0, rejected: 0 })
    await usage.close()
    const rows = await own.database.kysely
      .selectFrom('event_usage')
      .select('accepted')
      .where('sender', '=', 'three')
      .orderBy('day')
      .execute()
    expect(rows.map(({ accepted }) => accepted)).toEqual([5, 1])
  })

  it('hold for what is folded, too', async () => {
    const db = own.database.kysely
    await ask('news', { eventNames: 60 })
    const write = createWriteEvents({ db, sender: randomUUID() })
    const limits = { ...usualEventLimits, eventNames: 60 }
    for (const appId of ['news', 'shop']) {
      const events = Array.from({ length: 62 }, (_, n) => keptEvent({ appId, name: `event_${n}` }))
      await write([{ ...batchOf(...events), limits }])
    }
    await foldAll(db)
    const rows = await db.selectFrom('rollups_minute').select(['scope', 'body']).execute()
    const names = (appId: string) =>
      Object.keys(countsOf(readTally(rows.find(({ scope }) => scope === appId)?.body ?? none), 'event'))
        .length
    // With the name that stands for all that did not fit.
    expect([names('news'), names('shop')]).toEqual([61, 51])
    for (const table of ['rollups_minute', 'rollups_due', 'shipments'] as const)
      await db.deleteFrom(table).execute()
  })

  it('tell what they folded into other, the most first', async () => {
    const db = own.database.kysely
    const tally = createTally()
    for (let n = 0; n < 4; n += 1) countIn(tally, 'event/checkout/property/sku', `sku ${n}`, { count: 4 - n })
    for (let n = 0; n < 3; n += 1) countIn(tally, `event/checkout/property/p${n}`, 'x')
    for (let n = 0; n < 3; n += 1) countIn(tally, 'event', `event_${n}`, { count: 10 + n })
    capTally(tally, { events: 2, properties: 2, values: 2 })
    const none = { requests: 0, unchanged: 0, refused: 0, errors: 0, hits: 0, devices: 0 }
    const now = new Date()
    for (const [table, at] of [
      ['rollups_minute', now],
      ['rollups_hour', new Date(now.getTime() - 7_200_000)],
    ] as const) {
      await ensurePartition(db, table, dayRange(at))
      const row = {
        ...none,
        at,
        scope: 'shop',
        body: Buffer.from(writeTally(tally)),
        sketch: Buffer.from([]),
      }
      await db.insertInto(table).values(row).execute()
    }
    const { folded } = (await ask('shop')).body
    expect(folded.items).toEqual([
      { event: null, dimension: 'event', property: null, counts: 20 },
      { event: 'checkout', dimension: 'property', property: 'sku', counts: 6 },
      { event: 'checkout', dimension: 'property', property: 'other', counts: 4 },
    ])
    // Of an hour that has to be made anew its minutes tell, and here there are none.
    const due = new Date(Math.floor(now.getTime() / 3_600_000 - 2) * 3_600_000)
    await db.updateTable('rollups_hour').set({ at: due }).where('scope', '=', 'shop').execute()
    await db.insertInto('rollups_due').values({ level: 'hour', scope: 'shop', at: due }).execute()
    expect((await ask('shop')).body.folded.items.map(({ counts }) => counts)).toEqual([10, 3, 2])
  })

  it('are refused: 401, 403, 404, 415, 422', async () => {
    expect(await ask('shop', undefined, 'wrong')).toMatchObject({ status: 401 })
    expect(await ask('shop', {}, 'viewer')).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect(await ask('shop', undefined, 'others')).toMatchObject({ status: 403 })
    expect(await ask('shop', {}, 'others')).toMatchObject({ status: 403 })
    expect(await ask('nobody')).toMatchObject({ status: 404, body: { code: 'app_not_found' } })
    expect(await ask('nobody', {})).toMatchObject({ status: 404 })
    expect(await ask('shop', { eventNames: 0 })).toMatchObject({
      status: 422,
      body: { code: 'invalid_field' },
    })
    expect(await ask('shop', { names: 1 })).toMatchObject({ status: 422, body: { code: 'unknown_field' } })
    expect((await ask('shop', undefined, 'viewer')).status).toBe(200)
  })
})
