import type { Kysely } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findRuleFaults, ruleDefinition } from '../../../../contract/alert-rule.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { addApp, addChannel, addRule, lookAt, measured, messagesOf } from './alerts.fixture.ts'
import { evaluateDue, restMs } from './evaluate-due.ts'
import type { Measure } from './measure.ts'
import { blindMs } from './step-alert.ts'
import { listAlertRows, toAlert } from './store/alerts.ts'
import { findRule } from './store/rules.ts'
import { insertSilence } from './store/silences.ts'

it('rests twenty times as long as a rule took, and never so long that it would be blind', () => {
  expect([0, 1_000, 5_000, 60_000].map(restMs)).toEqual([15_000, 20_000, 100_000, 150_000])
  expect(restMs(60_000) + 60_000).toBeLessThan(blindMs)
})

describe.each(bothDatabases)('on $kind', ({ kind, make }) => {
  let own: OwnDatabase
  let db: Kysely<Tables>
  beforeAll(async () => {
    own = await make()
    db = own.database.kysely
    await addApp(db, 'storefront', { kind: 'template' })
    await addApp(db, 'shop', { extends: 'storefront' })
    await addChannel(db, 'on-call')
  })
  afterAll(() => own.drop())

  const began = Date.now()
  const alertsOf = async (rule: string) => {
    const states = ['pending', 'firing', 'resolved'] as const
    const page = { before: null, limit: 1_000, states, rule, appId: undefined }
    return (await listAlertRows(db, { appIds: null, labels: null }, page)).map(toAlert)
  }
  /** Looks at a rule, so many seconds after the beginning. */
  const look = (rule: string, seconds: number, values: Record<string, number | null>) =>
    lookAt(db, rule, { now: began + seconds * 1_000, measure: measured(values) })

  it('has rules from the start, as the contract wants them, that nothing is told of yet', async () => {
    const rows = await db.selectFrom('alert_rules').selectAll().orderBy('name').execute()
    expect(rows.map(({ name }) => name)).toEqual([
      ...['adoption-stuck', 'read-errors', 'revision-lag', 'slow-reads', 'store-down'],
    ])
    for (const { definition, is_enabled: isEnabled } of rows) {
      expect(ruleDefinition.parse(definition)).toEqual(definition)
      expect(findRuleFaults(ruleDefinition.parse(definition))).toEqual([])
      expect(isEnabled).toBe(true)
    }
    await db.deleteFrom('alert_rules').execute()
  })

  it('goes from pending to firing to resolved, tells each once, and keeps the history', async () => {
    const rule = await addRule(db, { name: 'whole', note: 'Call Ann' })
    expect(await look(rule, 0, { '': 0.02 })).toEqual([])
    expect(await alertsOf(rule)).toMatchObject([
      { state: 'pending', isTold: false, appId: 'shop', value: 0.02 },
    ])
    const [fired] = await look(rule, 60, { '': 0.03 })
    expect(fired).toMatchObject({
      became: 'firing',
      summary: expect.stringContaining('of shop: 3 % within 5 min'),
    })
    await look(rule, 75, { '': 0.03 })
    await look(rule, 90, { '': 0.007 })
    for (const seconds of [130, 190, 249]) await look(rule, seconds, { '': 0.004 })
    expect(await alertsOf(rule)).toMatchObject([{ state: 'firing', isTold: true, value: 0.004 }])
    await look(rule, 250, { '': 0.004 })
    expect(await alertsOf(rule)).toMatchObject([
      {
        ...{ rule, severity: 'critical', state: 'resolved', resolvedBecause: 'well', limit: 0.01 },
        summary: expect.stringContaining('of shop: 3 %'),
        pendingAt: new Date(began).toISOString(),
        firedAt: new Date(began + 60_000).toISOString(),
        resolvedAt: new Date(began + 250_000).toISOString(),
      },
    ])
    expect(await messagesOf(db, rule)).toMatchObject([
      {
        ...{ channel: 'on-call', kind: 'firing', alerts: 1 },
        message: {
          ...{ rule, severity: 'critical', note: 'Call Ann', alerts: [{ state: 'firing', appId: 'shop' }] },
          link: 'https://parasol.example.com/manage/v1/alerts?rule=whole',
        },
      },
      { channel: 'on-call', kind: 'resolved', alerts: 1 },
    ])
  })

  it('leaves no trace of what was bad for a moment', async () => {
    const rule = await addRule(db, { name: 'moment' })
    await look(rule, 0, { '': 0.02 })
    await look(rule, 30, { '': 0 })
    expect(await alertsOf(rule)).toEqual([])
    expect(await messagesOf(db, rule)).toEqual([])
  })

  it('says what was released lately in the app and above it, and one release of many apps as one', async () => {
    const release = async (appId: string, fleetReleaseId: number | null) => {
      await db
        .insertInto('configs')
        .values({
          app_id: appId,
          version: '1.0.0',
          document: '{}',
          checksum: 'c',
          note: null,
          created_by: 'ann',
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      await db
        .insertInto('releases')
        .values({
          ...{ app_id: appId, version: '1.0.0', kind: 'publish', actor: 'ann', reason: 'why' },
          fleet_release_id: fleetReleaseId,
        } as never)
        .execute()
    }
    await db
      .insertInto('fleet_releases')
      .values({ fleet_release_id: 7, request: '{}', rolls_back: null, apps: 2, actor: 'ann', reason: null })
      .execute()
    for (const appId of ['radio', 'tv']) await addApp(db, appId)
    for (const appId of ['radio', 'tv', 'shop']) await release(appId, 7)
    await release('storefront', null)
    const ofApp = await addRule(db, { name: 'changes-of-app', forSeconds: 0 })
    await look(ofApp, 0, { '': 1 })
    const seen = async (rule: string) =>
      (await messagesOf(db, rule))[0]?.message.changes.map(({ appId, apps }) => [appId, apps])
    expect(await seen(ofApp)).toEqual([
      ['storefront', 1],
      ['shop', 1],
    ])
    const ofFleet = await addRule(db, { name: 'changes-of-fleet', scope: { kind: 'fleet' }, forSeconds: 0 })
    await look(ofFleet, 0, { '': 1 })
    expect(await seen(ofFleet)).toEqual([
      ['storefront', 1],
      ['shop', 3],
    ])
  })

  it('names a hundred apps, tells of the others by their number, and of all in one message', async () => {
    const rule = await addRule(db, {
      name: 'each',
      scope: { kind: 'eachApp' },
      forSeconds: 0,
      resolveAfterSeconds: 0,
    })
    const values = Object.fromEntries(Array.from({ length: 137 }, (_, n) => [`app-${n}`, 0.02 + n / 1_000]))
    await look(rule, 0, { ...values, well: 0 })
    const alerts = await alertsOf(rule)
    expect(alerts).toHaveLength(101)
    const subjects = alerts.map(({ subject }) => subject)
    expect(subjects).toContain('app-136')
    expect(subjects).not.toContain('app-36')
    expect(alerts.find(({ subject }) => subject === '*')).toMatchObject({
      ...{ appId: null, value: 37, summary: expect.stringMatching(/37 more apps$/) },
    })
    expect(await messagesOf(db, rule)).toMatchObject([{ kind: 'firing', alerts: 101 }])
    // As one of the named gets well, another takes its place; what follows within a minute waits, and comes together.
    await look(rule, 15, { ...values, 'app-136': 0 })
    expect((await alertsOf(rule)).filter(({ state }) => state === 'firing')).toHaveLength(100)
    await look(rule, 30, { ...values, 'app-136': 0 })
    expect((await alertsOf(rule)).filter(({ state }) => state === 'firing')).toHaveLength(101)
    expect(await messagesOf(db, rule)).toHaveLength(1)
    await look(rule, 90, { ...values, 'app-136': 0 })
    expect((await messagesOf(db, rule)).slice(1)).toMatchObject([
      { kind: 'firing', message: { alerts: [{ subject: 'app-36' }] } },
      { kind: 'resolved', message: { alerts: [{ subject: 'app-136' }] } },
    ])
    await look(rule, 105, {})
    expect((await alertsOf(rule)).filter(({ state }) => state === 'firing')).toHaveLength(100)
  })

  it('goes on about an app that is absent, and ends about one that the rule is no longer about', async () => {
    const rule = await addRule(db, {
      ...{ name: 'absent', on: { question: 'usage', measure: 'count' }, condition: { kind: 'absence' } },
      ...{ scope: { kind: 'eachApp', template: 'storefront' }, forSeconds: 0 },
    })
    for (const appId of ['kiosk', 'closed']) await addApp(db, appId, { extends: 'storefront' })
    const there: Measure = async (_, { window: { from, to } }) =>
      measured(to - from > 3_600_000 ? { kiosk: 9, closed: 9 } : {})(db, {} as never)
    await lookAt(db, rule, { now: began, measure: there })
    const stateOf = async () =>
      (await alertsOf(rule)).map(({ subject, state, resolvedBecause }) => [subject, state, resolvedBecause])
    await db.updateTable('apps').set({ archived_at: new Date() }).where('app_id', '=', 'closed').execute()
    for (let seconds = 300; seconds <= 3_900; seconds += 300) await look(rule, seconds, {})
    expect((await stateOf()).sort()).toEqual([
      ['closed', 'resolved', 'noData'],
      ['kiosk', 'firing', null],
    ])
  })

  it('tells of what is silenced when the silence is over, if it still fires then', async () => {
    const rule = await addRule(db, { name: 'silent', forSeconds: 0, resolveAfterSeconds: 0 })
    const until = (seconds: number) => new Date(began + seconds * 1_000)
    const silence = { rule, appId: 'storefront', from: until(0), weekly: null, reason: 'x', actor: 'ann' }
    const { silence_id: silenceId } = await insertSilence(db, { ...silence, until: until(3_600) })
    await look(rule, 10, { '': 1 })
    expect(await alertsOf(rule)).toMatchObject([{ state: 'firing', isTold: false, silenceId }])
    expect(await messagesOf(db, rule)).toEqual([])
    await look(rule, 3_600, { '': 1 })
    expect(await alertsOf(rule)).toMatchObject([{ state: 'firing', isTold: true, silenceId: null }])
    expect(await messagesOf(db, rule)).toMatchObject([{ kind: 'firing' }])
    // The end of what was told is told, silenced or not; of what was not told there is nothing to tell.
    await insertSilence(db, { ...silence, until: until(36_000) })
    await look(rule, 3_700, { '': 0 })
    expect((await messagesOf(db, rule)).map(({ kind: told }) => told)).toEqual(['firing', 'resolved'])
    await look(rule, 3_800, { '': 1 })
    await look(rule, 3_900, { '': 0 })
    expect(await messagesOf(db, rule)).toHaveLength(2)
    expect(await alertsOf(rule)).toHaveLength(2)
  })

  it('tells the channels of a rule, or those by default, that want what is so severe', async () => {
    await addChannel(db, 'aside', { isDefault: false })
    await addChannel(db, 'grave', { leastSeverity: 'critical' })
    await addChannel(db, 'off', { isEnabled: false })
    const told = async (given: { name: string; severity?: string; channels?: string[] }) => {
      const rule = await addRule(db, { ...given, forSeconds: 0 })
      await look(rule, 0, { '': 1 })
      return (await messagesOf(db, rule)).map(({ channel }) => channel)
    }
    expect(await told({ name: 'to-default' })).toEqual(['grave', 'on-call'])
    expect(await told({ name: 'to-mild', severity: 'warning' })).toEqual(['on-call'])
    expect(await told({ name: 'to-named', channels: ['aside', 'off'] })).toEqual(['aside'])
    expect(await told({ name: 'to-nobody', channels: [] })).toEqual([])
    // Once somebody is there to be told, they are.
    await db.updateTable('alert_channels').set({ is_enabled: true }).where('name', '=', 'off').execute()
    const late = await addRule(db, { name: 'to-later', channels: ['off'], forSeconds: 0 })
    await look(late, 0, { '': 1 })
    expect(await messagesOf(db, late)).toMatchObject([{ channel: 'off' }])
  })

  it('tells nobody that something ended more than a day ago', async () => {
    const rule = await addRule(db, { name: 'long-over', forSeconds: 0, resolveAfterSeconds: 0 })
    await look(rule, -90_100, { '': 1 })
    await db.updateTable('alert_channels').set({ is_enabled: false }).execute()
    await look(rule, -90_000, { '': 0 })
    await db.updateTable('alert_channels').set({ is_enabled: true }).execute()
    await look(rule, 0, { '': 0 })
    expect((await messagesOf(db, rule)).map(({ kind: told }) => told)).not.toContain('resolved')
    expect(await alertsOf(rule)).toMatchObject([{ state: 'resolved' }])
  })

  it('is about each store that is down', async () => {
    const on = { question: 'health', measure: 'down' }
    const condition = { kind: 'threshold', above: 0 }
    const rule = await addRule(db, { name: 'health', on, condition, scope: { kind: 'fleet' }, forSeconds: 0 })
    const downs = new Map([
      ['database', false],
      ['redis', true],
    ])
    const [turned] = await lookAt(db, rule, { now: began, measure: measured({}), downs })
    expect(turned).toMatchObject({ subject: 'redis', became: 'firing', summary: 'Redis is down' })
  })

  it('is evaluated once, however many nodes look at the same moment', async () => {
    const other = kind === 'postgres' ? await own.open() : undefined
    const rule = await addRule(db, { name: 'once', forSeconds: 0 })
    let asked = 0
    const node = (handle: Kysely<Tables>) =>
      evaluateDue({
        db: handle,
        measure: async () => {
          asked += 1
          await new Promise((resolve) => setTimeout(resolve, 50))
          return measured({ '': 1 })(handle, {} as never)
        },
        ...{ downs: new Map(), publicUrl: undefined, onTurned: () => {}, isClosed: () => false },
        onError: (name, error) => expect([name, error]).toEqual([]),
      })
    await db.deleteFrom('alert_rules').where('name', '<>', rule).execute()
    await Promise.all([db, other?.kysely ?? db, db, other?.kysely ?? db].map(node))
    expect(asked).toBe(1)
    const messages = await messagesOf(db, rule)
    expect(messages.map(({ channel }) => channel).sort()).toEqual(['grave', 'off', 'on-call'].sort())
    await other?.close()
  })

  it('says of itself that it cannot be measured, and is tried again', async () => {
    const rule = await addRule(db, { name: 'broken', forSeconds: 0 })
    const errors: unknown[] = []
    await evaluateDue({
      db,
      measure: async () => {
        throw new Error('no such column')
      },
      ...{ downs: new Map(), publicUrl: undefined, onTurned: () => {}, isClosed: () => false },
      onError: (name) => errors.push(name),
    })
    expect(errors).toEqual([rule])
    const row = await findRule(db, rule)
    expect(row).toMatchObject({ last_error: 'no such column' })
    expect(row?.due_at.getTime()).toBeGreaterThan(Date.now())
  })
})
