import { beforeAll, describe, expect, it } from 'vitest'
import type { Program } from '../program.ts'
import { askPostgres, askRedis } from '../stores/ask.ts'
import type { OwnServer } from '../stores/own-server.ts'
import {
  badNetwork,
  campaign,
  createApp,
  expectAll,
  expectInRedis,
  manage,
  ownPostgres,
  ownRedis,
  publish,
  read,
  startNode,
} from './fleet.ts'
import { expectUntroubled, watchReads } from './watch-reads.ts'

const rounds = campaign ? 50 : 3

interface Pair {
  name: string
  open(): Promise<{ postgres: OwnServer; redis?: OwnServer; nodes: [Program, Program]; lose(): unknown }>
}

const pairs: Pair[] = [
  {
    // Another number is another feed and another cache: node two hears nothing of what node one announces.
    name: 'nodes that never hear each other',
    open: async () => {
      const [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()])
      const [one, two] = await Promise.all(
        [1, 2].map((n) => startNode({ DATABASE_URL: postgres.url, REDIS_URL: `${redis.url}/${n}` })),
      )
      return { postgres, nodes: [one, two] as [Program, Program], lose: () => {} }
    },
  },
  {
    name: 'a subscription that Redis ends at the moment of a publish',
    open: async () => {
      const [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()])
      const env = { DATABASE_URL: postgres.url, REDIS_URL: redis.url }
      const nodes = (await Promise.all([startNode(env), startNode(env)])) as [Program, Program]
      return {
        postgres,
        redis,
        nodes,
        lose: () => askRedis(redis.url, [['CLIENT', 'KILL', 'TYPE', 'pubsub']]),
      }
    },
  },
  {
    name: 'a node whose network to Redis is cut',
    open: async () => {
      const [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()])
      const { proxy, url } = await badNetwork(redis)
      const nodes = (await Promise.all(
        [redis.url, url].map((REDIS_URL) => startNode({ DATABASE_URL: postgres.url, REDIS_URL })),
      )) as [Program, Program]
      return { postgres, redis, nodes, lose: () => proxy.cut() }
    },
  },
  {
    name: 'a LISTEN that PostgreSQL ends at the moment of a publish',
    open: async () => {
      const postgres = await ownPostgres()
      const env = { DATABASE_URL: postgres.url }
      const nodes = (await Promise.all([startNode(env), startNode(env)])) as [Program, Program]
      const lose = () =>
        askPostgres(
          postgres.url,
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'parasol changes'`,
        )
      return { postgres, nodes, lose }
    },
  },
]

describe.each(pairs)('$name', ({ open }) => {
  let redis: OwnServer | undefined
  let one: Program
  let two: Program
  let lose: () => unknown

  beforeAll(async () => {
    const opened = await open()
    ;[one, two] = opened.nodes
    redis = opened.redis
    lose = opened.lose
  })

  it('the sweep finds releases whose message was lost', async () => {
    await createApp(one, 'shop')
    await expectAll([one, two], 'shop', await publish(one, 'shop', { n: 0 }))
    const watch = watchReads([one, two], ['shop'])
    for (let n = 1; n <= rounds; n++) {
      const publishing = publish(one, 'shop', { n })
      await lose()
      const revision = await publishing
      await expectAll([one, two], 'shop', revision)
      if (redis) await expectInRedis(redis, 'shop', revision)
    }
    expectUntroubled(await watch.stop())
  })

  it('an app that was read before it existed is seen on every node soon after its first release', async () => {
    for (const node of [one, two]) expect((await read(node, 'news')).status).toBe(404)
    await createApp(one, 'news')
    for (const node of [one, two]) expect((await read(node, 'news')).status).toBe(404)
    const publishing = publish(one, 'news', { n: 1 })
    await lose()
    await expectAll([one, two], 'news', await publishing)
  })

  it('the sweep finds an archived app, and one that comes back', async () => {
    await expectAll([one, two], 'news', (await read(one, 'news')).revision)
    const archiving = manage(one, 'DELETE', '/apps/news')
    await lose()
    expect((await archiving).status).toBe(200)
    await expectStatus(two, 410)
    const restoring = manage(one, 'PATCH', '/apps/news', { body: { archived: false } })
    await lose()
    expect((await restoring).status).toBe(200)
    await expectStatus(two, 200)
  })
})

const expectStatus = (node: Program, status: number): Promise<void> =>
  expect.poll(async () => (await read(node, 'news')).status, { timeout: 30_000 }).toBe(status)

it('a Redis that is full keeps no news from the other nodes, and is repaired when it has room', async () => {
  const [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()])
  // Without a sweep the message alone can tell.
  const env = { DATABASE_URL: postgres.url, REDIS_URL: redis.url, PARASOL_SWEEP_SECONDS: '3600' }
  const nodes = (await Promise.all([startNode(env), startNode(env)])) as [Program, Program]
  await createApp(nodes[0], 'shop')
  await expectAll(nodes, 'shop', await publish(nodes[0], 'shop', { n: 0 }))
  await askRedis(redis.url, [['CONFIG', 'SET', 'maxmemory', '1']])
  const revision = await publish(nodes[0], 'shop', { n: 1 })
  await expectAll(nodes, 'shop', revision)
  await askRedis(redis.url, [['CONFIG', 'SET', 'maxmemory', '0']])
  await expectInRedis(redis, 'shop', revision)
})
