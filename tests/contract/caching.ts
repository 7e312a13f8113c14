import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { asTold, fromMemory } from './cache-status.ts'
import { largeData, publishApp, readConfig, release, saveVersion } from './operator.ts'
import type { Shape } from './shapes.ts'

const cacheControl = 'public, max-age=300, stale-while-revalidate=60, stale-if-error=86400'
const httpDate = (time: number): string => new Date(time).toUTCString()

const headers = (shape: () => Shape): void => {
  it('answers 200 with every caching header', async () => {
    const live = await publishApp(shape())
    const answer = await readConfig(shape(), live.appId)
    expect(answer.headers).toMatchObject({
      'cache-control': cacheControl,
      etag: expect.stringMatching(/^"[\x21\x23-\x7e]+"$/),
      'last-modified': httpDate(Date.parse(live.releasedAt)),
      vary: 'Accept-Encoding',
      'cache-tag': `app-${live.appId}`,
      'surrogate-key': `app-${live.appId}`,
    })
    expect(answer.headers).not.toHaveProperty('set-cookie')
    expect(answer.headers).not.toHaveProperty('transfer-encoding')
  })

  it('sends each header once', async () => {
    const { appId } = await publishApp(shape())
    const { rawHeaders } = await readConfig(shape(), appId)
    const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
    expect(names).toEqual([...new Set(names)])
  })

  it('keeps the ETag while the release lives, and changes it with the next', async () => {
    const { appId } = await publishApp(shape())
    const etags = []
    for (let i = 0; i < 3; i++) etags.push((await readConfig(shape(), appId)).headers.etag)
    expect(new Set(etags).size).toBe(1)
    await release(shape(), appId, '1.0.0')
    expect((await readConfig(shape(), appId)).headers.etag).not.toBe(etags[0])
  })

  it('tells by Cache-Status that memory answers the second read', async () => {
    const { appId } = await publishApp(shape())
    const { flushRedis } = shape()
    await flushRedis?.()
    const first = await readConfig(shape(), appId)
    // Without Redis the second level is in memory too, and it knows the release since it was published.
    const said = flushRedis ? 'parasol; fwd=uri-miss; stored; detail=database' : 'parasol; hit; detail=memory'
    expect(first.headers['cache-status']).toEqual(asTold(shape(), said))
    const second = await readConfig(shape(), appId)
    expect(second.headers['cache-status']).toEqual(fromMemory(shape()))
  })

  it('tells by Cache-Status that Redis answers what was published', async () => {
    if (!shape().flushRedis) return
    const { appId } = await publishApp(shape())
    const first = await readConfig(shape(), appId)
    expect(first.headers['cache-status']).toEqual(asTold(shape(), 'parasol; hit; detail=redis'))
  })
}

/** An app that was read once, and what the conditions may name. */
const readOnce = async (shape: Shape) => {
  const live = await publishApp(shape, largeData)
  const answer = await readConfig(shape, live.appId)
  const etag = answer.headers.etag ?? ''
  const modified = Date.parse(answer.headers['last-modified'] ?? '')
  return { appId: live.appId, etag, modified }
}

const byTag = (shape: () => Shape): void => {
  it.each([
    ['the same tag', (etag: string) => etag],
    ['a list with it', (etag: string) => `"other", ${etag} ,"a,b"`],
    ['its weak form', (etag: string) => `W/${etag}`],
    ['a list of weak tags', (etag: string) => `W/"x",W/${etag}`],
    ['any', () => '*'],
  ])('answers 304 to If-None-Match with %s', async (_, header) => {
    const { appId, etag } = await readOnce(shape())
    for (const method of ['GET', 'HEAD']) {
      const answer = await readConfig(shape(), appId, { 'if-none-match': header(etag) }, method)
      expect(answer.status).toBe(304)
      expect(answer.body.byteLength).toBe(0)
    }
  })

  it('answers 304 with the headers a cache needs to go on', async () => {
    const { appId, etag } = await readOnce(shape())
    const full = await readConfig(shape(), appId)
    const answer = await readConfig(shape(), appId, { 'if-none-match': etag })
    // Where there is a tag, a date guides no cache (RFC 9110 §15.4.5); the service sends it all the same.
    const date = shape().apart ? [] : (['last-modified'] as const)
    for (const name of ['cache-control', 'etag', 'vary', ...date] as const) {
      expect(answer.headers[name]).toBe(full.headers[name])
    }
    expect(answer.headers['cache-status']).toEqual(fromMemory(shape()))
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/)
    expect(answer.headers).not.toHaveProperty('content-encoding')
    expect(answer.headers).not.toHaveProperty('transfer-encoding')
  })

  it.each(['"other"', '"*"', 'W/"other", "x"', 'nonsense', ''])(
    'answers 200 to If-None-Match: %s',
    async (header) => {
      const { appId } = await readOnce(shape())
      expect((await readConfig(shape(), appId, { 'if-none-match': header })).status).toBe(200)
    },
  )

  it('answers 200 to the tag of the release before', async () => {
    const { appId, etag } = await readOnce(shape())
    await saveVersion(shape(), appId, '2.0.0')
    await release(shape(), appId, '2.0.0')
    const answer = await readConfig(shape(), appId, { 'if-none-match': etag })
    expect(answer.status).toBe(200)
    expect(answer.json()).toMatchObject({ configVersion: '2.0.0' })
  })
}

const byDate = (shape: () => Shape): void => {
  it('answers 304 to If-Modified-Since from the time of the release on', async () => {
    const { appId, modified } = await readOnce(shape())
    const asctime = 'Wed Nov  6 08:49:37 2999'
    for (const since of [httpDate(modified), httpDate(modified + 3_600_000), asctime]) {
      const answer = await readConfig(shape(), appId, { 'if-modified-since': since })
      expect(answer.status, since).toBe(304)
      expect(answer.body.byteLength).toBe(0)
    }
  })

  it('answers 200 to If-Modified-Since before the release, and to what is no date', async () => {
    const { appId, modified } = await readOnce(shape())
    for (const since of [httpDate(modified - 1_000), 'yesterday', '2999-01-01', String(Date.now())]) {
      const answer = await readConfig(shape(), appId, { 'if-modified-since': since })
      expect(answer.status, since).toBe(200)
    }
  })

  it('asks If-None-Match first: then If-Modified-Since does not count', async () => {
    const { appId, etag, modified } = await readOnce(shape())
    const later = httpDate(modified + 3_600_000)
    const before = httpDate(modified - 3_600_000)
    const changed = await readConfig(shape(), appId, { 'if-none-match': '"x"', 'if-modified-since': later })
    expect(changed.status).toBe(200)
    const unchanged = await readConfig(shape(), appId, { 'if-none-match': etag, 'if-modified-since': before })
    expect(unchanged.status).toBe(304)
  })

  it('answers 200 to If-Modified-Since when two releases share the second', async () => {
    const { appId } = await publishApp(shape())
    const { releasedAt } = await eventually(async () => {
      // From the begin of a second, which on a busy machine may pass all the same.
      await sleep(1_000 - (Date.now() % 1_000))
      const first = await release(shape(), appId, '1.0.0')
      const second = await release(shape(), appId, '1.0.0')
      expect(second.releasedAt.slice(0, 19)).toBe(first.releasedAt.slice(0, 19))
      return second
    })
    const since = httpDate(Date.parse(releasedAt))
    const answer = await readConfig(shape(), appId, { 'if-modified-since': since })
    expect(answer.status).toBe(200)
  })

  it('answers 304 again to If-Modified-Since once a later release has its second for itself', async () => {
    const { appId, releasedAt } = await publishApp(shape())
    await sleep(1_001 - (Date.parse(releasedAt) % 1_000))
    const next = await release(shape(), appId, '1.0.0')
    const stale = await readConfig(shape(), appId, { 'if-modified-since': httpDate(Date.parse(releasedAt)) })
    expect(stale.status).toBe(200)
    const since = httpDate(Date.parse(next.releasedAt))
    expect((await readConfig(shape(), appId, { 'if-modified-since': since })).status).toBe(304)
  })
}

/** What browsers, CDNs and apps need to keep a config, and to ask whether it is still the one. */
export const caching = (shape: () => Shape): void => {
  describe('caching', () => {
    headers(shape)
    byTag(shape)
    byDate(shape)
  })
}
