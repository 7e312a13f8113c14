import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { startPostgres } from '../../../../tests/stores/own-postgres.ts'
import { startRedis } from '../../../../tests/stores/own-redis.ts'
import { startRedisCluster } from '../../../../tests/stores/own-redis-cluster.ts'
import type { OwnServer } from '../../../../tests/stores/own-server.ts'
import { startProxy } from '../../../../tests/stores/proxy.ts'
import { connectRedis } from '../redis/connect-redis.ts'
import type { Change, Changes } from './changes.ts'
import { postgresChanges } from './changes-postgres.ts'
import { redisChanges } from './changes-redis.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

type Open = (url: string, timeoutMs?: number) => Changes
/** For losses that sockets show: within the usual time of these tests a store that is only busy is lost too. */
const patientMs = 15_000

const overRedis: Open = (url, timeoutMs = 300) => {
  const redis = connectRedis({ url, timeoutMs, onState: () => {} })
  const changes = redisChanges(redis, { onError: () => {} })
  ends.push(() => redis.close())
  ends.push(() => changes.close())
  return changes
}

const overPostgres: Open = (url, timeoutMs = 300) => {
  const pool = new Pool({ connectionString: url, max: 2, connectionTimeoutMillis: 1000 })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const kysely = new Kysely<Record<string, never>>({ dialect: new PostgresDialect({ pool }) })
  const changes = postgresChanges({ url, kysely, timeoutMs, checkEveryMs: 300, onError: () => {} })
  ends.push(() => kysely.destroy())
  ends.push(() => changes.close())
  return changes
}

const stores: [string, () => Promise<OwnServer>, Open][] = [
  ['Redis', startRedis, overRedis],
  ['PostgreSQL', startPostgres, overPostgres],
]

let sequence = 0
const listen = (changes: Changes) => {
  const record = { heard: [] as Change[], resumed: 0, lost: 0 }
  changes.subscribe({
    changed: (change) => record.heard.push(change),
    resumed: () => {
      record.resumed++
    },
    lost: () => {
      record.lost++
    },
  })
  return record
}
type Heard = ReturnType<typeof listen>

/** Announces until it is heard: the proof that the feed works again. */
const works = (changes: Changes, { heard }: Heard) =>
  vi.waitFor(
    async () => {
      const change = { appId: 'shop', channel: 'stable', sequence: ++sequence }
      await changes.announce([change])
      await vi.waitFor(() => expect(heard).toContainEqual(change), { timeout: 500, interval: 10 })
    },
    { timeout: 25_000, interval: 100 },
  )

const refuses = (changes: Changes) =>
  expect(changes.announce([{ appId: 'shop', channel: 'stable', sequence: 1 }])).rejects.toThrow()

describe.each(stores)('the feed over %s', (_name, start, open) => {
  const own = async () => {
    const server = await start()
    ends.push(() => server.remove())
    return server
  }
  const behindProxy = async () => {
    const server = await own()
    const proxy = await startProxy(server.port)
    ends.push(() => proxy.close())
    return { proxy, url: server.url.replace(`:${server.port}`, `:${proxy.port}`) }
  }

  test('begins when the store comes, and says that it stands', async () => {
    const server = await own()
    await server.stop()
    const changes = open(server.url, patientMs)
    const heard = listen(changes)
    await refuses(changes)
    await server.start()
    await works(changes, heard)
    expect(heard.resumed).toBe(1)
  })

  test('refuses while the store is killed, and says when it stands again', async () => {
    const server = await own()
    const changes = open(server.url, patientMs)
    const heard = listen(changes)
    await works(changes, heard)
    const before = heard.resumed
    expect(heard.lost).toBe(0)
    await server.kill()
    await refuses(changes)
    await vi.waitFor(() => expect(heard.lost).toBe(1), { timeout: 20_000 })
    await server.start()
    await works(changes, heard)
    expect(heard).toMatchObject({ resumed: before + 1, lost: 1 })
  })

  test('gives up in time while the store answers nothing, and works again afterwards', async () => {
    const server = await own()
    const changes = open(server.url)
    const heard = listen(changes)
    await works(changes, heard)
    server.pause()
    ends.push(() => server.resume())
    await refuses(changes)
    await refuses(changes)
    server.resume()
    await works(changes, heard)
  })

  test('finds out that its connection died without a word', async () => {
    const { proxy, url } = await behindProxy()
    const changes = open(url)
    const heard = listen(changes)
    await works(changes, heard)
    const { resumed, lost } = heard
    proxy.stall()
    // Nobody asks anything: the connection itself must find out.
    await vi.waitFor(() => expect(heard.lost).toBeGreaterThan(lost), { timeout: 20_000 })
    proxy.heal()
    await works(changes, heard)
    expect(heard.resumed).toBeGreaterThan(resumed)
  })

  test('comes back after its connection was reset', async () => {
    const { proxy, url } = await behindProxy()
    const changes = open(url)
    const heard = listen(changes)
    await works(changes, heard)
    const before = heard.resumed
    proxy.cut()
    await refuses(changes)
    proxy.heal()
    await works(changes, heard)
    expect(heard.resumed).toBeGreaterThan(before)
  })

  test('may be closed while the store is away or answers nothing', async () => {
    const server = await own()
    const changes = open(server.url)
    await works(changes, listen(changes))
    server.pause()
    ends.push(() => server.resume())
    await changes.close()
  })
})

test('the feed over a Redis Cluster goes on when the node it listens to dies', async () => {
  const cluster = await startRedisCluster({ replica: true })
  ends.push(() => cluster.remove())
  const changes = overRedis(cluster.url)
  const heard = listen(changes)
  await works(changes, heard)
  // The first seed is the first that a subscription asks.
  await cluster.masters[0]?.kill()
  await works(changes, heard)
  expect(heard.resumed).toBeGreaterThan(1)
})
