import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AlertQuestion, alertQuestion } from '../../../../contract/alert-question.ts'
import type { RuleScope } from '../../../../contract/alert-rule.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { countIn, createTally } from '../../platform/tally/tally.ts'
import { type Asked, foldAll, keep, makeAll, ship, tallyOf } from '../rollups/rollups.fixture.ts'
import { addApp } from './alerts.fixture.ts'
import { measureRollups } from './measure-rollups.ts'
import type { Window } from './windows-of.ts'

const minute = 60_000
const hour = 3_600_000
/** Many requests that are alike. */
const times = (count: number, one: Asked): Asked[] =>
  Array.from({ length: count }, (_, n) => ({ ...one, bucket: n + (one.bucket ?? 0) }))

describe('what was counted', () => {
  let own: OwnDatabase
  let db: Kysely<Tables>
  const id = randomUUID().slice(0, 8)
  const [shop, radio, base] = [`shop.${id}`, `radio.${id}`, `base.${id}`]
  /** The beginning of the minute that all is counted in: two hours ago, so that its hour can be made. */
  const at = Math.floor(Date.now() / hour) * hour - 2 * hour + 30 * minute
  const window: Window = { from: at, to: at + minute }
  const revisions: Record<string, number> = {}

  const release = async (appId: string, name: string, secondsAgo: number): Promise<void> => {
    await db
      .insertInto('configs')
      .values({
        ...{ app_id: appId, version: '1.0.0', document: '{}', checksum: 'c', note: null },
        created_by: 'a',
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    const made = await db
      .insertInto('releases')
      .values({
        ...{ app_id: appId, version: '1.0.0', kind: 'publish', actor: 'ann', reason: null },
        released_at: new Date(at - secondsAgo * 1_000),
      } as never)
      .returning('revision')
      .executeTakeFirstOrThrow()
    revisions[name] = made.revision
    await db
      .insertInto('channels')
      .values({ app_id: appId, channel: 'stable', revision: made.revision } as never)
      .onConflict((conflict) =>
        conflict.columns(['app_id', 'channel']).doUpdateSet({ revision: made.revision }),
      )
      .execute()
  }

  beforeAll(async () => {
    own = await bothDatabases[1].make()
    db = own.database.kysely
    await addApp(db, base, { kind: 'template' })
    await addApp(db, shop, { extends: base, labels: JSON.stringify({ team: 'web' }) })
    await addApp(db, radio)
    await addApp(db, `quiet.${id}`)
    await release(shop, 'older', 200_000)
    await release(shop, 'old', 100_000)
    await release(shop, 'live', 300)
    const { older, old, live } = Object.fromEntries(
      Object.entries(revisions).map(([name, revision]) => [name, String(revision)]),
    )
    const events = createTally()
    countIn(events, 'event', 'app_error', { count: 5, bucket: 1 })
    countIn(events, 'event', 'app_error', { count: 1, bucket: 2 })
    countIn(events, 'event/app_error/platform', 'ios', { count: 4, bucket: 1 })
    countIn(events, 'event/app_error/property/screen', 'cart', { count: 2, bucket: 1 })
    await ship(db, [
      {
        ...{ appId: shop, at },
        tally: tallyOf([
          ...times(40, { revision: live as string, held: older as string, ms: 10 }),
          ...times(50, { revision: live as string, held: live as string, ms: 10, platform: 'android' }),
          ...times(10, {
            bucket: 90,
            revision: old as string,
            held: old as string,
            ms: 400,
            status: '5xx',
            cache: 'miss',
          }),
        ]),
      },
      { appId: shop, at: at + 30 * minute, tally: tallyOf(times(7, {})) },
      { appId: shop, at, tally: events },
      { appId: radio, at, tally: tallyOf(times(300, { status: '4xx', ms: 1 })) },
    ])
    await foldAll(db)
    await makeAll(db)
  })
  afterAll(() => own.drop())

  const measure = measureRollups(keep)
  const ask = async (
    on: object,
    scope: RuleScope,
    given: Partial<{ window: Window; minimumCount: number }> = {},
  ) => {
    const asked = { on: alertQuestion.parse(on) as AlertQuestion, scope, window, minimumCount: 0, ...given }
    return measure(db, asked)
  }
  const app = (appId: string): RuleScope => ({ kind: 'app', appId })
  const each: RuleScope = { kind: 'eachApp', template: null, labels: null }
  const ofShop = async (on: object) => (await ask(on, app(shop))).get('')

  it.each<[object, number, number]>([
    [{ question: 'usage', measure: 'count' }, 100, 100],
    [{ question: 'usage', measure: 'perSecond' }, 100 / 60, 100],
    [{ question: 'usage', measure: 'count', where: { facet: 'platform', value: 'android' } }, 50, 50],
    [{ question: 'errors', measure: 'rate' }, 0.1, 100],
    [{ question: 'errors', measure: 'count' }, 10, 10],
    [{ question: 'errors', measure: 'rate', status: '4xx' }, 0, 100],
    [{ question: 'cache', measure: 'hitRate' }, 0.9, 100],
    [{ question: 'latency', measure: 'slower', thanMs: 100 }, 0.1, 100],
    [{ question: 'lag', measure: 'share' }, 0.1, 100],
    [{ question: 'events', measure: 'count', event: 'app_error' }, 6, 6],
    [
      {
        question: 'events',
        measure: 'count',
        event: 'app_error',
        where: { facet: 'platform', value: 'ios' },
      },
      4,
      4,
    ],
    [
      {
        question: 'events',
        measure: 'count',
        event: 'app_error',
        where: { property: 'screen', value: 'cart' },
      },
      2,
      2,
    ],
    [{ question: 'events', measure: 'count', event: 'none' }, 0, 0],
  ])('answers %j', async (on, value, count) => {
    const reading = await ofShop(on)
    expect(reading?.value).toBeCloseTo(value, 6)
    expect(reading?.count).toBe(count)
    // The same where each app is asked about by itself.
    const others = await ask(on, each)
    expect(others.get(shop)?.value).toBeCloseTo(value, 6)
    expect(others.has(`quiet.${id}`)).toBe(false)
  })

  it.each<[object, number]>([
    [{ question: 'latency', measure: 'p50' }, 10],
    [{ question: 'latency', measure: 'p99' }, 400],
    // Buckets 0..49 and 90..99.
    [{ question: 'devices', measure: 'count' }, 60],
    [{ question: 'devices', measure: 'count', where: { facet: 'platform', value: 'android' } }, 50],
    [{ question: 'adoption', measure: 'share' }, 50 / 60],
    [{ question: 'stuck', measure: 'share', replacedSeconds: 60_000 }, 40 / 60],
    [{ question: 'stuck', measure: 'count', replacedSeconds: 60_000 }, 40],
    [{ question: 'events', measure: 'devices', event: 'app_error' }, 2],
    [{ question: 'events', measure: 'share', event: 'app_error' }, 2 / 60],
  ])('answers %j within a sketch’s error', async (on, value) => {
    const reading = await ofShop(on)
    expect(Math.abs((reading?.value ?? 0) - value) / value).toBeLessThan(0.02)
    expect((await ask(on, each)).get(shop)?.value).toBeCloseTo(reading?.value ?? -1, 9)
  })

  it('takes for old only what was replaced for long enough', async () => {
    const stuck = (replacedSeconds: number) =>
      ofShop({ question: 'stuck', measure: 'count', replacedSeconds })
    // `old` was replaced five minutes before, `older` a day and more before.
    expect((await stuck(60))?.value).toBeGreaterThan((await stuck(86_400))?.value ?? 0)
    expect((await stuck(7_000_000))?.value).toBe(0)
    const [early] = [
      await ask({ question: 'lag', measure: 'share' }, app(shop), {
        window: { from: at - 280_000, to: at + minute },
      }),
    ]
    expect(early?.get('')?.value).toBe(0)
  })

  it('answers for the fleet, and for the apps below a template', async () => {
    const count = { question: 'usage', measure: 'count' }
    expect((await ask(count, { kind: 'fleet' })).get('')).toEqual({ value: 400, count: 400 })
    expect((await ask(count, { kind: 'template', appId: base })).get('')).toEqual({ value: 100, count: 100 })
    const adoption = await ask({ question: 'adoption', measure: 'share' }, { kind: 'fleet' })
    expect(adoption.get('')).toMatchObject({ count: 100 })
    const devices =
      (await ask({ question: 'devices', measure: 'count' }, { kind: 'fleet' })).get('')?.value ?? 0
    expect(Math.abs(devices - 360)).toBeLessThan(20)
  })

  it('asks only about the apps that a rule is about, and those with enough', async () => {
    const apps = async (
      scope: Partial<RuleScope>,
      on: object = { question: 'latency', measure: 'p99' },
      minimumCount = 0,
    ) => [...(await ask(on, { ...each, ...scope } as RuleScope, { minimumCount })).keys()].sort()
    expect(await apps({})).toEqual([radio, shop].sort())
    expect(await apps({ template: base })).toEqual([shop])
    expect(await apps({ labels: { team: 'web' } })).toEqual([shop])
    expect(await apps({ labels: { team: 'tv' } })).toEqual([])
    expect(await apps({}, undefined, 101)).toEqual([radio])
  })

  it('reads hours that are made, and minutes for the rest', async () => {
    const count = { question: 'usage', measure: 'count' }
    const wide = { from: at - 90 * minute, to: at + 31 * minute }
    expect((await ask(count, app(shop), { window: wide })).get('')?.value).toBe(107)
    expect((await ask(count, each, { window: wide })).get(shop)?.value).toBe(107)
    expect((await ask(count, each, { window: { from: at + minute, to: at + 30 * minute } })).has(shop)).toBe(
      false,
    )
    expect((await ask({ question: 'errors', measure: 'rate' }, app('none'))).get('')).toEqual({
      value: null,
      count: 0,
    })
  })
})
