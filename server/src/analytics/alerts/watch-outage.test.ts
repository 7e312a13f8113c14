import type { Kysely } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { generous } from '../../../../tests/stores/embedded-cluster.ts'
import { startProxy } from '../../../../tests/stores/proxy.ts'
import { readyDatabase } from '../../../../tests/stores/ready-database.ts'
import { type Database, openDatabase } from '../../platform/database/open-database.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { networksOf } from '../../platform/http/networks.ts'
import { openLog } from '../../platform/log/open-log.ts'
import { addChannel, addRule, measured } from './alerts.fixture.ts'
import type { Outcome } from './deliver/send-message.ts'
import { readSnapshot, type Snapshot } from './read-snapshot.ts'
import { startReceiver, type TestReceiver } from './receiver.fixture.ts'
import { insertSilence } from './store/silences.ts'
import { watchAlerts } from './watch-alerts.ts'
import { turnAfterMs, watchOutage } from './watch-outage.ts'
import { writeOutage } from './write-outage.ts'

const { log } = openLog('silent')
const health = {
  name: 'store-down',
  on: { question: 'health', measure: 'down' },
  scope: { kind: 'fleet' },
  condition: { kind: 'threshold', above: 0 },
  forSeconds: 30,
  resolveAfterSeconds: 0,
}
const down = new Map([
  ['database', true],
  ['redis', false],
])

let drop: () => Promise<void>
let database: Database
let db: Kysely<Tables>
let url: string
beforeAll(async () => {
  const ready = await readyDatabase()
  ;({ drop, url } = ready)
  database = await openDatabase({ ...generous, dataDir: '', url })
  db = database.kysely
  await db.deleteFrom('alert_rules').execute()
  await addRule(db, health)
  await addChannel(db, 'on-call')
})
afterAll(async () => {
  await database.close()
  await drop()
})

/** A node that watches an outage, with what it sends. */
const startNode = (answers: Outcome['verdict'][] = []) => {
  const sent: { id: string; channel: string }[] = []
  const outage = watchOutage({
    ...{ log, publicUrl: undefined },
    send: async (channel, id) => {
      sent.push({ id, channel: channel.name })
      return { verdict: answers.shift() ?? 'sent', answer: 'HTTP 500', restMs: 0 }
    },
  })
  return { sent, outage }
}

describe('while the database is away', () => {
  let snapshot: Snapshot
  beforeAll(async () => {
    snapshot = await readSnapshot(db)
  })

  it('tells once that it is, after as long as the rule wants, and what was down for a moment not at all', async () => {
    const { outage, sent } = startNode()
    await outage.look(snapshot, down, { now: 0, before: 0 })
    await outage.look(snapshot, down, { now: 29_000, before: 0 })
    expect(sent).toEqual([])
    for (const now of [30_000, 35_000, 40_000]) await outage.look(snapshot, down, { now, before: 0 })
    expect(sent).toEqual([{ id: expect.stringMatching(/^msg_[0-9a-f]{32}$/), channel: 'on-call' }])
    const brief = startNode()
    await brief.outage.look(snapshot, down, { now: 0, before: 0 })
    await brief.outage.look(snapshot, new Map([['database', false]]), { now: 15_000, before: 0 })
    await brief.outage.look(snapshot, down, { now: 30_000, before: 0 })
    expect(brief.sent).toEqual([])
  })

  it('leaves it to the node that was there first, and tells later with the same id', async () => {
    const [first, second] = [startNode(), startNode()]
    for (const now of [0, 30_000, turnAfterMs - 1]) {
      await first.outage.look(snapshot, down, { now, before: 0 })
      await second.outage.look(snapshot, down, { now: now + 3, before: 1 })
    }
    expect([first.sent.length, second.sent.length]).toEqual([1, 0])
    await second.outage.look(snapshot, down, { now: turnAfterMs + 3, before: 1 })
    expect(second.sent).toEqual(first.sent)
  })

  it('tries again what failed', async () => {
    const { outage, sent } = startNode(['later', 'later', 'sent'])
    for (let now = 0; now < 120_000; now += 5_000) await outage.look(snapshot, down, { now, before: 0 })
    expect(sent).toHaveLength(3)
    expect(new Set(sent.map(({ id }) => id)).size).toBe(1)
    expect(outage.alerts()).toMatchObject([{ deliveries: [{ state: 'sent', attempts: 3 }] }])
  })

  it('keeps quiet where it is silenced, and about what was told before', async () => {
    const silence = await insertSilence(db, {
      ...{ rule: 'store-down', appId: null, weekly: null, reason: 'x', actor: 'ann' },
      ...{ from: new Date(0), until: new Date('2999-01-01') },
    })
    const { outage, sent } = startNode()
    const silenced = await readSnapshot(db)
    for (const now of [0, 30_000]) await outage.look(silenced, down, { now: Date.now() + now, before: 0 })
    expect(sent).toEqual([])
    expect(outage.alerts()).toMatchObject([{ isTold: false, progress: { state: 'firing' } }])
    await db.deleteFrom('alert_silences').where('silence_id', '=', silence.silence_id).execute()
  })

  it('writes what came of it once, whichever nodes do', async () => {
    const [first, second] = [startNode(), startNode(['later'])]
    const began = Date.now() - 600_000
    for (const now of [0, 30_000, turnAfterMs]) {
      await first.outage.look(snapshot, down, { now: began + now, before: 0 })
      await second.outage.look(snapshot, down, { now: began + now, before: 1 })
    }
    await Promise.all([first, second].map(({ outage }) => writeOutage(db, outage.alerts())))
    await writeOutage(db, first.outage.alerts())
    const alerts = await db.selectFrom('alerts').selectAll().execute()
    expect(alerts).toMatchObject([
      {
        ...{ rule: 'store-down', subject: 'database', state: 'firing', told: 'firing' },
        ...{
          pending_at: new Date(began),
          fired_at: new Date(began + 30_000),
          summary: 'The database is down',
        },
      },
    ])
    const deliveries = await db.selectFrom('alert_deliveries').selectAll().execute()
    expect(deliveries).toHaveLength(1)
    expect(deliveries[0]).toMatchObject({ message_id: first.sent[0]?.id, kind: 'firing' })
    // The next one has another id.
    const next = startNode()
    for (const now of [0, 30_000])
      await next.outage.look(
        {
          ...(await readSnapshot(db)),
          rules: (await readSnapshot(db)).rules.map((held) => ({ ...held, open: [] })),
        },
        down,
        { now, before: 0 },
      )
    expect(next.sent[0]?.id).not.toBe(first.sent[0]?.id)
    await db.deleteFrom('alerts').execute()
    await db.deleteFrom('alert_deliveries').execute()
  })
})

describe('a node whose database goes away and comes back', () => {
  let receiver: TestReceiver
  beforeAll(async () => {
    receiver = await startReceiver()
    await db
      .updateTable('alert_channels')
      .set({ receiver: JSON.stringify({ url: receiver.url }) })
      .execute()
    await db.deleteFrom('alert_rules').execute()
    await addRule(db, { ...health, forSeconds: 0 })
  })
  afterAll(() => receiver.close())

  it('tells both, and the history has it; what goes away again in between is not told again, but afterwards', async () => {
    const { port } = new URL(url)
    const proxy = await startProxy(Number(port || 5432))
    const through = new URL(url)
    through.hostname = '127.0.0.1'
    through.port = String(proxy.port)
    const remote = await openDatabase({
      ...{ ...generous, dataDir: '', url: through.href, statementTimeoutMs: 2_000, connectTimeoutMs: 2_000 },
      onError: () => {},
    })
    let [asked, failed] = [0, 0]
    const ping = () => {
      asked += 1
      return remote.ping().catch((error) => {
        failed += 1
        throw error
      })
    }
    const watching = watchAlerts({
      ...{
        db: remote.kysely,
        pingDatabase: ping,
        config: undefined,
        measure: measured({}),
        log,
      },
      sending: { outside: { allowed: networksOf(['loopback']) }, sendMail: undefined },
      ...{ publicUrl: undefined, everyMs: 100 },
    })
    const typesOf = () => receiver.received.map(({ text }) => JSON.parse(text).type)
    try {
      await eventually(async () =>
        expect(await db.selectFrom('alert_rules').selectAll().execute()).toMatchObject([
          { evaluated_at: expect.any(Date) },
        ]),
      )
      // Else it would be due again in a quarter of a minute, which a busy machine may need for this.
      await db
        .updateTable('alert_rules')
        .set({ due_at: new Date('2999-01-01') })
        .execute()
      proxy.cut()
      await eventually(() => expect(typesOf()).toEqual(['alert.firing']))
      expect(JSON.parse(receiver.received[0]?.text ?? '').data.alerts).toMatchObject([
        { alertId: null, subject: 'database', summary: 'The database is down' },
      ])
      proxy.heal()
      await eventually(async () =>
        expect(await db.selectFrom('alerts').selectAll().execute()).toMatchObject([{ told: 'firing' }]),
      )
      const before = failed
      proxy.cut()
      await eventually(() => expect(failed).toBeGreaterThan(before + 1))
      proxy.heal()
      await db
        .updateTable('alert_rules')
        .set({ due_at: new Date(0), told_at: null })
        .execute()
      await eventually(() => expect(typesOf()).toEqual(['alert.firing', 'alert.resolved']))
      expect(await db.selectFrom('alerts').selectAll().execute()).toMatchObject([
        { state: 'resolved', resolved_because: 'well', told: 'resolved' },
      ])
      // When it asks again, it has done with what it told of.
      const told = asked
      await eventually(() => expect(asked).toBeGreaterThan(told + 1))
      proxy.cut()
      await eventually(() => expect(typesOf()).toEqual(['alert.firing', 'alert.resolved', 'alert.firing']))
    } finally {
      await watching.close()
      await remote.close()
      await proxy.close()
    }
  })
})
