import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { type Answer, ask } from './ask.ts'
import { change } from './chain.ts'
import { publish } from './evaluated-calls.ts'
import { type Listening, listen } from './listen.ts'
import { type App, as, createApp, createKey, type Key, manage, publishApp } from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'
import { whenCalm } from './when-calm.ts'

const flags = 'ofrep/v1/evaluate/flags'
/** Every way to read an app, behind its channel's address. */
const ways: readonly [method: string, path: string][] = [
  ['GET', ''],
  ['HEAD', ''],
  ['GET', '?platform=ios'],
  ['GET', '?revision=1'],
  ['GET', '?revision=1&wait=1'],
  ['GET', '/stream'],
  ['GET', '/flagd.json'],
  ['POST', `/${flags}`],
  ['POST', `/${flags}/theme`],
]
const secret = 'midnight blue'

const readAs = (shape: Shape, path: string, key?: Key | string, method = 'GET'): Promise<Answer> =>
  ask(`${shape.url}/${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(key !== undefined && { 'x-api-key': typeof key === 'string' ? key : key.key }),
    },
    ...(method === 'POST' && { body: { context: {} } }),
  })

const clientKey = (shape: Shape, appId: string, channel = 'stable'): Promise<Key> =>
  createKey(shape, { role: 'client', appIds: [appId], channel })

/** An app that asks for a key, with the same live on stable and beta. */
const publishClosed = async (shape: Shape, more: Partial<App> = {}) => {
  const create = { access: 'key', ...more }
  const { appId } = await publish(shape, { data: { theme: secret } }, { create })
  const body = { configVersion: '1.0.0', channel: 'beta' }
  expect((await manage(shape, 'POST', `/apps/${appId}/releases`, { body })).status).toBe(201)
  return appId
}

const refuses = (shape: () => Shape): void => {
  it('is refused to who sends no key (401, and how to send one), one that does not count (401) or one of another app (403)', async () => {
    const appId = await publishClosed(shape())
    const { appId: other } = await publishApp(shape())
    const ofAnother = await clientKey(shape(), other, 'beta')
    for (const api of ['v2', 'beta']) {
      for (const [method, path] of ways) {
        const at = `${api}/api/config/${appId}${path}`
        const without = await readAs(shape(), at, undefined, method)
        expect([at, without.status, without.headers['cache-control']]).toEqual([at, 401, 'no-store'])
        expect(without.headers['www-authenticate']).toBe('Bearer realm="parasol"')
        expect(without.text).not.toContain(secret)
        const unknown = await readAs(shape(), at, `parasol_${'a'.repeat(12)}_${'A'.repeat(32)}`, method)
        expect([at, unknown.status]).toEqual([at, 401])
        expect(unknown.headers['www-authenticate']).toContain('error="invalid_token"')
        expect([at, (await readAs(shape(), at, ofAnother, method)).status]).toEqual([at, 403])
      }
    }
    const plain = await readAs(shape(), `v1/api/config/${appId}`)
    expect(expectProblem(plain, 'unauthorized').detail).toMatch(/Authorization: Bearer.*X-API-Key/)
  })

  it('is read with its client key: on /v1 and /v2 the channel of the key, on /beta with one for beta alone', async () => {
    const appId = await publishClosed(shape())
    const [stable, beta] = [await clientKey(shape(), appId), await clientKey(shape(), appId, 'beta')]
    for (const key of [stable, beta]) {
      const answer = await readAs(shape(), `v2/api/config/${appId}`, key)
      expect(answer.json()).toMatchObject({ channel: key.channel, data: { theme: secret } })
      expect(answer.headers['cache-control']).toMatch(/^private, /)
      expect((await readAs(shape(), `v1/api/config/${appId}`, key)).status).toBe(200)
      expect((await readAs(shape(), `v2/api/config/${appId}/flagd.json`, key)).status).toBe(200)
      expect((await readAs(shape(), `v2/api/config/${appId}/${flags}`, key, 'POST')).status).toBe(200)
    }
    const read = await readAs(shape(), `beta/api/config/${appId}`, beta)
    expect(read.json()).toMatchObject({ channel: 'beta', data: { theme: secret } })
    expect((await readAs(shape(), `beta/api/config/${appId}/${flags}/theme`, beta, 'POST')).status).toBe(200)
    for (const path of ['', '/stream', '/flagd.json']) {
      const other = await readAs(shape(), `beta/api/config/${appId}${path}`, stable)
      expectProblem(other, 'forbidden')
    }
  })

  it('is read with the key of a server within its limits, which may stand in no address', async () => {
    const appId = await publishClosed(shape(), { labels: { team: 'a' } })
    const viewer = await createKey(shape(), { role: 'viewer', labels: { team: 'a' } })
    const others = await createKey(shape(), { role: 'admin', labels: { team: 'b' } })
    for (const [api, channel] of Object.entries({ v2: 'stable', beta: 'beta' })) {
      const path = `${api}/api/config/${appId}`
      expect((await readAs(shape(), path, viewer)).json()).toMatchObject({ channel })
      expectProblem(await readAs(shape(), path, others), 'forbidden')
      expectProblem(await readAs(shape(), `${path}/stream`, others), 'forbidden')
      expectProblem(await readAs(shape(), `${path}/stream?key=${viewer.key}`), 'unauthorized')
      const evaluated = await readAs(shape(), `${path}/${flags}`, viewer, 'POST')
      expect(evaluated.status).toBe(200)
      expect(evaluated.text).not.toContain(viewer.key)
    }
  })
}

const changes = (shape: () => Shape): void => {
  it('ends what is open and answers nobody from what is kept, as soon as it asks for a key; and is for all again', async () => {
    const { appId, revision } = await publishApp(shape(), { theme: secret })
    const key = await clientKey(shape(), appId)
    const at = `v2/api/config/${appId}`
    const before = await whenCalm(async () => {
      const before = await readAs(shape(), at)
      expect(before.json()).toMatchObject({ pollSeconds: 300 })
      return before
    })
    const listening: Listening[] = []
    for (const query of ['', `?key=${key.key}`]) {
      listening.push(await listen(`${shape().url}/${at}/stream${query}`))
    }
    const [open, keyed] = listening as [Listening, Listening]
    await open.next()
    await keyed.next()
    const waiting = ask(`${shape().url}/${at}?wait=60&revision=${revision}`, { fresh: true })
    await readAs(shape(), at)
    expect((await change(shape(), appId, { access: 'key' })).status).toBe(200)
    expectProblem(await waiting, 'unauthorized')
    expect(await open.next()).toBeUndefined()
    expect(await keyed.next()).toMatchObject({ data: { appId, changedKeys: [] } })
    keyed.leave()
    const held = { 'if-none-match': before.headers.etag ?? '' }
    await eventually(async () => {
      for (const query of ['', `?revision=${revision}`]) {
        expectProblem(await ask(`${shape().url}/${at}${query}`, { headers: held }), 'unauthorized')
      }
    })
    const withKey = await ask(`${shape().url}/${at}`, { headers: { ...held, 'x-api-key': key.key } })
    expect(withKey.status).toBe(304)
    expect((await change(shape(), appId, { access: 'public' })).status).toBe(200)
    await whenCalm(async () => expect((await readAs(shape(), at)).text).toBe(before.text))
  })

  it('is changed by a publisher, as a release is, and not by an editor', async () => {
    const { appId } = await createApp(shape())
    const [editor, publisher] = [
      await createKey(shape(), { role: 'editor' }),
      await createKey(shape(), { role: 'publisher' }),
    ]
    for (const said of [{ access: 'key' }, { allowedOrigins: ['https://shop.example.com'] }]) {
      expectProblem(await change(as(shape(), editor), appId, said), 'forbidden')
      const changed = await change(as(shape(), publisher), appId, said)
      expect(changed.json()).toMatchObject(said)
      // Who says what is so already changes nothing.
      expect((await change(as(shape(), editor), appId, said)).status).toBe(200)
    }
  })
}

/** An app that is read with a key alone. */
export const appAccess = (shape: () => Shape): void => {
  describe('an app with access by key', () => {
    refuses(shape)
    changes(shape)
  })
}
