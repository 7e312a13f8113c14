import type { Kysely } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { eventually } from '../../../../../tests/eventually.ts'
import { bothDatabases, type OwnDatabase } from '../../../../../tests/stores/databases.ts'
import type { Tables } from '../../../platform/database/tables.ts'
import { networksOf } from '../../../platform/http/networks.ts'
import { openLog } from '../../../platform/log/open-log.ts'
import { addChannel } from '../alerts.fixture.ts'
import { messageOf } from '../message.fixture.ts'
import { startReceiver, type TestReceiver } from '../receiver.fixture.ts'
import { insertDeliveries, takeDeliveries } from '../store/deliveries.ts'
import { backoffMs } from './backoff-ms.ts'
import { deliverWhenDue } from './deliver-when-due.ts'

let own: OwnDatabase
let db: Kysely<Tables>
let receiver: TestReceiver
let slow: TestReceiver
const closers: (() => Promise<void>)[] = []
beforeAll(async () => {
  own = await bothDatabases[1].make()
  db = own.database.kysely
  receiver = await startReceiver()
  slow = await startReceiver()
})
afterAll(async () => {
  await own.drop()
  await Promise.all([receiver.close(), slow.close()])
})
beforeEach(async () => {
  await db.deleteFrom('alert_channels').execute()
  await addChannel(db, 'one', { receiver: { url: receiver.url } })
  receiver.received.length = 0
  receiver.answers.length = 0
})
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

const { log } = openLog('silent')
/** A node that sends what is due. */
const startNode = () => {
  const node = deliverWhenDue({
    ...{ db, log, everyMs: 20, sendMail: undefined, outside: { allowed: networksOf(['loopback']) } },
    // The usual one is over after two seconds and a half, which a busy machine may need for a look at it.
    backoff: (attempts) => 60 * backoffMs(attempts),
    onError: (error) => expect(error).toBeUndefined(),
  })
  closers.push(node.close)
  return node
}
const queue = (
  messageId: string,
  given: Parameters<typeof messageOf>[0] & { channels?: string[] } = {},
  handle = db,
) => {
  const { channels = ['one'], ...message } = given
  return insertDeliveries(handle, { messageId, channels, message: messageOf(message) })
}
const stateOf = (messageId: string) =>
  db
    .selectFrom('alert_deliveries')
    .select(['state', 'attempts', 'last_error', 'due_at', 'ended_at'])
    .where('message_id', '=', messageId)
    .executeTakeFirstOrThrow()
const channelOf = (name: string) =>
  db.selectFrom('alert_channels').selectAll().where('name', '=', name).executeTakeFirstOrThrow()
const ids = () => receiver.received.map(({ headers }) => headers['webhook-id'])
/** As if the time had come, or whoever had it had died a minute ago. */
const makeDue = (messageId: string) =>
  db
    .updateTable('alert_deliveries')
    .set({ due_at: new Date(0) })
    .where('message_id', '=', messageId)
    .execute()

it('sends each message once, however many nodes send', async () => {
  for (let n = 0; n < 20; n += 1) await queue(`m${n}`, { rule: `r${n}` })
  for (let n = 0; n < 3; n += 1) startNode()
  await eventually(async () => {
    const rows = await db.selectFrom('alert_deliveries').select('state').execute()
    expect(rows.filter(({ state }) => state === 'sent')).toHaveLength(20)
  })
  expect(ids().sort()).toEqual(Array.from({ length: 20 }, (_, n) => `m${n}`).sort())
  expect(await channelOf('one')).toMatchObject({ failures: 0, last_sent_at: expect.any(Date) })
})

it('tries again what failed, with the same id, and tells of a rule in order', async () => {
  receiver.answers.push({ status: 500, body: 'not now' })
  await queue('first')
  await queue('second', { kind: 'resolved' })
  startNode()
  await eventually(async () =>
    expect(await stateOf('first')).toMatchObject({ attempts: 1, last_error: 'HTTP 500: not now' }),
  )
  expect((await stateOf('first')).due_at.getTime()).toBeGreaterThan(Date.now())
  expect(await channelOf('one')).toMatchObject({ failures: 1, last_error: 'HTTP 500: not now' })
  // What comes after it waits.
  expect(await stateOf('second')).toMatchObject({ state: 'waiting', attempts: 0 })
  await makeDue('first')
  await eventually(async () => expect(await stateOf('second')).toMatchObject({ state: 'sent' }))
  expect(ids()).toEqual(['first', 'first', 'second'])
})

it('leaves a receiver alone for as long as it wants', async () => {
  receiver.answers.push({ status: 429, headers: { 'retry-after': '120' } })
  await queue('busy')
  startNode()
  await eventually(async () => expect(await stateOf('busy')).toMatchObject({ last_error: 'HTTP 429' }))
  await queue('other', { rule: 'another' })
  const { not_before: notBefore } = await channelOf('one')
  expect(notBefore.getTime()).toBeGreaterThan(Date.now() + 100_000)
  expect((await stateOf('busy')).due_at.getTime()).toBeGreaterThan(Date.now() + 100_000)
  expect(await stateOf('other')).toMatchObject({ attempts: 0 })
})

it('gives up what no receiver takes, and what is older than a day', async () => {
  receiver.answers.push({ status: 400 }, { status: 503 })
  await queue('wrong')
  startNode()
  await eventually(async () => expect(await stateOf('wrong')).toMatchObject({ state: 'failed', attempts: 1 }))
  // A node looks every 20 ms: one that finds it before it is old tries it again, and then it is taken.
  await db.transaction().execute(async (transaction) => {
    await queue('old', {}, transaction)
    await transaction
      .updateTable('alert_deliveries')
      .set({ created_at: new Date(Date.now() - 86_400_000) })
      .where('message_id', '=', 'old')
      .execute()
  })
  await eventually(async () => expect(await stateOf('old')).toMatchObject({ state: 'failed' }))
})

it('keeps no channel waiting for a slow one', async () => {
  slow.answers.push('silent')
  await addChannel(db, 'slow', { receiver: { url: slow.url } })
  await queue('all', { channels: ['slow', 'one'] })
  startNode()
  await eventually(() => expect(ids()).toContain('all'))
  await eventually(() => expect(slow.received).toHaveLength(1))
  await queue('more', { channels: ['one'], rule: 'another' })
  await eventually(() => expect(ids()).toContain('more'))
})

it('gives back what is under way when it stops, and another node sends it with the same id', async () => {
  receiver.answers.push('silent')
  await queue('taken')
  const node = startNode()
  await eventually(() => expect(receiver.received).toHaveLength(1))
  await node.close()
  expect(await stateOf('taken')).toMatchObject({ state: 'waiting' })
  startNode()
  await eventually(async () => expect(await stateOf('taken')).toMatchObject({ state: 'sent' }))
  expect(ids()).toEqual(['taken', 'taken'])
})

it('sends what a node took that then was killed, before or after it was sent', async () => {
  await queue('killed')
  const [taken] = await takeDeliveries(db, { limit: 10, busy: [] })
  expect(taken).toMatchObject({ message_id: 'killed', attempts: 1 })
  // Nobody else takes it meanwhile.
  expect(await takeDeliveries(db, { limit: 10, busy: [] })).toEqual([])
  startNode()
  await makeDue('killed')
  await eventually(async () => expect(await stateOf('killed')).toMatchObject({ state: 'sent', attempts: 2 }))
  expect(ids()).toEqual(['killed'])
})

it('sends nothing to a channel that is switched off, until it is on again', async () => {
  await db.updateTable('alert_channels').set({ is_enabled: false }).execute()
  await queue('off')
  startNode()
  await addChannel(db, 'two', { receiver: { url: receiver.url } })
  await queue('on', { channels: ['two'] })
  await eventually(() => expect(ids()).toEqual(['on']))
  await db.updateTable('alert_channels').set({ is_enabled: true }).execute()
  await eventually(() => expect(ids()).toEqual(['on', 'off']))
})

it('waits twice as long each time, an hour at most, by chance up to half less', () => {
  const waits = [1, 2, 3, 12, 100].map((attempts) => backoffMs(attempts, () => 0))
  expect(waits).toEqual([5_000, 10_000, 20_000, 3_600_000, 3_600_000])
  expect(backoffMs(1, () => 1)).toBe(2_500)
})
