import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countDevices } from '../../platform/tally/tally.ts'
import { bucketsOf, countsOf, createInbox } from './inbox.fixture.ts'
import { type Services, startServices } from './services.fixture.ts'

const json = { 'content-type': 'application/json' }

describe('requests through a gateway', () => {
  let services: Services
  let revisions: { shop: string; beta: string; news: string }
  let key: string
  let keyId: string
  beforeAll(async () => {
    services = await startServices()
    const { manage } = services
    const publish = async (appId: string, channel: string): Promise<string> => {
      const version = { bump: 'minor', data: { theme: channel } }
      const { configVersion } = await manage(`/apps/${appId}/configs`, version)
      const { revision } = await manage(`/apps/${appId}/releases`, { configVersion, channel })
      return String(revision)
    }
    await manage('/apps', { appId: 'shop', name: 'Shop' })
    await manage('/apps', { appId: 'news', name: 'News', access: 'key' })
    revisions = {
      shop: await publish('shop', 'stable'),
      beta: await publish('shop', 'beta'),
      news: await publish('news', 'staging'),
    }
    await publish('news', 'stable')
    const made = await manage('/keys', { name: 'app', role: 'client', appIds: ['news'], channel: 'staging' })
    key = String(made.key)
    keyId = String(made.keyId)
  })
  afterAll(() => services?.close())

  /** A thousand requests for configs, and some that are none. */
  const askAll = async ({ ask }: ReturnType<Services['startGateway']>): Promise<void> => {
    const held = (await ask('/v1/api/config/shop')).headers.get('etag') ?? ''
    for (let at = 0; at < 299; at += 1) {
      expect((await ask('/v1/api/config/shop', { 'if-none-match': held })).status).toBe(304)
    }
    for (let at = 0; at < 400; at += 1) {
      const platform = at % 4 === 0 ? 'android' : ['ios', 'iOS', 'iPadOS'][at % 3]
      const device = `platform=${platform}&appVersion=4.${at % 2}.0&country=${at % 5 === 0 ? 'fr' : 'DE'}&bucket=${at % 250}`
      expect((await ask(`/v2/api/config/shop?language=de&${device}`)).status).toBe(200)
    }
    for (let at = 0; at < 100; at += 1)
      await ask('/beta/api/config/shop?bucket=7', { 'if-none-match': '"1.1"' })
    for (let at = 0; at < 50; at += 1) {
      const init = { method: 'POST', body: '{"context":{"targetingKey":"a"}}' }
      expect((await ask('/v2/api/config/shop/ofrep/v1/evaluate/flags', json, init)).status).toBe(200)
    }
    for (let at = 0; at < 18; at += 1) await ask('/v2/api/config/shop/flagd.json')
    const stream = await ask('/v2/api/config/shop/stream')
    expect(stream.status).toBe(200)
    await stream.body?.cancel()
    for (let at = 0; at < 20; at += 1) await ask('/v2/api/config/shop?revision=0')
    for (let at = 0; at < 60; at += 1) await ask('/v2/api/config/news?bucket=9', { 'x-api-key': key })
    for (let at = 0; at < 20; at += 1) expect((await ask('/v2/api/config/news?bucket=9')).status).toBe(401)
    for (let at = 0; at < 31; at += 1) await ask(`/v1/api/config/invented-${at}`)
    // None of these asks for a config.
    await ask(
      '/v2/api/config/shop',
      { origin: 'https://a.example', 'access-control-request-method': 'GET' },
      { method: 'OPTIONS' },
    )
    await ask('/livez')
    await ask('/manage/v1/apps')
    await ask('/v1/api/analytics/shop/usage')
  }

  it.each([
    {
      isConfigApart: true,
      cache: { miss: expect.any(Number), hit: expect.any(Number), pass: expect.any(Number), none: 0 },
    },
    { isConfigApart: false, cache: {} },
  ])('are counted exactly, and shipped at the end: edge cache $isConfigApart', async ({ isConfigApart }) => {
    const inbox = createInbox()
    const gateway = services.startGateway(inbox.peer, isConfigApart, { PARASOL_RATE_LIMITS: 'off' })
    await askAll(gateway)
    await gateway.close()

    const [shop, news, none] = ['shop', 'news', ''].map(inbox.tallyOf)
    if (!shop || !news || !none) throw new Error('three tallies are there')
    expect([shop, news, none].map(({ requests }) => requests)).toEqual([889, 80, 31])
    expect(countsOf(shop, 'api')).toEqual({ v1: 300, v2: 489, beta: 100 })
    expect(countsOf(shop, 'kind')).toEqual({ read: 820, openfeature: 68, live: 1 })
    expect(countsOf(shop, 'channel')).toEqual({ stable: 789, beta: 100 })
    expect(countsOf(shop, 'status')).toEqual({ '2xx': 570, '304': 299, '4xx': 20 })
    expect(countsOf(shop, 'revision')).toEqual({ [revisions.shop]: 768, [revisions.beta]: 100 })
    expect(countsOf(shop, 'held')).toEqual({ [revisions.shop]: 299, '1': 100, none: 490 })
    expect(countsOf(shop, 'platform')).toEqual({ ios: 300, android: 100, unknown: 489 })
    expect(countsOf(shop, 'appVersion')).toEqual({ '4.0.0': 200, '4.1.0': 200, unknown: 489 })
    expect(countsOf(shop, 'country')).toEqual({ FR: 80, DE: 320, unknown: 489 })
    expect(bucketsOf(shop, 'country')).toEqual({ FR: 50, DE: 200, unknown: 1 })
    expect(bucketsOf(shop, 'revision')).toEqual({ [revisions.shop]: 250, [revisions.beta]: 1 })
    expect(countDevices(shop).devices).toBe(253)
    // Refusals and streams take no time that says anything.
    expect(shop.latencies.count).toBe(868)
    const caches = countsOf(shop, 'cache')
    if (isConfigApart) expect(caches.miss).toBeGreaterThan(0)
    expect(caches.hit).toBeGreaterThan(700)
    expect(Object.values(caches).reduce((sum, count) => sum + count, 0)).toBe(889)

    expect(countsOf(news, 'channel')).toEqual({ staging: 60, stable: 20 })
    expect(countsOf(news, 'revision')).toEqual({ [revisions.news]: 60 })
    expect(countsOf(news, 'status')).toEqual({ '2xx': 60, '4xx': 20 })
    expect(countsOf(none, 'status')).toEqual({ '4xx': 31 })
    expect(inbox.lost()).toBe(0)

    const uses = inbox.uses()
    expect(uses).toEqual(
      expect.arrayContaining([
        ['shop', null, 'config', 838, 0],
        ['shop', null, 'openfeature', 50, 0],
        ['shop', null, 'live', 1, 0],
        ['news', keyId, 'config', 60, 0],
        ['news', null, 'config', 20, 20],
        [null, null, 'config', 31, 0],
        [null, null, 'management', 1, 1],
      ]),
    )
    expect(uses).toHaveLength(8)
  })

  it('are counted also where a limit or their shape refuses them, for apps that are there', async () => {
    await services.manage('/limits', {
      name: 'few',
      per: 'app',
      routeClass: 'config',
      quota: 3,
      windowSeconds: 3600,
    })
    const inbox = createInbox()
    const gateway = services.startGateway(inbox.peer, false)
    await expect
      .poll(async () => (await gateway.ask('/v1/api/config/shop')).headers.has('ratelimit'))
      .toBe(true)
    while ((await gateway.ask('/v1/api/config/shop')).status !== 429) {}
    for (let at = 0; at < 9; at += 1) await gateway.ask('/v1/api/config/shop')
    expect((await gateway.ask('//v1/api/config/shop')).status).toBe(400)
    const huge = { 'content-length': '99999999999' }
    expect((await gateway.ask('/v1/api/config/shop', huge, { method: 'POST' })).status).toBe(413)
    await gateway.close()
    const shop = inbox.tallyOf('shop')
    expect(countsOf(shop, 'status')['4xx']).toBe(11)
    expect(countsOf(shop, 'cache').none).toBe(11)
    const use = inbox.uses().find(([appId]) => appId === 'shop')
    expect(use).toEqual(['shop', null, 'config', shop.requests, 10])
  })

  it('are not counted where that is switched off', async () => {
    const inbox = createInbox()
    const gateway = services.startGateway(inbox.peer, false, { PARASOL_ANALYTICS: 'off' })
    expect((await gateway.ask('/v1/api/config/shop')).status).toBe(200)
    await gateway.close()
    expect(inbox.numbers).toEqual([])
  })

  it('404 for what services ask each other', async () => {
    const inbox = createInbox()
    const gateway = services.startGateway(inbox.peer, true)
    for (const path of ['/internal/v1/counts', '/internal/v1/limits', '/%69nternal/v1/keys', '/internal'])
      expect((await gateway.ask(path, json, { method: 'POST', body: '{}' })).status).toBe(404)
    await gateway.close()
    expect(inbox.numbers).toEqual([])
  })
})
