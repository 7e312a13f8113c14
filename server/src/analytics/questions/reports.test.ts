import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countIn, type Tally } from '../../platform/tally/tally.ts'
import { lengthMs, startOf } from '../rollups/levels.ts'
import { createApp, foldAll, makeAll, ship, tallyOf } from '../rollups/rollups.fixture.ts'
import { openQuestions, type Questions, release } from './questions.fixture.ts'

const { hour, day } = lengthMs
const start = startOf('day', Date.now() - 3 * day)

/** Counted as events of apps are. */
const report = (tally: Tally, name: string, bucket: number, values: Record<string, string>): void => {
  countIn(tally, 'event', name, { bucket })
  for (const [dimension, value] of Object.entries(values)) {
    const isProperty = dimension.startsWith('property/')
    countIn(tally, `event/${name}/${dimension}`, value, isProperty ? {} : { bucket })
  }
}

describe('what went wrong, what was reported, what is frequent', () => {
  let questions: Questions
  let [appId, template] = ['', '']
  beforeAll(async () => {
    questions = await openQuestions()
    const { db } = questions
    template = await createApp(db)
    appId = await createApp(db, template)
    const tally = tallyOf([
      ...Array.from({ length: 8 }, (_, bucket) => ({ bucket, revision: '41', platform: 'ios' })),
      { bucket: 8, revision: '42', platform: 'web', country: 'AT', status: '5xx', cache: 'miss' },
      { bucket: 8, revision: '42', platform: 'web', country: 'AT', status: '4xx', cache: 'stale' },
    ])
    report(tally, 'app_error', 8, { revision: '42', platform: 'web', 'property/screen': 'home' })
    report(tally, 'app_error', 8, { revision: '42', platform: 'web', 'property/screen': 'cart' })
    report(tally, 'app_error', 1, { revision: '41', platform: 'ios', 'property/screen': 'home' })
    report(tally, 'config_failed', 8, { revision: '42', platform: 'web' })
    report(tally, 'purchase', 2, { platform: 'ios', 'property/size': '=1+1' })
    await ship(db, [{ appId, at: start + hour, tally }])
    await foldAll(db)
    await makeAll(db)
  })
  afterAll(() => questions?.close())
  const range = {
    from: new Date(start).toISOString(),
    to: new Date(start + day).toISOString(),
    interval: 'day',
  }

  it('errors: of answers, and as devices reported them', async () => {
    const { body } = await questions.ask(appId, 'errors', range)
    expect(body.rows).toEqual([
      {
        ...{ at: new Date(start).toISOString().replace('.000Z', '+00:00'), group: null, requests: 10 },
        ...{ refused: 1, errors: 1, errorRate: 0.1 },
        ...{ appErrors: 3, appErrorDevices: 2, configFailures: 1, configFailureDevices: 1 },
      },
    ])
  })

  it('errors by revision: requests beside what was reported of it', async () => {
    const { body } = await questions.ask(appId, 'errors', { ...range, groupBy: 'revision' })
    const unknown = { refused: null, errors: null, errorRate: null }
    expect(body.rows).toMatchObject([
      { group: '41', requests: 8, ...unknown, appErrors: 1, appErrorDevices: 1, configFailures: 0 },
      { group: '42', requests: 2, ...unknown, appErrors: 2, appErrorDevices: 1, configFailures: 1 },
    ])
    const above = await questions.askFleet('errors', { ...range, template, groupBy: 'platform' })
    expect(above.body.rows).toMatchObject([
      { group: 'ios', requests: 8, appErrors: 1, appErrorDevices: null },
      { group: 'web', requests: 2, appErrors: 2, configFailures: 1 },
    ])
  })

  it('errors and adoption by config version: what was released under it, and what nobody knows', async () => {
    const { db } = questions
    const versioned = await createApp(db)
    const at = start - day
    const [first, again] = [await release(db, versioned, { at }), await release(db, versioned, { at })]
    const foreign = again + 1_000_000
    const tally = tallyOf(
      [first, again, foreign].map((revision, bucket) => ({ bucket, revision: String(revision) })),
    )
    report(tally, 'app_error', 1, { configVersion: '1.0.0' })
    report(tally, 'app_error', 5, { configVersion: '9.9.9' })
    await ship(db, [{ appId: versioned, at: start, tally }])
    await foldAll(db)
    const errors = await questions.ask(versioned, 'errors', { ...range, groupBy: 'configVersion' })
    expect(errors.body.rows).toMatchObject([
      { group: '1.0.0', requests: 2, appErrors: 1 },
      { group: '9.9.9', requests: 0, appErrors: 1 },
      { group: 'unknown', requests: 1, appErrors: 0 },
    ])
    const adoption = await questions.ask(versioned, 'adoption', { ...range, groupBy: 'configVersion' })
    expect(adoption.body.rows).toMatchObject([
      { group: '1.0.0', configVersion: '1.0.0', devices: 2 },
      { group: 'unknown', configVersion: null, devices: 1 },
    ])
  })

  it('values that are the same number, each on one page', async () => {
    const { db } = questions
    const zipped = await createApp(db)
    const tally = tallyOf([])
    for (const value of ['7', '07', '007']) report(tally, 'order', 1, { 'property/zip': value })
    await ship(db, [{ appId: zipped, at: start, tally }])
    await foldAll(db)
    const seen: string[] = []
    for (let cursor: string | undefined | null; cursor !== null; ) {
      const asked = { ...range, event: 'order', property: 'zip', limit: 1, cursor }
      const { body } = await questions.ask(zipped, 'events', asked)
      seen.push(...body.rows.map(({ group }: { group: string }) => group))
      cursor = body.nextCursor
    }
    expect(seen).toEqual(['007', '07', '7'])
  })

  it('events by name, of one name, by property and by platform', async () => {
    const rows = async (more: object) =>
      (await questions.ask(appId, 'events', { ...range, ...more })).body.rows.map(
        (row: Record<string, unknown>) => [row.group, row.count, row.devices],
      )
    expect(await rows({})).toEqual([
      ['app_error', 3, 2],
      ['config_failed', 1, 1],
      ['purchase', 1, 1],
    ])
    expect(await rows({ event: 'purchase' })).toEqual([['purchase', 1, 1]])
    expect(await rows({ event: 'session_start' })).toEqual([['session_start', 0, 0]])
    expect(await rows({ event: 'app_error', property: 'screen' })).toEqual([
      ['cart', 1, null],
      ['home', 2, null],
    ])
    expect(await rows({ event: 'app_error', groupBy: 'platform' })).toEqual([
      ['ios', 1, 1],
      ['web', 2, 1],
    ])
  })

  it('top values by requests and by devices, page by page', async () => {
    const { body } = await questions.ask(appId, 'top', { ...range, interval: undefined, groupBy: 'country' })
    expect(body.rows).toEqual([
      { group: 'DE', requests: 8, share: 0.8, devices: 8, atLeast: false },
      { group: 'AT', requests: 2, share: 0.2, devices: 1, atLeast: false },
    ])
    const ranked = { from: range.from, to: range.to, groupBy: 'platform', order: 'devices', limit: 1 }
    const first = await questions.ask(appId, 'top', ranked)
    expect(first.body.rows).toMatchObject([{ group: 'ios', devices: 8, share: 0.8889 }])
    const second = await questions.ask(appId, 'top', { ...ranked, cursor: first.body.nextCursor })
    expect(second.body).toMatchObject({ rows: [{ group: 'web', devices: 1 }], nextCursor: null })
    const above = await questions.askFleet('top', {
      from: range.from,
      to: range.to,
      template,
      order: 'devices',
    })
    expect(above.body.rows).toMatchObject([
      { group: 'ios', devices: 8 },
      { group: 'web', devices: 1 },
    ])
  })

  it('how much the cache answered, fresh or stale', async () => {
    const { body } = await questions.ask(appId, 'cache', range)
    expect(body.rows).toMatchObject([{ group: null, requests: 10, hits: 9, hitRate: 0.9, unchanged: 0 }])
    const states = await questions.ask(appId, 'cache', { ...range, groupBy: 'cache' })
    expect(states.body.rows.map((row: Record<string, unknown>) => [row.group, row.requests])).toEqual([
      ['hit', 8],
      ['miss', 1],
      ['stale', 1],
    ])
  })

  it('in CSV, as asked for by parameter or header, with nothing that a spreadsheet would run', async () => {
    const properties = { ...range, event: 'purchase', property: 'size' }
    const csv = await questions.ask(appId, 'events', { ...properties, format: 'csv' })
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(csv.headers.get('content-disposition')).toBe(`attachment; filename="events-${appId}.csv"`)
    const at = new Date(start).toISOString().replace('.000Z', '+00:00')
    expect(csv.text).toBe(`at,group,count,devices,atLeast\r\n${at},'=1+1,1,,false\r\n`)
    const path = `/v1/api/analytics/${appId}/top?${new URLSearchParams({ from: range.from, to: range.to, limit: '1' })}`
    const byHeader = await questions.get(path, { accept: 'text/csv' })
    expect(byHeader.text.split('\r\n')[0]).toBe('group,requests,share,devices,atLeast')
    const next = await questions.get(`${path}&cursor=${byHeader.headers.get('parasol-next-cursor')}`)
    expect(next.body.rows).toHaveLength(1)
  })

  it('with what is to be known of the numbers', async () => {
    const { db } = questions
    const many = await createApp(db)
    const tally = tallyOf(Array.from({ length: 120 }, (_, n) => ({ bucket: n, appVersion: `1.${n}.0` })))
    await ship(db, [{ appId: many, at: start, tally }], { lost: 7, sentAt: new Date(start).toISOString() })
    const waiting = await questions.ask(many, 'usage', range)
    expect(waiting.body.countedUntil < new Date().toISOString()).toBe(true)
    expect(waiting.body.rows).toMatchObject([{ requests: 0 }])
    await foldAll(db)
    const { body } = await questions.ask(many, 'devices', { ...range, groupBy: 'appVersion' })
    expect(body.rows).toHaveLength(101)
    expect(body.rows.find(({ group }: { group: string }) => group === 'other').devices).toBe(20)
    expect(body.notes).toEqual([
      expect.stringContaining('no room for 7 requests'),
      expect.stringContaining('appVersion'),
    ])
  })
})
