import { beforeAll, describe, expect, it } from 'vitest'
import type { Program } from '../program.ts'
import { askRedis } from '../stores/ask.ts'
import type { OwnServer } from '../stores/own-server.ts'
import {
  createApp,
  eventually,
  expectAll,
  expectInRedis,
  ownPostgres,
  ownRedis,
  publish,
  read,
  redisEntry,
  startNode,
} from './fleet.ts'
import { expectUntroubled, watchReads } from './watch-reads.ts'

let redis: OwnServer
let env: Record<string, string>
let nodes: Program[]
let one: Program
let two: Program

beforeAll(async () => {
  // Without a log of its own this Redis comes back empty, or with what SAVE wrote last.
  redis = await ownRedis({ args: ['--appendonly', 'no'] })
  env = { DATABASE_URL: (await ownPostgres()).url, REDIS_URL: redis.url }
  ;[one, two] = await Promise.all([startNode(env), startNode(env)])
  nodes = [one, two]
})

/** Waits until a node that has just started is connected to its Redis. */
const expectRedisAtHand = (node: Program): Promise<void> =>
  eventually(async () => {
    expect(await (await fetch(`${node.url}/health`)).json()).toMatchObject({
      services: { redis: { state: 'ok' } },
    })
  })

const newApp = async (appId: string): Promise<number> => {
  await createApp(one, appId)
  const revision = await publish(one, appId, { n: 1 })
  await expectAll(nodes, appId, revision)
  await expectInRedis(redis, appId, revision)
  return revision
}

describe.each([
  ['stopped', () => redis.stop(), () => redis.start()],
  ['paused', () => redis.pause(), () => redis.resume()],
])('while Redis is %s', (how, take, giveBack) => {
  const appId = `shop-${how}`
  let revision = 0

  it('reads go on, publishes succeed and the other node sees them by the sweep', async () => {
    await newApp(appId)
    const watch = watchReads(nodes, [appId])
    await take()
    for (const publisher of [one, two, one]) {
      revision = await publish(publisher, appId, { n: revision })
      await expectAll(nodes, appId, revision)
    }
    expectUntroubled(await watch.stop())
  })

  it('an app is created, released and read', async () => {
    await createApp(two, `fresh-${how}`)
    expect((await read(one, `fresh-${how}`)).status).toBe(404)
    await expectAll(nodes, `fresh-${how}`, await publish(two, `fresh-${how}`, { n: 1 }))
  })

  it('afterwards the outbox has repaired what Redis missed, for an hour at most', async () => {
    const watch = watchReads(nodes, [appId])
    await giveBack()
    await expectInRedis(redis, appId, revision)
    const fresh = await read(one, `fresh-${how}`)
    await expectInRedis(redis, `fresh-${how}`, fresh.revision)
    const next = await publish(one, appId, { n: 'after' })
    await expectAll(nodes, appId, next)
    await expectInRedis(redis, appId, next)
    expectUntroubled(await watch.stop())
  })
})

it('a Redis that came back empty is filled again by reads and publishes', async () => {
  const revision = await newApp('emptied')
  const watch = watchReads(nodes, ['emptied'])
  await askRedis(redis.url, [['FLUSHALL'], ['SAVE']])
  await redis.kill()
  await redis.start()
  expect(await redisEntry(redis, 'emptied')).toBeNull()
  // Nodes start and answer without waiting for Redis, and what such a read finds is not kept to fill it later.
  const third = await startNode(env)
  await expectRedisAtHand(third)
  await expectAll([third], 'emptied', revision)
  await expectInRedis(redis, 'emptied', revision)
  const next = await publish(two, 'emptied', { n: 2 })
  await expectAll([...nodes, third], 'emptied', next)
  await expectInRedis(redis, 'emptied', next)
  expectUntroubled(await watch.stop())
  await third.stop()
})

it('a Redis that came back with old data gives nobody the older revision, and is repaired', async () => {
  const old = await newApp('restored')
  await askRedis(redis.url, [['SAVE']])
  const revision = await publish(one, 'restored', { n: 2 })
  await expectInRedis(redis, 'restored', revision)
  await expectAll(nodes, 'restored', revision)
  const watch = watchReads(nodes, ['restored'])
  await redis.kill()
  await redis.start()
  expect((await redisEntry(redis, 'restored'))?.revision).toBe(old)
  // A node that has never heard of the newer revision is the one that could be fooled, once it has Redis at hand.
  const third = await startNode(env)
  await expectRedisAtHand(third)
  for (let i = 0; i < 20; i++) expect((await read(third, 'restored')).revision).toBe(revision)
  await expectInRedis(redis, 'restored', revision)
  expectUntroubled(await watch.stop())
  await third.stop()
})
