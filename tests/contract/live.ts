import { describe, expect, it } from 'vitest'
import { ask } from './ask.ts'
import { publish as publishDocument } from './evaluated-calls.ts'
import { follow } from './live-calls.ts'
import { createApp, createKey, manage, publishApp, type Release, release, saveVersion } from './operator.ts'
import { expectProblem } from './problem.ts'
import { faultsOf } from './request-lines.ts'
import { type Shape, streamsPerKey } from './shapes.ts'
import { whenCalm } from './when-calm.ts'

/** Saves and releases the next version. */
const publish = (shape: Shape, appId: string, configVersion: string, data: object): Promise<Release> =>
  publishDocument(shape, { data }, { appId, configVersion })

const releaseOnBeta = async (shape: Shape, appId: string, configVersion: string): Promise<void> => {
  const body = { configVersion, channel: 'beta' }
  expect((await manage(shape, 'POST', `/apps/${appId}/releases`, { body })).status).toBe(201)
}

const tells = (shape: () => Shape): void => {
  it('tells of a release as soon as it can be read, with what has changed', async () => {
    const { appId } = await publishApp(shape(), { a: 1, b: 1 })
    const stream = await follow(shape(), appId)
    expect(stream.headers).toMatchObject({
      date: expect.stringMatching(/^\w+, [^,]+ GMT$/),
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'access-control-allow-origin': '*',
      'x-request-id': expect.any(String),
    })
    const greeting = await stream.next()
    expect(greeting).toEqual({ retry: expect.any(Number), id: expect.any(Number) })
    const { revision } = await publish(shape(), appId, '1.1.0', { a: 1, b: 2, c: 3 })
    const event = await stream.next()
    expect(event).toEqual({
      id: expect.any(Number),
      event: 'revision',
      data: { appId, channel: 'stable', revision, changedKeys: ['b', 'c'], jitterMs: 0 },
    })
    expect(event?.id).toBeGreaterThan(greeting?.id ?? Number.POSITIVE_INFINITY)
    expect(event?.id).toBeGreaterThanOrEqual(revision)
    for (const named of [revision, event?.id]) {
      await whenCalm(async () => {
        const read = await ask(`${shape().url}/v2/api/config/${appId}?revision=${named}`)
        expect(read.json()).toMatchObject({ revision, data: { b: 2 } })
        // What was told of a release leads to what may be kept; the id counts other changes too.
        expect(read.headers['cache-control']?.includes('immutable')).toBe(named === revision)
      })
    }
  })

  it('tells in the form that OpenFeature listens to', async () => {
    const { appId } = await publishApp(shape())
    const stream = await follow(shape(), appId, '?as=ofrep')
    await stream.next()
    await publish(shape(), appId, '1.1.0', { on: false })
    const event = await stream.next()
    expect(event).toEqual({ id: event?.id, data: { type: 'refetchEvaluation', etag: String(event?.id) } })
  })

  it('tells of rapid releases in their order, of the last one too', async () => {
    const { appId } = await publishApp(shape(), { n: 0 })
    const stream = await follow(shape(), appId)
    const { id: begun = 0 } = (await stream.next()) ?? {}
    for (let n = 1; n <= 8; n += 1) await publish(shape(), appId, `1.${n}.0`, { n })
    const now = (await (await follow(shape(), appId)).next())?.id ?? 0
    const ids = (await stream.until(now)).map(({ id = 0 }) => id)
    expect(ids).toEqual([...ids].sort((a, b) => a - b))
    expect(new Set([begun, ...ids]).size).toBe(ids.length + 1)
    expect(ids.length).toBeLessThanOrEqual(8)
  })

  it('tells all, however many, and lets reads through meanwhile', async () => {
    const { appId } = await publishApp(shape(), { n: 0 })
    const streams = await Promise.all(
      Array.from({ length: streamsPerKey - 20 }, () => follow(shape(), appId)),
    )
    await Promise.all(streams.map((stream) => stream.next()))
    const publishing = publish(shape(), appId, '1.1.0', { n: 1 })
    expect((await ask(`${shape().url}/v2/api/config/${appId}`)).status).toBe(200)
    await publishing
    const told = await Promise.all(streams.map((stream) => stream.next()))
    expect(new Set(told.map((one) => one?.id)).size).toBe(1)
    expect(told[0]?.data).toMatchObject({ changedKeys: ['n'], jitterMs: expect.any(Number) })
    expect(told[0]?.data?.jitterMs).toBeGreaterThan(0)
  })

  it('tells that an app is archived, and of its return', async () => {
    const { appId } = await publishApp(shape())
    const stream = await follow(shape(), appId)
    await stream.next()
    await manage(shape(), 'DELETE', `/apps/${appId}`)
    const gone = await stream.next()
    expect(gone).toMatchObject({ event: 'revision', data: { changedKeys: null } })
    const read = await ask(`${shape().url}/v2/api/config/${appId}?revision=${gone?.id}`)
    expectProblem(read, 'config_gone')
    await manage(shape(), 'PATCH', `/apps/${appId}`, { body: { archived: false } })
    expect(await stream.next()).toMatchObject({ event: 'revision' })
  })
}

const resumes = (shape: () => Shape): void => {
  it('tells at once what was missed, by Last-Event-ID and by the address', async () => {
    const { appId } = await publishApp(shape())
    const first = await follow(shape(), appId)
    const { id } = (await first.next()) ?? {}
    first.leave()
    const { revision } = await publish(shape(), appId, '1.1.0', { on: false })
    for (const [query, headers] of [
      ['', { 'last-event-id': String(id) }],
      [`?lastEventId=${id}`, {}],
      [`?revision=${id}`, {}],
    ] as const) {
      const stream = await follow(shape(), appId, query, headers)
      const told = await stream.next()
      expect(told).toMatchObject({ event: 'revision', data: { appId } })
      expect(told?.data?.revision).toBeGreaterThanOrEqual(revision)
      expect(told?.id).toBeGreaterThanOrEqual(revision)
    }
  })

  it('tells nothing to who has what is live', async () => {
    const { appId, revision } = await publishApp(shape())
    const greeting = await (await follow(shape(), appId, `?revision=${revision}`)).next()
    expect(greeting).toEqual({ retry: expect.any(Number), id: expect.any(Number) })
    const headers = { 'last-event-id': String(greeting?.id) }
    expect(await (await follow(shape(), appId, '', headers)).next()).toEqual({
      ...{ retry: expect.any(Number), id: greeting?.id },
    })
  })

  it('tells nobody of another name, which no device gets', async () => {
    const { appId } = await publishApp(shape(), { a: 1 })
    const stream = await follow(shape(), appId)
    await stream.next()
    const renamed = await manage(shape(), 'PATCH', `/apps/${appId}`, { body: { name: 'Another' } })
    expect(renamed.status, renamed.text).toBe(200)
    const { revision } = await publish(shape(), appId, '1.1.0', { a: 2 })
    expect(await stream.next()).toMatchObject({ event: 'revision', data: { revision, changedKeys: ['a'] } })
  })
}

const channels = (shape: () => Shape): void => {
  it('tells of stable on /beta as long as beta has no release, and then of beta alone', async () => {
    const { appId } = await publishApp(shape())
    const stream = await follow(shape(), appId, '', {}, 'beta')
    await stream.next()
    await publish(shape(), appId, '1.1.0', { on: false })
    expect(await stream.next()).toMatchObject({ data: { channel: 'stable' } })
    await releaseOnBeta(shape(), appId, '1.0.0')
    const first = await stream.next()
    expect(first).toMatchObject({ data: { channel: 'beta', changedKeys: null } })
    await publish(shape(), appId, '1.2.0', { on: true, more: 1 })
    await releaseOnBeta(shape(), appId, '1.2.0')
    const second = await stream.next()
    expect(second).toMatchObject({ data: { channel: 'beta', changedKeys: ['more'] } })
  })

  it('tells a client with a key of its channel, by header, token or address; the key stands in no log', async () => {
    const { appId } = await publishApp(shape())
    await releaseOnBeta(shape(), appId, '1.0.0')
    const { key } = await createKey(shape(), { role: 'client', appIds: [appId], channel: 'beta' })
    const streams = [
      await follow(shape(), appId, '', { 'x-api-key': key }),
      await follow(shape(), appId, '', { authorization: `Bearer ${key}` }),
      await follow(shape(), appId, `?key=${key}`),
    ]
    for (const stream of streams) await stream.next()
    await publish(shape(), appId, '1.1.0', { on: false })
    await releaseOnBeta(shape(), appId, '1.1.0')
    for (const stream of streams) expect(await stream.next()).toMatchObject({ data: { channel: 'beta' } })
    for (const process of shape().processes) expect(process.logs()).not.toContain(key.slice(-32))
  })
}

const ends = (shape: () => Shape): void => {
  it('answers HEAD with the headers of GET, and OPTIONS with the methods', async () => {
    const { appId } = await publishApp(shape())
    const url = `${shape().url}/v2/api/config/${appId}/stream`
    const head = await ask(url, { method: 'HEAD' })
    expect([head.status, head.text]).toEqual([200, ''])
    expect(head.headers['content-type']).toBe('text/event-stream')
    const preflight = {
      ...{ origin: 'https://shop.example', 'access-control-request-method': 'GET' },
      'access-control-request-headers': 'last-event-id, x-api-key',
    }
    const options = await ask(url, { method: 'OPTIONS', headers: preflight })
    expect(options.headers['access-control-allow-headers']).toContain('Last-Event-ID')
  })

  it('is there for an app that is called stream, whose config is still read', async () => {
    const { appId } = await createApp(shape(), { appId: 'stream' })
    await saveVersion(shape(), appId, '1.0.0')
    const { revision } = await release(shape(), appId, '1.0.0')
    expect((await ask(`${shape().url}/v2/api/config/stream`)).json()).toMatchObject({ appId, revision })
    expect(await (await follow(shape(), appId)).next()).toMatchObject({ id: expect.any(Number) })
  })

  it('takes no notice of readers who go as they please', async () => {
    const before = new Set(faultsOf(shape().processes))
    const { appId } = await publishApp(shape())
    const streams = await Promise.all(Array.from({ length: 20 }, () => follow(shape(), appId)))
    const last = await follow(shape(), appId)
    await last.next()
    for (const stream of streams) stream.leave()
    await publish(shape(), appId, '1.1.0', { on: false })
    expect(await last.next()).toMatchObject({ event: 'revision' })
    expect(faultsOf(shape().processes).filter((fault) => !before.has(fault))).toEqual([])
  })
}

/** `/v2/.../stream` and `/beta/.../stream`: what changes is told as soon as it can be read. */
export const live = (shape: () => Shape): void => {
  describe('a stream of changes', () => {
    tells(shape)
    resumes(shape)
    channels(shape)
    ends(shape)
  })
}
