import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { tagOf } from '../../../contract/cache-tags.ts'
import { type FeedLimit, feedPaths, type KnownKey } from '../../../contract/gateway-feed.ts'
import { startBackend } from '../../../tests/backend.ts'
import { eventually } from '../../../tests/eventually.ts'
import { memoryChanges } from '../platform/changes/changes-memory.ts'
import { createReadiness } from '../platform/health/readiness.ts'
import { observe } from '../platform/http/observe.ts'
import { noteSource } from '../platform/http/remote-address.ts'
import { openLog } from '../platform/log/open-log.ts'
import { readSettings } from '../settings.ts'
import { readRoutes } from './routes/read-routes.ts'
import { createGateway } from './service.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const limit = (more: Partial<FeedLimit>): FeedLimit => ({
  ...{ name: 'burst', policy: 'burst', per: 'route', routeClass: 'config', appIds: null, keyIds: null },
  ...{ quota: 1_000, windowSeconds: 3_600, cost: 1, mode: 'process' },
  ...more,
})
const clientKey = (text: string, appId: string, channel: string): KnownKey => ({
  ...{ keyId: text, role: 'client', appIds: [appId], channel, expiresAt: null },
  hash: hash('sha256', text),
})

/** A config service of another process, as far as a gateway sees it: what it answers, and what it was asked. */
const standIn = (limits: FeedLimit[], keys: KnownKey[]) => {
  const config = { sequence: 1, asked: [] as string[], keysAsked: 0 }
  const answer = (request: Request): Response => {
    const { pathname, search } = new URL(request.url)
    config.asked.push(pathname + search)
    const isKeyed = request.headers.has('x-api-key')
    return new Response(`${pathname} ${config.sequence} ${request.headers.get('x-api-key') ?? 'all'}`, {
      headers: {
        'cache-control': isKeyed ? 'private, max-age=300' : 'public, max-age=300',
        'parasol-cache-control': `max-age=10, sequence=${config.sequence}, channel="stable"`,
        'cache-tag': tagOf('shop'),
        vary: isKeyed ? 'Accept-Encoding, Authorization, X-API-Key' : 'Accept-Encoding',
      },
    })
  }
  const peer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (pathname === feedPaths.limits) return Response.json({ revision: 1, limits })
    if (pathname !== feedPaths.keys) return answer(request)
    const { hashes } = (await request.json()) as { hashes: string[] }
    config.keysAsked += hashes.length
    return Response.json({ keys: hashes.map((one) => keys.find((key) => key.hash === one) ?? null) })
  }
  return { config, peer }
}

const start = async (
  options: { limits?: FeedLimit[]; keys?: KnownKey[]; routes?: string; env?: Record<string, string> } = {},
) => {
  const { limits = [limit({})], keys = [] } = options
  const { config, peer } = standIn(limits, keys)
  const changes = memoryChanges({ onError: () => {} })
  const { log } = openLog('silent')
  const folder = mkdtempSync(join(tmpdir(), 'parasol-test-gateway-'))
  const routesFile = join(folder, 'routes.yaml')
  if (options.routes) writeFileSync(routesFile, options.routes)
  const settings = readSettings({ ...options.env })
  const gateway = createGateway({
    ...{ config: peer, isConfigApart: true, analytics: peer, changes, counts: undefined },
    ...{ readiness: createReadiness(), log, version: '0.0.0', settings },
    ...(options.routes && { routesFile: { path: routesFile, read: readRoutes } }),
  })
  ends.push(
    () => rmSync(folder, { recursive: true }),
    () => changes.close(),
    gateway.close,
  )
  const ask = async (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    observe(gateway.fetch, log)(from(new Request(`http://front.example${path}`, { method, headers })))
  const askPublic = async (path: string) =>
    observe(gateway.publicFetch, log)(new Request(`http://front.example${path}`))
  // The limits are read in the background.
  if (limits.length > 0)
    await eventually(async () => expect((await ask(read)).headers.has('ratelimit')).toBe(true))
  config.asked = []
  return { ask, askPublic, config, changes }
}
const from = (request: Request): Request => {
  noteSource(request, { remoteAddress: '127.0.0.1' })
  return request
}
const read = '/v1/api/config/probe'
const shop = '/v1/api/config/shop'
const textOf = async (answer: Promise<Response>): Promise<string> => (await answer).text()

describe('a request through the gateway', () => {
  it('is answered from the edge cache, whatever host it asks and however its path is written', async () => {
    const { ask, config } = await start()
    expect(await textOf(ask(shop))).toBe('/v1/api/config/shop 1 all')
    const again = await ask('/v1/api/config/%73hop', { host: 'another.example' })
    expect(await again.text()).toBe('/v1/api/config/shop 1 all')
    expect(again.headers.get('cache-status')).toContain('parasol-edge; hit')
    expect(again.headers.has('parasol-cache-control')).toBe(false)
    expect(config.asked).toEqual([shop])
  })

  it('400 before it reaches anything, where its path could be two', async () => {
    const { ask, config } = await start()
    expect((await ask('/v1/api/config/shop%2f..%2fnews')).status).toBe(400)
    expect((await ask('//v1/api/config/shop')).status).toBe(400)
    expect(config.asked).toEqual([])
  })

  it('is told what is left of its limits, also from the cache, and 429 that any page can read when nothing is', async () => {
    const { ask, config } = await start({ limits: [limit({ quota: 4 })] })
    await ask(shop)
    const stored = await ask(shop)
    expect(stored.headers.get('ratelimit-policy')).toBe('"burst";q=4;w=3600')
    expect(stored.headers.get('ratelimit')).toMatch(/^"burst";r=1;t=\d+$/)
    await ask(shop)
    const refused = await ask(shop)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('access-control-allow-origin')).toBe('*')
    expect(refused.headers.get('access-control-expose-headers')).toContain('RateLimit')
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
    expect(await refused.json()).toMatchObject({
      ...{ code: 'rate_limited', status: 429, 'violated-policies': ['burst'] },
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
    })
    expect(config.asked).toEqual([shop])
    const evaluation = await ask('/v2/api/config/shop/ofrep/v1/evaluate/flags', {}, 'POST')
    expect(evaluation.status).toBe(200)
  })

  it('counts streams and waiting reads as a class of their own, and what watches over the process not at all', async () => {
    const { ask } = await start({ limits: [limit({ quota: 2, routeClass: 'any' })] })
    for (let times = 0; times < 4; times += 1) expect((await ask('/livez')).status).toBe(200)
    const live = await start({
      limits: [limit({}), limit({ name: 'live', policy: 'live', routeClass: 'live' })],
    })
    const answer = await live.ask('/v2/api/config/shop?wait=30')
    expect(answer.headers.get('ratelimit-policy')).toBe('"live";q=1000;w=3600')
    expect((await live.ask('/v2/api/config/shop/stream')).headers.get('ratelimit-policy')).toContain('"live"')
    expect((await live.ask('/v2/api/config/shop')).headers.get('ratelimit-policy')).toContain('"burst"')
  })

  it('shares what is stored with every key for the same app and channel, and with nobody else', async () => {
    const keys = [
      clientKey('one', 'shop', 'stable'),
      clientKey('two', 'shop', 'stable'),
      clientKey('beta', 'shop', 'beta'),
      { ...clientKey('server', 'shop', 'stable'), role: 'viewer' as const, channel: null },
    ]
    const { ask } = await start({ keys })
    const by = (key: string) => textOf(ask(shop, { 'x-api-key': key }))
    expect(await by('one')).toContain('1 one')
    expect(await by('two')).toContain('1 one')
    expect(await by('beta')).toContain('1 beta')
    expect(await by('server')).toContain('1 server')
    expect(await by('nobody')).toContain('1 nobody')
    expect(await textOf(ask(shop))).toContain('1 all')
    expect(await by('another nobody')).toContain('1 another nobody')
  })

  it('429 without a look at keys that are invented, where its address has taken all it may; a good one goes on', async () => {
    const perAddress = limit({ name: 'addresses', policy: 'addresses', per: 'ip', quota: 3 })
    const partners = { ...perAddress, name: 'addresses.partner', quota: 1_000, keyIds: ['one'] }
    const keys = [clientKey('one', 'shop', 'stable')]
    const env = { PARASOL_TRUSTED_PROXIES: '127.0.0.1' }
    const { ask, config } = await start({ limits: [limit({}), partners, perAddress], keys, env })
    const from = (key: string) => ask(shop, { 'x-forwarded-for': '203.0.113.9', 'x-api-key': key })
    expect((await from('one')).status).toBe(200)
    const statuses: number[] = []
    for (let count = 0; count < 10; count += 1) statuses.push((await from(`invented ${count}`)).status)
    expect(statuses).toEqual([200, 200, 200, ...Array(7).fill(429)])
    expect(config.keysAsked).toBe(4)
    expect((await from('one')).status).toBe(200)
  })

  it('is counted for the key that a stream has in its address, which goes no further than here', async () => {
    const perKey = limit({ name: 'mine', policy: 'mine', per: 'key', routeClass: 'live', quota: 1 })
    const keys = [clientKey('one', 'shop', 'stable')]
    const { ask, config } = await start({ limits: [limit({}), perKey], keys })
    const stream = '/v2/api/config/shop/stream?as=ofrep'
    expect(await textOf(ask(`${stream}&key=one`))).toContain('1 one')
    expect((await ask(`${stream}&key=one`)).status).toBe(429)
    expect((await ask(stream)).status).toBe(200)
    expect(config.asked).toEqual([stream, stream])
  })

  it('gets what is new after a change, and never stores what is older than the change', async () => {
    const { ask, config, changes } = await start()
    await ask(shop)
    await changes.announce([{ appId: 'shop', channel: 'stable', sequence: 2 }])
    // The config service has not heard of it yet.
    await eventually(async () => {
      await ask(shop)
      expect(config.asked.length).toBeGreaterThan(2)
    })
    config.sequence = 2
    expect(await textOf(ask(shop))).toContain('shop 2')
    const asked = config.asked.length
    expect(await textOf(ask(shop))).toContain('shop 2')
    expect(config.asked).toHaveLength(asked)
  })

  it.each([
    ['its tag', [tagOf('shop')]],
    ['everything', ['*']],
  ])('is asked for anew after a purge of %s', async (_, names) => {
    const { ask, config, changes } = await start()
    await ask(shop)
    await changes.notify({ topic: 'purge', names })
    await eventually(async () => {
      await ask(shop)
      expect(config.asked).toHaveLength(2)
    })
  })

  it('goes to the service itself with a date alone, which tells no states of an app apart', async () => {
    const { ask, config } = await start()
    await ask(shop)
    const answer = await ask(shop, { 'if-modified-since': new Date().toUTCString() })
    expect(answer.headers.has('parasol-cache-control')).toBe(false)
    expect(config.asked).toHaveLength(2)
  })

  it('404 on the public port for what is for operators, however it is written', async () => {
    const { askPublic, ask } = await start()
    for (const path of ['/manage/v1/apps', '/%6danage/v1/apps', '/docs', '/openapi.json']) {
      const { status } = await askPublic(path)
      expect(status, path).toBe(404)
    }
    expect((await askPublic('/livez')).status).toBe(200)
    expect((await ask('/manage/v1/apps')).status).toBe(200)
  })
})

describe('a route that needs a key', () => {
  const open = async () => {
    const seen: (string | undefined)[] = []
    const told: (string | string[] | undefined)[][] = []
    const backend = await startBackend((request, response) => {
      const { headers } = request
      seen.push(request.url)
      told.push([headers['x-api-key'], headers.authorization, headers['parasol-key-id']])
      response.setHeader('server', 'something/1.0')
      response.end('behind')
    })
    ends.push(backend.close)
    const route = `- prefix: /catalog\n    auth: key\n    upstreams: [${backend.url}]`
    const keys = [clientKey('one', 'shop', 'stable')]
    return { seen, told, ...(await start({ keys, routes: `routes:\n  ${route}\n` })) }
  }

  it('401 without one and with one that does not count, told apart, and nothing is passed on', async () => {
    const { ask, seen } = await open()
    const none = await ask('/catalog/1')
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="parasol"'])
    const wrong = await ask('/catalog/1', { authorization: 'Bearer nobody' })
    expect(wrong.status).toBe(401)
    expect(wrong.headers.get('www-authenticate')).toContain('error="invalid_token"')
    expect(seen).toEqual([])
  })

  it('is passed on with one, and as a preflight, without telling what is behind it', async () => {
    const { ask, seen } = await open()
    const answer = await ask('/catalog/1', { authorization: 'Bearer one' })
    expect(await answer.text()).toBe('behind')
    expect(answer.headers.has('server')).toBe(false)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect((await ask('/catalog/1', {}, 'OPTIONS')).status).toBe(401)
    await ask('/catalog/1', { 'access-control-request-method': 'PUT' }, 'OPTIONS')
    expect(seen).toEqual(['/catalog/1', '/catalog/1'])
  })

  it('is told of the id of the key, and never of the key', async () => {
    const { ask, told } = await open()
    const forged = { 'parasol-key-id': 'admin', parasol_key_id: 'admin' }
    await ask('/catalog/1', { authorization: 'Bearer one', ...forged })
    await ask('/catalog/1', { 'x-api-key': 'one', authorization: 'Basic mine' })
    expect(told).toEqual([
      [undefined, undefined, 'one'],
      [undefined, 'Basic mine', 'one'],
    ])
  })
})
