import { gzipSync } from 'node:zlib'
import { Hono } from 'hono'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mostBatchBytes, type TakenEvents } from '../../../../contract/event.ts'
import { keyFromHeader } from '../../../../contract/gateway-feed.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { createClientKeys } from '../../platform/keys/client-keys.ts'
import { drawKey, drawKeyId } from '../../platform/keys/key-text.ts'
import { addKey, newEventId } from './events.fixture.ts'
import { type Events, openEvents } from './open-events.ts'

const [, postgres] = bothDatabases
const fail = (error: unknown): void => expect.fail(String(error))

let own: OwnDatabase
let events: Events
const service = new Hono()
beforeAll(async () => {
  own = await postgres.make()
  const db = own.database.kysely
  const clientKeys = createClientKeys(db, fail)
  events = openEvents(service, { db, clientKeys, log: pino({ level: 'silent' }), eventsDays: 14 })
  const apps = [
    { app_id: 'shop' },
    { app_id: 'bank', access: 'key' as const },
    { app_id: 'pages', allowed_origins: JSON.stringify(['https://*.example.com']) },
    { app_id: 'old', archived_at: new Date() },
    { app_id: 'base', kind: 'template' as const },
    { app_id: 'full' },
  ]
  await db
    .insertInto('apps')
    .values(apps.map((app) => ({ name: app.app_id, ...app })))
    .execute()
  const limits = { event_names: 50, properties_per_event: 20, values_per_property: 100, events_per_day: 2 }
  await db
    .insertInto('event_limits')
    .values({ app_id: 'full', ...limits })
    .execute()
})
afterAll(async () => {
  await events?.close()
  await own?.drop()
})

const anEvent = (more: object = {}) => ({
  ...{ eventId: newEventId(), name: 'checkout', at: new Date().toISOString() },
  ...more,
})
/** A 202 or a problem. */
interface Body extends TakenEvents {
  errors: { pointer: string }[]
}
interface Sending {
  headers?: Record<string, string>
  appId?: string
  query?: string
}
const sendBody = async (
  body: string | Uint8Array<ArrayBuffer>,
  { headers = {}, appId = 'shop', query = '' }: Sending = {},
) => {
  const response = await service.request(`/v1/api/analytics/${appId}/events${query}`, {
    ...{ method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } },
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Body }
}
const send = (list: unknown[], sending?: Sending) => sendBody(JSON.stringify({ events: list }), sending)
const taken = (accepted: number, duplicates = 0): TakenEvents => ({ accepted, duplicates, rejected: [] })
const storedIds = async (): Promise<string[]> =>
  (await own.database.kysely.selectFrom('events').select('event_id').execute()).map((row) => row.event_id)
const makeKey = (role: 'client' | 'viewer', appId: string | null) => addKey(own.database.kysely, role, appId)

describe('202', () => {
  it('comes when the events are stored, and says what was there before', async () => {
    const [one, two, three] = [anEvent(), anEvent({ properties: { sku: 'a' } }), anEvent()]
    const first = await send([one, two])
    expect(first).toMatchObject({ status: 202, body: taken(2) })
    expect(first.headers.get('cache-control')).toBe('no-store')
    expect(first.headers.get('access-control-allow-origin')).toBe('*')
    expect(await storedIds()).toEqual(expect.arrayContaining([one.eventId, two.eventId]))
    expect((await send([two, three, three])).body).toEqual(taken(1, 2))
    expect((await send([{ ...one, eventId: one.eventId.toUpperCase() }])).body).toEqual(taken(0, 1))
  })

  it('tells of each event that is wrong, and takes the others', async () => {
    const { status, body } = await send([
      anEvent(),
      anEvent({ bucket: 10_000 }),
      anEvent({ userId: 'ann' }),
      { ...anEvent(), at: undefined },
      anEvent({ eventId: newEventId(Date.parse('2099-01-01T00:00:00Z')) }),
      anEvent({ at: '2020-01-01T00:00:00Z' }),
      'an event',
      anEvent(),
    ])
    expect(status).toBe(202)
    expect(body).toMatchObject({ accepted: 2, duplicates: 0 })
    expect(body.rejected.map(({ index, code }) => [index, code])).toEqual([
      [1, 'invalid_field'],
      [2, 'unknown_field'],
      [3, 'missing_field'],
      [4, 'clock_wrong'],
      [5, 'event_too_old'],
      [6, 'invalid_field'],
    ])
    expect((await send([anEvent({ bucket: -1 })])).body).toMatchObject({ accepted: 0, duplicates: 0 })
  })

  it('tells of a name that stands twice in an event, and takes the others', async () => {
    const twice = JSON.stringify(anEvent()).replace('"name"', '"name":"lost","name"')
    const { body } = await sendBody(`{"events":[${JSON.stringify(anEvent())},${twice}]}`)
    expect(body).toMatchObject({ accepted: 1, rejected: [{ index: 1, code: 'duplicate_key' }] })
  })

  it('answers gzip, and a text as sendBeacon sends it', async () => {
    const text = JSON.stringify({ events: [anEvent()], sentAt: new Date().toISOString() })
    const zipped = await sendBody(new Uint8Array(gzipSync(text)), { headers: { 'content-encoding': 'gzip' } })
    expect(zipped.body).toEqual(taken(1))
    const beacon = { headers: { 'content-type': 'text/plain;charset=UTF-8', origin: 'https://a.example' } }
    expect((await sendBody(text, beacon)).body).toEqual(taken(0, 1))
  })

  it('puts a wrong clock right by sentAt', async () => {
    const [eventId, hour] = [newEventId(), 3_600_000]
    const list = [anEvent({ eventId, at: new Date(Date.now() - 3 * hour).toISOString() })]
    const sentAt = new Date(Date.now() - 2 * hour).toISOString()
    await sendBody(JSON.stringify({ events: list, sentAt }))
    const { at } = await own.database.kysely
      .selectFrom('events')
      .select('at')
      .where('event_id', '=', eventId)
      .executeTakeFirstOrThrow()
    expect(Math.abs(at.getTime() - (Date.now() - hour))).toBeLessThan(60_000)
  })

  it('is answered to a client key of the app, however it comes', async () => {
    const key = await makeKey('client', 'bank')
    const ways: Sending[] = [
      { headers: { 'x-api-key': key } },
      { headers: { authorization: `Bearer ${key}` } },
      { query: `?key=${key}` },
      { headers: { 'x-api-key': key, [keyFromHeader]: 'address' } },
    ]
    for (const way of ways) {
      expect((await send([anEvent()], { ...way, appId: 'bank' })).body).toEqual(taken(1))
    }
    expect((await send([anEvent()], { query: `?key=${await makeKey('client', 'shop')}` })).status).toBe(202)
  })
})

describe('a refusal', () => {
  const expectRefused = async (
    answer: Awaited<ReturnType<typeof sendBody>>,
    status: number,
    code: string,
  ): Promise<void> => {
    expect(answer).toMatchObject({ status, body: { status, code } })
    expect(answer.headers.get('content-type')).toMatch('application/problem+json')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  }

  it('is 400 for what is no JSON, no whole gzip, no appId, or has another parameter', async () => {
    await expectRefused(await sendBody('{"events":['), 400, 'invalid_json')
    await expectRefused(await sendBody(new Uint8Array([34, 0xff, 34])), 400, 'invalid_json')
    const half = new Uint8Array(gzipSync(JSON.stringify({ events: [anEvent()] })).subarray(0, 30))
    const gzip = { headers: { 'content-encoding': 'gzip' } }
    await expectRefused(await sendBody(half, gzip), 400, 'invalid_request')
    await expectRefused(await send([anEvent()], { appId: '-bad' }), 400, 'invalid_parameter')
    await expectRefused(await send([anEvent()], { query: '?apiKey=x' }), 400, 'unknown_parameter')
  })

  it('is 401 without a key where one is needed, with one that does not count, and with an operator’s in the address', async () => {
    await expectRefused(await send([anEvent()], { appId: 'bank' }), 401, 'unauthorized')
    const unknown = { headers: { 'x-api-key': drawKey(drawKeyId()) } }
    await expectRefused(await send([anEvent()], unknown), 401, 'unauthorized')
    const query = `?key=${await makeKey('viewer', null)}`
    await expectRefused(await send([anEvent()], { query }), 401, 'unauthorized')
  })

  it('is 403 with a key of another app, with an operator’s, and from a page of an origin that is not allowed', async () => {
    const other = { headers: { 'x-api-key': await makeKey('client', 'shop') }, appId: 'bank' }
    await expectRefused(await send([anEvent()], other), 403, 'forbidden')
    const operators = { headers: { 'x-api-key': await makeKey('viewer', null) } }
    await expectRefused(await send([anEvent()], operators), 403, 'forbidden')
    const page = await send([anEvent()], { appId: 'pages', headers: { origin: 'https://evil.test' } })
    expect(page).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect(page.headers.has('access-control-allow-origin')).toBe(false)
  })

  it('is 404 for an app that is not there, or a template, and 410 for one that is archived', async () => {
    await expectRefused(await send([anEvent()], { appId: 'nobody' }), 404, 'app_not_found')
    await expectRefused(await send([anEvent()], { appId: 'base' }), 404, 'app_not_found')
    await expectRefused(await send([anEvent()], { appId: 'old' }), 410, 'config_gone')
  })

  it('is 413 for too many events or bytes, also once they are unpacked', async () => {
    const many = Array.from({ length: 1_001 }, () => ({}))
    await expectRefused(await send(many), 413, 'body_too_large')
    const large = JSON.stringify({ events: [anEvent()], sentAt: 'x'.repeat(mostBatchBytes) })
    await expectRefused(await sendBody(large), 413, 'body_too_large')
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(64 * 1024 * 1024)))
    const gzip = { headers: { 'content-encoding': 'gzip' } }
    await expectRefused(await sendBody(bomb, gzip), 413, 'body_too_large')
  })

  it('is 415 for another media type or coding', async () => {
    const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    await expectRefused(await sendBody('events=1', form), 415, 'unsupported_media_type')
    const brotli = { headers: { 'content-encoding': 'br' } }
    await expectRefused(await sendBody('{}', brotli), 415, 'unsupported_media_type')
  })

  it.each([
    ['{}', 'missing_field', '/events'],
    ['[]', 'invalid_field', ''],
    ['{"events":[]}', 'invalid_field', '/events'],
    ['{"events":{}}', 'invalid_field', '/events'],
    ['{"events":[{}],"sent":1}', 'unknown_field', '/sent'],
    ['{"events":[{}],"sentAt":"yesterday"}', 'invalid_date', '/sentAt'],
    ['{"events":[{}],"sentAt":"2026-11-23"}', 'invalid_field', '/sentAt'],
    ['{"events":[{}],"events":[{}]}', 'duplicate_key', '/events'],
    [`{"events":[${'['.repeat(20)}"x"${']'.repeat(20)}]}`, 'too_deep', '/events'],
  ])('is 422 for %s, which is no batch', async (text, code, pointer) => {
    const answer = await sendBody(text)
    await expectRefused(answer, 422, code)
    expect(answer.body.errors[0]?.pointer).toMatch(pointer)
  })

  it('is 429 with Retry-After until midnight UTC for an app that has sent what it may in a day', async () => {
    expect((await send([anEvent(), anEvent()], { appId: 'full' })).body).toEqual(taken(2))
    const answer = await send([anEvent()], { appId: 'full' })
    await expectRefused(answer, 429, 'event_quota_reached')
    const seconds = Number(answer.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThanOrEqual(86_400)
  })

  it('is 503 with Retry-After while the database is away, and stored once when it is back', async () => {
    const away = new Hono()
    const other = await own.open()
    const clientKeys = createClientKeys(other.kysely, fail)
    const log = pino({ level: 'silent' })
    const there = openEvents(away, { db: other.kysely, clientKeys, log, eventsDays: 14 })
    const list = [anEvent()]
    const sendAway = (appId: string) =>
      away.request(`/v1/api/analytics/${appId}/events`, {
        ...{ method: 'POST', body: JSON.stringify({ events: list }) },
        headers: { 'content-type': 'application/json' },
      })
    expect((await sendAway('shop')).status).toBe(202)
    await there.close()
    await other.close()
    for (const appId of ['shop', 'bank']) {
      const answer = await sendAway(appId)
      expect(answer.status).toBe(503)
      expect(answer.headers.get('retry-after')).toBe('2')
      expect(await answer.json()).toMatchObject({ code: 'store_unavailable' })
    }
    expect((await send(list)).body).toEqual(taken(0, 1))
  })
})

describe('a page', () => {
  const ask = async (appId: string, origin: string) =>
    service.request(`/v1/api/analytics/${appId}/events`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    })

  it('of any origin may send, with a key and packed', async () => {
    const { status, headers } = await ask('shop', 'https://a.example')
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-allow-methods')).toBe('POST, OPTIONS')
    const allowed = headers.get('access-control-allow-headers')?.split(', ')
    expect(allowed).toEqual(expect.arrayContaining(['Content-Type', 'Content-Encoding', 'X-API-Key']))
  })

  it('of an origin that an app allows may send to it, and no other', async () => {
    const allowed = await ask('pages', 'https://www.example.com')
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://www.example.com')
    const sent = await send([anEvent()], { appId: 'pages', headers: { origin: 'https://www.example.com' } })
    expect(sent.status).toBe(202)
    expect(sent.headers.get('access-control-allow-origin')).toBe('https://www.example.com')
    const other = await ask('pages', 'https://evil.test')
    expect(other.headers.has('access-control-allow-methods')).toBe(false)
    // What is no page tells no origin.
    expect((await send([anEvent()], { appId: 'pages' })).status).toBe(202)
  })
})

it('keeps nothing of who sent: the columns are those of the contract', async () => {
  await send([anEvent()])
  const row = await own.database.kysely.selectFrom('events').selectAll().limit(1).executeTakeFirstOrThrow()
  const columns = ['app_id', 'app_version', 'at', 'bucket', 'config_version', 'day', 'event_id', 'name']
  expect(Object.keys(row).sort()).toEqual([...columns, 'platform', 'properties', 'received_at', 'revision'])
})
