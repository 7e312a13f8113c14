import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { askRedis } from '../../../../tests/stores/ask.ts'
import { freshDatabase } from '../../../../tests/stores/database.ts'
import { startRedisCluster } from '../../../../tests/stores/own-redis-cluster.ts'
import { freshRedis } from '../../../../tests/stores/redis.ts'
import { connectRedis } from '../redis/connect-redis.ts'
import type { Change, Changes, Notice } from './changes.ts'
import { memoryChanges } from './changes-memory.ts'
import { postgresChanges } from './changes-postgres.ts'
import { redisChanges } from './changes-redis.ts'

/** The feed as two nodes have it; `errors` is what they logged. */
interface Pair {
  nodes: Changes[]
  errors: unknown[]
  /** puts a raw message on the feed's channel, as another program could */
  inject?(message: string): Promise<unknown>
  end(): Promise<void>
}

const overRedis = async (url: string, release: () => Promise<void>): Promise<Pair> => {
  const errors: unknown[] = []
  const onError = (error: unknown) => errors.push(error)
  const redises = [1, 2].map(() => connectRedis({ url, timeoutMs: 20_000, onState: () => {} }))
  const nodes = redises.map((redis) => redisChanges(redis, { onError }))
  const [first = ''] = url.split(',')
  return {
    nodes,
    errors,
    inject: (message) => askRedis(first, [['PUBLISH', `parasol:changes:${redises[0]?.database}`, message]]),
    end: async () => {
      for (const node of nodes) await node.close()
      for (const redis of redises) await redis.close()
      await release()
    },
  }
}

const overPostgres = async (): Promise<Pair> => {
  const database = await freshDatabase()
  const kysely = new Kysely<Record<string, never>>({
    dialect: new PostgresDialect({ pool: new Pool({ connectionString: database.url, max: 2 }) }),
  })
  const errors: unknown[] = []
  const onError = (error: unknown) => errors.push(error)
  const nodes = [1, 2].map(() => postgresChanges({ url: database.url, kysely, timeoutMs: 20_000, onError }))
  return {
    nodes,
    errors,
    inject: (message) => sql`select pg_notify('parasol_changes', ${message})`.execute(kysely),
    end: async () => {
      for (const node of nodes) await node.close()
      await kysely.destroy()
      await database.drop()
    },
  }
}

const implementations: [string, () => Promise<Pair>][] = [
  [
    'one process',
    async () => {
      const errors: unknown[] = []
      const changes = memoryChanges({ onError: (error) => errors.push(error) })
      return { nodes: [changes, changes], errors, end: () => changes.close() }
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
  ['PostgreSQL', overPostgres],
]

let sequence = 0
const change = (appId: string): Change => ({ appId, channel: 'stable', sequence: ++sequence })

/** A listener that remembers. */
const listen = (changes: Changes) => {
  const heard: Change[] = []
  const stop = changes.subscribe({ changed: (one) => heard.push(one), resumed: () => {} })
  return { heard, stop }
}

/** Opens the feed on two nodes, and waits until both hear: the connections are made in the background. */
const openTwo = async (open: () => Promise<Pair>) => {
  const pair = await open()
  const [one, two] = pair.nodes
  if (one === undefined || two === undefined) throw new Error('two were opened')
  const listeners = [one, two].map(listen)
  await vi.waitFor(
    async () => {
      await one.announce([change('hello')])
      for (const { heard } of listeners) expect(heard).not.toEqual([])
    },
    { timeout: 20_000, interval: 100 },
  )
  for (const { stop } of listeners) stop()
  return { pair, one, two }
}

describe.each(implementations)('the feed of %s', (_name, open) => {
  let pair: Pair
  let one: Changes
  let two: Changes
  beforeAll(async () => {
    ;({ pair, one, two } = await openTwo(open))
  })
  afterAll(() => pair.end())

  test('tells every node, the announcing one too', async () => {
    const listeners = [one, two].map(listen)
    const told = change('shop')
    await one.announce([told])
    for (const { heard } of listeners) await eventually(() => expect(heard).toContainEqual(told))
    for (const { stop } of listeners) stop()
  })

  test('takes thousands of changes at once, with the longest names', async () => {
    const { heard, stop } = listen(two)
    const many = Array.from({ length: 5000 }, (_, n) => change(`app.${n}.${'x'.repeat(n % 110)}`))
    await one.announce(many)
    await eventually(() => expect(heard.length).toBeGreaterThanOrEqual(many.length))
    expect(heard.slice(-many.length)).toEqual(many)
    stop()
  })

  test('tells every node of keys, limits and tags too', async () => {
    const heard: [number, Notice][] = []
    const stops = [one, two].map((changes, node) =>
      changes.subscribe({
        changed: () => {},
        noticed: (notice) => heard.push([node, notice]),
        resumed: () => {},
      }),
    )
    const notice: Notice = { topic: 'keys', names: ['k3v9x2m4p7q1'] }
    await one.notify(notice)
    await eventually(() => expect(heard.map(([node]) => node).sort()).toEqual([0, 1]))
    expect(heard.map(([, told]) => told)).toEqual([notice, notice])
    for (const stop of stops) stop()
  })

  test('takes no change at all', async () => {
    await one.announce([])
  })

  test('tells nothing more after the subscription ended', async () => {
    const [gone, there] = [listen(two), listen(two)]
    gone.stop()
    gone.stop()
    const told = change('shop')
    await one.announce([told])
    await eventually(() => expect(there.heard).toContainEqual(told))
    expect(gone.heard).toEqual([])
    there.stop()
  })

  test('goes on when a listener throws, and reports it', async () => {
    const broken = two.subscribe({
      changed: () => {
        throw new Error('a broken listener')
      },
      resumed: () => {},
    })
    const { heard, stop } = listen(two)
    const [first, second] = [change('shop'), change('news')]
    await one.announce([first])
    await one.announce([second])
    await eventually(() => expect(heard).toContainEqual(second))
    expect(heard).toContainEqual(first)
    expect(pair.errors.map(String)).toContain('Error: a broken listener')
    broken()
    stop()
  })
})

describe.each(implementations.slice(1))('the feed of %s', (_name, open) => {
  test('ignores what is malformed, and reports it', async () => {
    const { pair, one, two } = await openTwo(open)
    const listeners = [listen(one), listen(two)]
    for (const message of ['hello', '', '{"appId":"shop"}', '[[]]']) await pair.inject?.(message)
    const told = change('shop')
    await one.announce([told])
    for (const { heard } of listeners) await eventually(() => expect(heard).toContainEqual(told))
    for (const { heard } of listeners) {
      expect(heard.filter(({ appId }) => appId !== 'hello')).toEqual([told])
    }
    const malformed = () => pair.errors.map(String).filter((line) => line.includes('malformed'))
    await eventually(() => expect(malformed()).toHaveLength(8))
    await pair.end()
  })
})

test('feeds of different logical databases of one Redis do not mix', async () => {
  const databases = [await freshRedis(), await freshRedis()]
  const redises = databases.map(({ url }) => connectRedis({ url, timeoutMs: 20_000, onState: () => {} }))
  const [one, two] = redises.map((redis) => redisChanges(redis, { onError: () => {} }))
  if (one === undefined || two === undefined) throw new Error('two were opened')
  const [here, there] = [listen(one), listen(two)]
  await vi.waitFor(
    async () => {
      await one.announce([change('here')])
      await two.announce([change('there')])
      expect(here.heard).not.toEqual([])
      expect(there.heard).not.toEqual([])
    },
    { timeout: 20_000, interval: 100 },
  )
  expect(here.heard.every(({ appId }) => appId === 'here')).toBe(true)
  expect(there.heard.every(({ appId }) => appId === 'there')).toBe(true)
  for (const end of [one, two, ...redises]) await end.close()
  for (const { release } of databases) await release()
})
