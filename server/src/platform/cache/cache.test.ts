import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startRedisCluster } from '../../../../tests/stores/own-redis-cluster.ts'
import { freshRedis } from '../../../../tests/stores/redis.ts'
import { connectRedis } from '../redis/connect-redis.ts'
import type { Cache } from './cache.ts'
import { memoryCache } from './cache-memory.ts'
import { redisCache } from './cache-redis.ts'

/** Two handles of one cache, as two nodes have them. */
interface Pair {
  nodes: [Cache, Cache]
  end(): Promise<void>
}

const overRedis = async (url: string, release: () => Promise<void>): Promise<Pair> => {
  const redises = [1, 2].map(() => connectRedis({ url, timeoutMs: 20_000, onState: () => {} }))
  const [one, two] = redises.map((redis) => redisCache(redis, () => {}))
  if (one === undefined || two === undefined) throw new Error('two were opened')
  for (const cache of [one, two]) await vi.waitFor(() => cache.ping(), { timeout: 15_000 })
  return {
    nodes: [one, two],
    end: async () => {
      for (const redis of redises) await redis.close()
      await release()
    },
  }
}

const implementations: [string, () => Promise<Pair>][] = [
  [
    'memory',
    async () => {
      const cache = memoryCache({ maxBytes: 50_000_000 })
      return { nodes: [cache, cache], end: () => cache.close() }
    },
  ],
  [
    'Redis',
    async () => {
      const database = await freshRedis()
      return overRedis(database.url, database.release)
    },
  ],
  [
    'a Redis Cluster',
    async () => {
      const cluster = await startRedisCluster()
      return overRedis(cluster.url, cluster.remove)
    },
  ],
]

const entry = (sequence: number, data: unknown = {}) => ({
  sequence,
  value: JSON.stringify({ sequence, data }),
})
const freshKey = () => `config:app-${randomUUID()}`

describe.each(implementations)('the cache in %s', (_name, open) => {
  let pair: Pair
  let cache: Cache
  let other: Cache
  beforeAll(async () => {
    pair = await open()
    ;[cache, other] = pair.nodes
  })
  afterAll(() => pair.end())

  test('reads null where nothing was written', async () => {
    expect(await cache.read(freshKey())).toBeNull()
    expect(await cache.readAny(freshKey())).toBeNull()
  })

  test('gives every node what one of them wrote, character by character', async () => {
    const key = freshKey()
    const written = entry(41, { title: 'Übergröße 🦜 "quoted"\u0000', list: [1, 2.5, null], epoch: 'mine' })
    expect(await cache.writeNewer(key, written, 60)).toBe(true)
    expect(await other.read(key)).toEqual(written)
    expect(await other.readAny(key)).toEqual(written)
  })

  test('takes a document of a megabyte, and one without anything but the sequence', async () => {
    const [large, small] = [freshKey(), freshKey()]
    const written = entry(1, 'x'.repeat(1_000_000))
    expect(await cache.writeNewer(large, written, 60)).toBe(true)
    expect(await other.read(large)).toEqual(written)
    const bare = { sequence: 0, value: '{"sequence":0}' }
    expect(await cache.writeNewer(small, bare, 60)).toBe(true)
    expect(await other.read(small)).toEqual(bare)
  })

  test('replaces an older entry, and neither an equal one nor a newer one', async () => {
    const key = freshKey()
    expect(await cache.writeNewer(key, entry(9, 'nine'), 60)).toBe(true)
    expect(await other.writeNewer(key, entry(10, 'ten'), 60)).toBe(true)
    expect(await cache.writeNewer(key, entry(10, 'another ten'), 60)).toBe(false)
    expect(await cache.writeNewer(key, entry(9, 'nine'), 60)).toBe(false)
    expect(await cache.read(key)).toEqual(entry(10, 'ten'))
  })

  test('compares numbers up to the largest safe one', async () => {
    const key = freshKey()
    const top = Number.MAX_SAFE_INTEGER
    expect(await cache.writeNewer(key, entry(top - 1), 60)).toBe(true)
    expect(await cache.writeNewer(key, entry(top), 60)).toBe(true)
    expect(await cache.writeNewer(key, entry(top - 1), 60)).toBe(false)
    expect(await cache.read(key)).toEqual(entry(top))
  })

  test('keeps the highest sequence, in whatever order and at the same time it is written', async () => {
    const writes = fc.array(
      fc.record({ sequence: fc.nat({ max: 20 }), node: fc.nat({ max: 1 }), together: fc.boolean() }),
      { minLength: 1, maxLength: 20 },
    )
    await fc.assert(
      fc.asyncProperty(writes, async (all) => {
        const key = freshKey()
        const pending: Promise<boolean>[] = []
        for (const { sequence, node, together } of all) {
          pending.push((node === 0 ? cache : other).writeNewer(key, entry(sequence), 60))
          if (!together) await Promise.all(pending)
        }
        await Promise.all(pending)
        expect(await cache.read(key)).toEqual(entry(Math.max(...all.map((write) => write.sequence))))
      }),
      { numRuns: 60 },
    )
  })

  test('forgets an entry when its time is over', async () => {
    const key = freshKey()
    // On a machine that stands still for a second meanwhile its time is over.
    const until = performance.now() + 1_000
    expect(await cache.writeNewer(key, entry(5), 1)).toBe(true)
    const found = await cache.read(key)
    if (performance.now() < until) expect(found).toEqual(entry(5))
    await vi.waitFor(async () => expect(await cache.read(key)).toBeNull(), { timeout: 10_000 })
    expect(await cache.writeNewer(key, entry(1), 60)).toBe(true)
  })

  test('forgets what is removed', async () => {
    const key = freshKey()
    await cache.writeNewer(key, entry(5), 60)
    await other.remove(key)
    await other.remove(key)
    expect(await cache.read(key)).toBeNull()
  })

  test('refuses a value that does not begin with its sequence', async () => {
    const wrong = { sequence: 3, value: '{"data":{},"sequence":3}' }
    await expect(cache.writeNewer(freshKey(), wrong, 60)).rejects.toThrow(TypeError)
  })

  test('answers a ping', async () => {
    await cache.ping()
  })
})

describe('the cache in memory', () => {
  test('stays within its bytes, and what was used last stays', async () => {
    const cache = memoryCache({ maxBytes: 100_000 })
    for (let key = 0; key < 1000; key++) {
      expect(await cache.writeNewer(`config:${key}`, entry(1, 'x'.repeat(1000)), 60)).toBe(true)
      await cache.read('config:0')
    }
    const kept = await Promise.all(Array.from({ length: 1000 }, (_, key) => cache.read(`config:${key}`)))
    expect(kept[0]).not.toBeNull()
    const characters = kept.reduce((sum, found) => sum + (found?.value.length ?? 0), 0)
    expect(characters).toBeGreaterThan(20_000)
    expect(characters).toBeLessThan(50_000)
  })

  test('does not take an entry larger than itself', async () => {
    const cache = memoryCache({ maxBytes: 1000 })
    expect(await cache.writeNewer('config:shop', entry(1, 'x'.repeat(1000)), 60)).toBe(false)
    expect(await cache.read('config:shop')).toBeNull()
  })
})
