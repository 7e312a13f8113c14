import { describe, expect, it } from 'vitest'
import { type Answer, ask } from './ask.ts'
import { createKey, freshId, type Key, manage, publishApp, readConfig, saveVersion } from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'

const makeKey = (shape: Shape, appId: string, channel = 'beta'): Promise<Key> =>
  createKey(shape, { role: 'client', appIds: [appId], channel })

/** An app with another config on beta than on stable, and a key for beta. */
const publishBoth = async (shape: Shape) => {
  const { appId } = await publishApp(shape, { on: 'stable' })
  await saveVersion(shape, appId, '2.0.0', { on: 'beta' })
  const body = { configVersion: '2.0.0', channel: 'beta' }
  expect((await manage(shape, 'POST', `/apps/${appId}/releases`, { body })).status).toBe(201)
  return { appId, key: await makeKey(shape, appId) }
}

const readAs = (shape: Shape, appId: string, key: string, version = 'v1'): Promise<Answer> =>
  ask(`${shape.url}/${version}/api/config/${appId}`, { headers: { 'x-api-key': key } })

const readsItsChannel = (shape: () => Shape): void => {
  it('reads the channel the key is bound to, on /v1 and /v2, by either header', async () => {
    const { appId, key } = await publishBoth(shape())
    const byHeader = await readAs(shape(), appId, key.key)
    expect(byHeader.text).toBe(
      '{"configVersion":"2.0.0","minimumAppVersion":null,"deprecationDate":null,"data":{"on":"beta"}}',
    )
    const byBearer = await readConfig(shape(), appId, { authorization: `bearer ${key.key}` })
    expect(byBearer.text).toBe(byHeader.text)
    const evaluated = await readAs(shape(), appId, key.key, 'v2')
    expect(evaluated.json()).toMatchObject({ channel: 'beta', data: { on: 'beta' } })
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ data: { on: 'stable' } })
  })

  it('reads what is stable where its channel has no release', async () => {
    const { appId } = await publishApp(shape(), { on: 'stable' })
    const { key } = await makeKey(shape(), appId, 'staging')
    expect((await readAs(shape(), appId, key, 'v2')).json()).toMatchObject({ channel: 'stable' })
  })

  it('lets no cache give the answer to others, and answers 304 all the same', async () => {
    const { appId, key } = await publishBoth(shape())
    for (const version of ['v1', 'v2']) {
      const answer = await readAs(shape(), appId, key.key, version)
      expect(answer.headers['cache-control']).toBe(
        'private, max-age=300, stale-while-revalidate=60, stale-if-error=86400',
      )
      expect(answer.headers.vary).toBe('Accept-Encoding, Authorization, X-API-Key')
      const headers = { 'x-api-key': key.key, 'if-none-match': answer.headers.etag ?? '' }
      const unchanged = await ask(`${shape().url}/${version}/api/config/${appId}`, { headers })
      expect(unchanged.status).toBe(304)
      expect(unchanged.headers['cache-control']).toContain('private')
    }
    const later = new Date(Date.now() + 3_600_000).toUTCString()
    const since = await readConfig(shape(), appId, { 'x-api-key': key.key, 'if-modified-since': later })
    // Another channel's release may be the older one.
    expect(since.status).toBe(200)
  })
}

const refused = (shape: () => Shape): void => {
  it.each([
    ['that nobody has', `parasol_${'a'.repeat(12)}_${'A'.repeat(32)}`],
    ['that cannot be one', 'letmein'],
    ['that is empty', ''],
  ])('answers 401 to a key %s', async (_, key) => {
    const { appId } = await publishApp(shape())
    for (const version of ['v1', 'v2']) {
      const answer = await readAs(shape(), appId, key, version)
      expectProblem(answer, 'unauthorized')
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="parasol", error="invalid_token"')
      expect(answer.headers['cache-control']).toBe('no-store')
      expect(answer.headers['access-control-allow-origin']).toBe('*')
    }
  })

  it('answers 401 to the admin token, and takes no notice of other ways to authenticate', async () => {
    const { appId } = await publishApp(shape())
    const asAdmin = await readConfig(shape(), appId, { authorization: `Bearer ${shape().token}` })
    expectProblem(asAdmin, 'unauthorized')
    const basic = await readConfig(shape(), appId, { authorization: 'Basic c2hvcDpzaG9w' })
    expect(basic.status).toBe(200)
  })

  it('reads any app that it may see, with the key of a server, as who has none', async () => {
    const { appId, revision } = await publishApp(shape())
    const within = await createKey(shape(), { role: 'viewer', appIds: [appId] })
    const read = await readAs(shape(), appId, within.key, 'v2')
    expect(read.json()).toMatchObject({ channel: 'stable', revision })
    expect(read.headers['cache-control']).toMatch(/^private, /)
    const beyond = await createKey(shape(), { role: 'admin', labels: { team: 'other' } })
    expectProblem(await readAs(shape(), appId, beyond.key), 'forbidden')
  })

  it('answers 403 to a key of another app, whether that one is there or not', async () => {
    const { key } = await publishBoth(shape())
    const { appId: other } = await publishApp(shape())
    for (const appId of [other, freshId('unknown')]) {
      const answer = await readAs(shape(), appId, key.key)
      expectProblem(answer, 'forbidden')
      expect(answer.headers['cache-control']).toBe('no-store')
    }
  })

  it('answers 410 to the key of an archived app, kept by no cache', async () => {
    const { appId, key } = await publishBoth(shape())
    await manage(shape(), 'DELETE', `/apps/${appId}`)
    const answer = await readAs(shape(), appId, key.key)
    expectProblem(answer, 'config_gone')
    expect(answer.headers['cache-control']).toBe('no-store')
  })
}

const lives = (shape: () => Shape): void => {
  it('is refused soon after it was revoked, though it was read with all the time', async () => {
    const { appId, key } = await publishBoth(shape())
    expect((await readAs(shape(), appId, key.key)).status).toBe(200)
    expect((await manage(shape(), 'DELETE', `/keys/${key.keyId}`)).status).toBe(200)
    await expect.poll(async () => (await readAs(shape(), appId, key.key)).status).toBe(401)
  })

  it('counts beside the one that it was rotated to, as long as they overlap', async () => {
    const { appId, key } = await publishBoth(shape())
    const rotated = await manage(shape(), 'POST', `/keys/${key.keyId}/rotate`, {
      body: { overlapSeconds: 60 },
    })
    for (const one of [key.key, rotated.json<Key>().key]) {
      expect((await readAs(shape(), appId, one)).status).toBe(200)
    }
    const body = { overlapSeconds: 0 }
    const again = await manage(shape(), 'POST', `/keys/${key.keyId}/rotate`, { body })
    await expect.poll(async () => (await readAs(shape(), appId, key.key)).status).toBe(401)
    expect((await readAs(shape(), appId, again.json<Key>().key)).status).toBe(200)
  })

  it('stands in no log', async () => {
    const { appId, key } = await publishBoth(shape())
    await readAs(shape(), appId, key.key)
    await readAs(shape(), freshId(), key.key)
    // It may hold an underscore itself.
    const secret = key.key.slice(-32)
    for (const process of shape().processes) expect(process.logs()).not.toContain(secret)
  })
}

/** A client that shows a key reads the channel it is bound to. */
export const clientKeys = (shape: () => Shape): void => {
  describe('client keys', () => {
    readsItsChannel(shape)
    refused(shape)
    lives(shape)
  })
}
