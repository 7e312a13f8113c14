import { createHash } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { feedPaths, keysFeed, limitsFeed } from '../../../../contract/gateway-feed.ts'
import { eventually } from '../../../../tests/eventually.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { createAuthenticate } from '../../platform/auth/authenticate.ts'
import { memoryCache } from '../../platform/cache/cache-memory.ts'
import type { Changes, Notice } from '../../platform/changes/changes.ts'
import { memoryChanges } from '../../platform/changes/changes-memory.ts'
import { createReadiness } from '../../platform/health/readiness.ts'
import { findKey } from '../../platform/keys/key-rows.ts'
import { noLastKnownGood } from '../delivery/last-known-good.ts'
import { createConfigService } from '../service.ts'

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex')

// The contract of the whole program holds for the embedded database too.
const postgres = bothDatabases[1]

describe('what gateways ask', () => {
  let own: OwnDatabase
  let changes: Changes
  let service: ReturnType<typeof createConfigService>
  let notify: (notice: Notice) => Promise<void>
  const noticed: Notice[] = []
  beforeAll(async () => {
    own = await postgres.make()
    const memory = memoryChanges({ onError: () => {} })
    notify = memory.notify
    changes = {
      ...memory,
      notify: (notice) => {
        noticed.push(notice)
        return notify(notice)
      },
    }
    service = createConfigService({
      db: own.database.kysely,
      pingDatabase: () => own.database.ping(),
      cache: memoryCache({ maxBytes: 1 << 20 }),
      changes,
      lastKnownGood: noLastKnownGood,
      authenticate: createAuthenticate('token', async () => undefined),
      clientKeys: { find: () => undefined },
      readiness: createReadiness(),
      log: pino({ level: 'silent' }),
      limits: { maxBytes: 1 << 20, maxDepth: 50 },
      rules: { maxAgeSeconds: 60, staleWhileRevalidateSeconds: 60, staleIfErrorSeconds: 60, pollSeconds: 60 },
      ...{ cacheBytes: 1 << 20, cacheTtlSeconds: 60, sweepMs: 60_000, streamsPerKey: 10, coldLoads: 2 },
      cdns: [],
      ...{ requireIfMatch: false, ofrepPerSecond: 0 },
    })
  })
  afterAll(async () => {
    await service?.close()
    await changes?.close()
    await own?.drop()
  })

  const ask = async (path: string, init: RequestInit = {}): Promise<Response> =>
    service.fetch(new Request(`http://config${path}`, init))
  const manage = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const answer = await ask(`/manage/v1${path}`, {
      method,
      headers: { authorization: 'Bearer token', 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    expect(answer.ok, await answer.clone().text()).toBe(true)
    return (await answer.json()) as Record<string, unknown>
  }
  const askKeys = async (...hashes: string[]) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await ask(feedPaths.keys, { method: 'POST', headers, body: JSON.stringify({ hashes }) })
    expect(answer.status).toBe(200)
    return keysFeed.parse(await answer.json()).keys
  }
  const askLimits = (headers: Record<string, string> = {}) => ask(feedPaths.limits, { headers })

  it('names the keys that count, in the order asked, and nothing of their secrets', async () => {
    const made = await manage('POST', '/keys', { name: 'ci', role: 'publisher', appIds: ['b', 'a'] })
    const hash = hashOf(String(made.key))
    const known = {
      ...{ keyId: made.keyId, role: 'publisher', appIds: ['a', 'b'], channel: null, expiresAt: null, hash },
    }
    expect(await askKeys(hashOf('none'), hash, hash)).toEqual([null, known, known])
    await eventually(async () =>
      expect((await findKey(own.database.kysely, String(made.keyId)))?.used_today).toBe(true),
    )
    expect(noticed).toEqual([{ topic: 'keys', names: [made.keyId] }])
  })

  it('names a rotated key by both of its hashes while both count, and a revoked one by none', async () => {
    const expiresAt = '2100-01-01T00:00:00.000Z'
    const made = await manage('POST', '/keys', { name: 'rotated', role: 'viewer', expiresAt })
    const rotate = (overlapSeconds: number) =>
      manage('POST', `/keys/${made.keyId}/rotate`, { overlapSeconds })
    const rotated = await rotate(60)
    const [old, next] = [hashOf(String(made.key)), hashOf(String(rotated.key))]
    const both = { keyId: made.keyId, role: 'viewer' }
    expect(await askKeys(old, next)).toMatchObject([
      { ...both, hash: old, expiresAt: rotated.previousExpiresAt },
      { ...both, hash: next, expiresAt },
    ])
    const last = hashOf(String((await rotate(0)).key))
    expect(await askKeys(old, next, last)).toMatchObject([null, null, both])
    noticed.length = 0
    await manage('DELETE', `/keys/${made.keyId}`)
    expect(await askKeys(last)).toEqual([null])
    expect(noticed).toEqual([{ topic: 'keys', names: [made.keyId] }])
  })

  it.each([
    ['no hash', { hashes: [] }, 422],
    ['what is no hash', { hashes: ['parasol_k3v9x2m4p7q1_secret'] }, 422],
    ['more than 500', { hashes: Array.from({ length: 501 }, (_, n) => hashOf(String(n))) }, 422],
    ['more bytes than 500 hashes have', { hashes: [], padding: 'x'.repeat(70_000) }, 413],
  ])('refuses %s', async (_, body, status) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await ask(feedPaths.keys, { method: 'POST', headers, body: JSON.stringify(body) })
    expect(answer.status).toBe(status)
  })

  it('tells of each policy first what is for keys, then what is for apps, then itself; and of nothing disabled', async () => {
    const { keyId } = await manage('POST', '/keys', { name: 'partner', role: 'viewer' })
    const base = { quota: 10, windowSeconds: 1 }
    await manage('POST', '/limits', { ...base, name: 'daily', per: 'key', cost: { POST: 5 }, mode: 'exact' })
    await manage('POST', '/limits', { ...base, name: 'daily.a-shop', appIds: ['shop'], quota: 20 })
    await manage('POST', '/limits', { ...base, name: 'daily.partner', keyIds: [keyId], windowSeconds: 2 })
    await manage('POST', '/limits', { ...base, name: 'daily.off', appIds: ['other'], isEnabled: false })
    await manage('POST', '/limits', { ...base, name: 'ended', per: 'ip' })
    await manage('POST', '/limits', { ...base, name: 'ended.x', appIds: ['shop'] })
    const { revision } = await manage('PATCH', '/limits/ended', { isEnabled: false })
    const answer = await askLimits({ 'cache-control': 'no-cache' })
    expect(answer.headers.get('etag')).toBe(`"${revision}"`)
    const feed = limitsFeed.parse(await answer.json())
    expect(feed.revision).toBe(revision)
    const daily = { policy: 'daily', per: 'key', routeClass: 'any', cost: { POST: 5 }, mode: 'exact' }
    expect(feed.limits.filter(({ policy }) => policy === 'daily' || policy === 'ended')).toEqual([
      { ...daily, name: 'daily.partner', appIds: null, keyIds: [keyId], quota: 10, windowSeconds: 2 },
      { ...daily, name: 'daily.a-shop', appIds: ['shop'], keyIds: null, quota: 20, windowSeconds: 1 },
      { ...daily, name: 'daily', appIds: null, keyIds: null, quota: 10, windowSeconds: 1 },
    ])
  })

  it('answers 304 until something changes, and tells gateways that it did', async () => {
    const first = await askLimits({ 'cache-control': 'no-cache' })
    const etag = first.headers.get('etag') ?? ''
    const again = await askLimits({ 'if-none-match': etag })
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag])
    noticed.length = 0
    await manage('POST', '/limits', { name: 'short', per: 'ip', quota: 1, windowSeconds: 1 })
    await manage('DELETE', '/limits/short')
    const changed = await askLimits({ 'if-none-match': etag, 'cache-control': 'no-cache' })
    expect(changed.status).toBe(200)
    expect(limitsFeed.parse(await changed.json()).revision).toBeGreaterThan(Number(etag.slice(1, -1)))
    const notice = { topic: 'limits', names: [] }
    expect(noticed).toEqual([notice, notice])
  })

  it('makes the change also where nobody can be told of it', async () => {
    const whole = notify
    notify = async () => {
      throw new Error('the feed is away')
    }
    const made = await manage('POST', '/keys', { name: 'untold', role: 'viewer' })
    notify = whole
    expect(await askKeys(hashOf(String(made.key)))).toMatchObject([{ keyId: made.keyId }])
  })
})
