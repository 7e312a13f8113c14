import { afterEach, describe, expect, test, vi } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { askRedis } from '../../../../tests/stores/ask.ts'
import { startRedis } from '../../../../tests/stores/own-redis.ts'
import type { OwnServer } from '../../../../tests/stores/own-server.ts'
import { startProxy } from '../../../../tests/stores/proxy.ts'
import { connectRedis, type Redis, type RedisEvent } from './connect-redis.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const own = async (): Promise<OwnServer> => {
  const server = await startRedis()
  ends.push(() => server.remove())
  return server
}
const open = (url: string, events: RedisEvent[] = [], timeoutMs = 15_000): Redis => {
  const redis = connectRedis({ url, timeoutMs, onState: (event) => events.push(event) })
  ends.push(() => redis.close())
  return redis
}
const connected = (redis: Redis) => vi.waitFor(() => redis.ping(), { timeout: 15_000, interval: 20 })
const get = (redis: Redis) => redis.run('key', (commands) => commands.get('key'))
const runIdOf = async (server: OwnServer) =>
  /run_id:(\w+)/.exec(String((await askRedis(server.url, [['INFO', 'server']]))[0]))?.[1]

describe('a Redis that is away', () => {
  test('does not hold up the start, fails commands at once and is there when it comes', async () => {
    const server = await own()
    await server.stop()
    const events: RedisEvent[] = []
    const redis = open(server.url, events)
    await expect(get(redis)).rejects.toThrow('Redis is not connected')
    await expect(redis.ping()).rejects.toMatchObject({ name: 'RedisUnavailable' })
    expect(redis.epoch()).toBeUndefined()
    await eventually(() => expect(events).toMatchObject([{ state: 'lost' }]))
    await server.start()
    await connected(redis)
    expect(await get(redis)).toBeNull()
    expect(redis.epoch()).toBe(await runIdOf(server))
    expect(events.map(({ state }) => state)).toEqual(['lost', 'connected'])
  })

  test('is told of once, by host and port alone', async () => {
    const server = await own()
    await server.stop()
    const events: RedisEvent[] = []
    open(`redis://:hunter2@127.0.0.1:${server.port}`, events)
    await eventually(() => expect(events).not.toEqual([]))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(events).toMatchObject([{ state: 'lost', server: `127.0.0.1:${server.port}` }])
    expect(JSON.stringify(events)).not.toContain('hunter2')
  })

  test('may be closed before it ever came', async () => {
    const server = await own()
    await server.stop()
    await open(server.url).close()
    await open(`${server.url},${server.url}`).close()
  })
})

test('a password, a user and a database of the URL are used', async () => {
  // The harness asks a server whether it is there, so that its password comes afterwards.
  const plain = await own()
  await askRedis(plain.url, [
    ['ACL', 'SETUSER', 'ops', 'on', '>p@ss', '~*', '&*', '+@all'],
    ['CONFIG', 'SET', 'requirepass', 'pass word'],
  ])
  const first = open(`redis://ops:p%40ss@127.0.0.1:${plain.port}/5`)
  const second = open(`redis://:pass%20word@127.0.0.1:${plain.port}/5`)
  await connected(first)
  await connected(second)
  await first.run('key', (commands) => commands.set('key', 'five'))
  expect(await get(second)).toBe('five')
  expect(second.database).toBe(5)
})

describe('the epoch', () => {
  test('is unknown from the loss of the connection until the new server is known', async () => {
    const server = await own()
    const redis = open(server.url)
    await connected(redis)
    const before = redis.epoch()
    await server.kill()
    await eventually(() => expect(redis.epoch()).toBeUndefined())
    await server.start()
    await connected(redis)
    expect(redis.epoch()).toBe(await runIdOf(server))
    expect(redis.epoch()).not.toBe(before)
  })

  test('stays when only the connection was lost', async () => {
    const server = await own()
    const proxy = await startProxy(server.port)
    ends.push(() => proxy.close())
    const redis = open(`redis://127.0.0.1:${proxy.port}`)
    await connected(redis)
    const before = redis.epoch()
    proxy.cut()
    await eventually(() => expect(redis.epoch()).toBeUndefined())
    proxy.heal()
    await connected(redis)
    expect(redis.epoch()).toBe(before)
  })
})

describe('a Redis that answers nothing', () => {
  /** Longer than a Redis that is only busy takes for what is asked before and afterwards. */
  const timeoutMs = 1_000

  test('ends each command in time, is sent no more of them, and is used again when it answers', async () => {
    const server = await own()
    const events: RedisEvent[] = []
    const redis = open(server.url, events, timeoutMs)
    await connected(redis)
    server.pause()
    ends.push(async () => server.resume())
    await expect(get(redis)).rejects.toThrow('took longer than 1000 ms')
    await Promise.all(
      Array.from({ length: 1000 }, () => expect(get(redis)).rejects.toThrow(/owes answers|not connected/)),
    )
    server.resume()
    await connected(redis)
    expect(await get(redis)).toBeNull()
    const [stats] = await askRedis(server.url, [['INFO', 'commandstats']])
    expect(String(stats)).toContain('cmdstat_get:calls=2,')
    expect(events.map(({ state }) => state).slice(0, 2)).toEqual(['connected', 'stalled'])
  })

  test('loses its connection after a while, with all that waited on it', async () => {
    const server = await own()
    const events: RedisEvent[] = []
    const redis = open(server.url, events, timeoutMs)
    await connected(redis)
    server.pause()
    ends.push(async () => server.resume())
    // Nobody asks anything: the client's own pings find out.
    await vi.waitFor(() => expect(events.at(-1)?.state).toBe('lost'), { timeout: 15_000 })
    expect(redis.epoch()).toBeUndefined()
    server.resume()
    await connected(redis)
  })

  test('behind a network that swallows everything is given up and found again', async () => {
    const server = await own()
    const proxy = await startProxy(server.port)
    ends.push(() => proxy.close())
    const redis = open(`redis://127.0.0.1:${proxy.port}`, [], timeoutMs)
    await connected(redis)
    proxy.stall()
    await expect(get(redis)).rejects.toMatchObject({ name: 'RedisUnavailable' })
    await vi.waitFor(() => expect(redis.epoch()).toBeUndefined(), { timeout: 15_000 })
    proxy.heal()
    await connected(redis)
    expect(await get(redis)).toBeNull()
  })
})

test('a server that became a replica is left for whatever its name leads to now', async () => {
  const old = await own()
  const fresh = await own()
  const redis = open(old.url)
  await connected(redis)
  const set = () => redis.run('key', (commands) => commands.set('key', 'value'))
  await askRedis(old.url, [['REPLICAOF', '127.0.0.1', String(fresh.port)]])
  await expect(set()).rejects.toThrow('READONLY')
  await eventually(() => expect(redis.epoch()).toBeUndefined())
  await askRedis(old.url, [['REPLICAOF', 'NO', 'ONE']])
  await connected(redis)
  await set()
})

test('a command that Redis refuses says so in its cause', async () => {
  const redis = open((await own()).url)
  await connected(redis)
  await expect(redis.run('key', (commands) => commands.eval('nonsense'))).rejects.toMatchObject({
    name: 'RedisUnavailable',
    cause: expect.objectContaining({ message: expect.stringContaining('ERR') }),
  })
})
