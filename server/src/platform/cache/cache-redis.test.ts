import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { askRedis } from '../../../../tests/stores/ask.ts'
import { startRedis } from '../../../../tests/stores/own-redis.ts'
import { startRedisCluster } from '../../../../tests/stores/own-redis-cluster.ts'
import type { OwnServer } from '../../../../tests/stores/own-server.ts'
import { connectRedis } from '../redis/connect-redis.ts'
import { keySlot } from '../redis/key-slot.ts'
import type { Cache } from './cache.ts'
import { redisCache } from './cache-redis.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const own = async (args: string[] = [], dir?: string): Promise<OwnServer> => {
  const server = await startRedis({ args, ...(dir !== undefined && { dir }) })
  ends.push(() => server.remove())
  return server
}
const open = async (url: string, corrupt: string[] = []) => {
  const redis = connectRedis({ url, timeoutMs: 3_000, onState: () => {} })
  ends.push(() => redis.close())
  const cache = redisCache(redis, (key, reason) => corrupt.push(`${key}: ${reason}`))
  await answers(cache)
  return cache
}
const answers = (cache: Cache) => vi.waitFor(() => cache.ping(), { timeout: 20_000, interval: 20 })
const entry = (sequence: number, data: unknown = {}) => ({
  sequence,
  value: JSON.stringify({ sequence, data }),
})
const refused = async (cache: Cache) => {
  const unavailable = { name: 'CacheUnavailable' }
  await expect(cache.read('config:shop')).rejects.toMatchObject(unavailable)
  await expect(cache.readAny('config:shop')).rejects.toMatchObject(unavailable)
  await expect(cache.writeNewer('config:shop', entry(9), 60)).rejects.toMatchObject(unavailable)
  await expect(cache.remove('config:shop')).rejects.toMatchObject(unavailable)
  await expect(cache.ping()).rejects.toMatchObject(unavailable)
}

test('an operator reads an entry, its sequence, its server and its time to live with redis-cli', async () => {
  const server = await own()
  const cache = await open(server.url)
  await cache.writeNewer('config:shop', entry(12, { title: 'Shop' }), 3600)
  const [text, ttl, info] = await askRedis(server.url, [
    ['GET', 'config:shop'],
    ['TTL', 'config:shop'],
    ['INFO', 'server'],
  ])
  const epoch = /run_id:(\w+)/.exec(String(info))?.[1]
  expect(text).toBe(`{"sequence":12,"epoch":"${epoch}","data":{"title":"Shop"}}`)
  expect(Number(ttl)).toBeGreaterThan(3500)
})

describe('what another hand wrote', () => {
  test.each([
    ['text', ['SET', 'config:shop', 'hello']],
    ['JSON of another kind', ['SET', 'config:shop', '{"a":1}']],
    ['an entry cut in half', ['SET', 'config:shop', '{"sequence":99,"epoch":"abc","da']],
    ['a sequence beyond all numbers', ['SET', 'config:shop', '{"sequence":9007199254740993,"epoch":"abc"}']],
    ['a hash', ['HSET', 'config:shop', 'a', '1']],
    ['binary', ['SET', 'config:shop', '\u0000\u0001']],
  ])('%s, counts as absent, is reported and is replaced', async (_what, command) => {
    const server = await own()
    const corrupt: string[] = []
    const cache = await open(server.url, corrupt)
    await askRedis(server.url, [command])
    expect(await cache.read('config:shop')).toBeNull()
    expect(await cache.readAny('config:shop')).toBeNull()
    expect(corrupt).toHaveLength(2)
    expect(corrupt[0]).toMatch(/^config:shop: it /)
    expect(await cache.writeNewer('config:shop', entry(3), 60)).toBe(true)
    expect(await cache.read('config:shop')).toEqual(entry(3))
  })
})

describe('Redis that goes away', () => {
  test('and comes back empty is refused meanwhile and filled again', async () => {
    const server = await own(['--appendonly', 'no'])
    const cache = await open(server.url)
    await cache.writeNewer('config:shop', entry(7), 60)
    await server.kill()
    await refused(cache)
    await server.start()
    await answers(cache)
    expect(await cache.read('config:shop')).toBeNull()
    expect(await cache.writeNewer('config:shop', entry(7), 60)).toBe(true)
    expect(await cache.read('config:shop')).toEqual(entry(7))
  })

  test('and comes back with what it had is trusted again once the same is written', async () => {
    const server = await own()
    const cache = await open(server.url)
    await cache.writeNewer('config:shop', entry(7), 60)
    await server.kill()
    await server.start()
    await answers(cache)
    expect(await cache.read('config:shop')).toBeNull()
    expect(await cache.readAny('config:shop')).toEqual(entry(7))
    // Nobody who is behind may take it back.
    expect(await cache.writeNewer('config:shop', entry(6), 60)).toBe(false)
    expect(await cache.writeNewer('config:shop', entry(7), 60)).toBe(true)
    expect(await cache.writeNewer('config:shop', entry(7), 60)).toBe(false)
    expect(await cache.read('config:shop')).toEqual(entry(7))
  })

  test('and comes back from an old dump is not trusted, yet read when asked for anything, and repaired', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'parasol-test-dump-'))
    ends.push(() => rmSync(dir, { recursive: true, force: true }))
    const server = await own(['--appendonly', 'no'], dir)
    const cache = await open(server.url)
    await cache.writeNewer('config:shop', entry(1, 'old'), 3600)
    await askRedis(server.url, [['SAVE']])
    copyFileSync(join(dir, 'dump.rdb'), join(dir, 'old.rdb'))
    await cache.writeNewer('config:shop', entry(2, 'new'), 3600)
    await askRedis(server.url, [['SAVE']])
    await server.kill()
    copyFileSync(join(dir, 'old.rdb'), join(dir, 'dump.rdb'))
    await server.start()
    await answers(cache)
    expect(await cache.read('config:shop')).toBeNull()
    expect(await cache.readAny('config:shop')).toEqual(entry(1, 'old'))
    expect(await cache.writeNewer('config:shop', entry(2, 'new'), 3600)).toBe(true)
    expect(await cache.read('config:shop')).toEqual(entry(2, 'new'))
  })

  test('without a word is refused in time and used again when it answers', async () => {
    const server = await own()
    const cache = await open(server.url)
    await cache.writeNewer('config:shop', entry(7), 60)
    server.pause()
    ends.push(() => server.resume())
    await refused(cache)
    server.resume()
    await answers(cache)
    expect(await cache.read('config:shop')).toEqual(entry(7))
  })

  test('or is full refuses to write, not to read', async () => {
    const server = await own()
    const cache = await open(server.url)
    await cache.writeNewer('config:shop', entry(7), 60)
    await askRedis(server.url, [
      ['CONFIG', 'SET', 'maxmemory-policy', 'noeviction'],
      ['CONFIG', 'SET', 'maxmemory', '1'],
    ])
    await expect(cache.writeNewer('config:shop', entry(8), 60)).rejects.toMatchObject({
      name: 'CacheUnavailable',
    })
    expect(await cache.read('config:shop')).toEqual(entry(7))
  })
})

describe('a Redis Cluster', () => {
  /** A key of the first master, and one of another. */
  const keyIn = (first: boolean) => {
    for (let n = 0; ; n++) if (keySlot(`config:app-${n}`) <= 5460 === first) return `config:app-${n}`
  }

  test('goes on without a node that answers nothing, as far as it can', async () => {
    const cluster = await startRedisCluster()
    ends.push(() => cluster.remove())
    const cache = await open(cluster.url)
    await askRedis(cluster.masters[1]?.url ?? '', [['CONFIG', 'SET', 'cluster-require-full-coverage', 'no']])
    await askRedis(cluster.masters[2]?.url ?? '', [['CONFIG', 'SET', 'cluster-require-full-coverage', 'no']])
    await cache.writeNewer(keyIn(true), entry(1), 60)
    await cache.writeNewer(keyIn(false), entry(1), 60)
    cluster.masters[0]?.pause()
    ends.push(() => cluster.masters[0]?.resume())
    await expect(cache.read(keyIn(true))).rejects.toMatchObject({ name: 'CacheUnavailable' })
    expect(await cache.read(keyIn(false))).toEqual(entry(1))
    cluster.masters[0]?.resume()
    await answers(cache)
    await vi.waitFor(async () => expect(await cache.read(keyIn(true))).toEqual(entry(1)), { timeout: 15_000 })
  })

  test('trusts nothing that a replica brings along when it takes over, until it is written again', async () => {
    const cluster = await startRedisCluster({ replica: true })
    ends.push(() => cluster.remove())
    const cache = await open(cluster.url)
    const key = keyIn(true)
    await cache.writeNewer(key, entry(4), 60)
    await cache.writeNewer(keyIn(false), entry(4), 60)
    await askRedis(cluster.masters[0]?.url ?? '', [['WAIT', '1', '5000']], 6000)
    await cluster.masters[0]?.kill()
    await vi.waitFor(async () => expect(await cache.readAny(key)).toEqual(entry(4)), { timeout: 30_000 })
    expect(await cache.read(key)).toBeNull()
    await vi.waitFor(async () => expect(await cache.writeNewer(key, entry(4), 60)).toBe(true), {
      timeout: 15_000,
    })
    expect(await cache.read(key)).toEqual(entry(4))
    expect(await cache.read(keyIn(false))).toEqual(entry(4))
  })

  test('is found although a node of its list is away at the start', async () => {
    const cluster = await startRedisCluster({ replica: true })
    ends.push(() => cluster.remove())
    await cluster.masters[0]?.kill()
    const cache = await open(cluster.url)
    expect(await cache.writeNewer(keyIn(true), entry(1), 60)).toBe(true)
  })
})
