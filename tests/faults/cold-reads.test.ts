import { expect, it } from 'vitest'
import { askPostgres } from '../stores/ask.ts'
import {
  badNetwork,
  createApp,
  eventually,
  expectAll,
  expectInRedis,
  ownPostgres,
  ownRedis,
  pause,
  publish,
  randomUpTo,
  read,
  startNode,
} from './fleet.ts'

it('a release is read at once where it was published, also when cold reads of the app are under way', async () => {
  const { proxy, url } = await badNetwork(await ownPostgres())
  const node = await startNode({ DATABASE_URL: url })
  // Answers of the database take a moment, so that a read can begin before a publish and end after it.
  proxy.delay(15)
  for (let n = 0; n < 10; n++) {
    const appId = `app-${n}`
    await createApp(node, appId)
    let published = false
    const readers = Array.from({ length: 4 }, async () => {
      // Each id is asked about for the first time at some moment of the publish.
      await pause(randomUpTo(300))
      while (!published) await read(node, appId)
    })
    const revision = await publish(node, appId, { n })
    expect(await read(node, appId)).toMatchObject({ status: 200, revision })
    published = true
    await Promise.all(readers)
  }
})

it('a node that knew Redis alone, and a Redis that was behind, is current when the database is back', async () => {
  const [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()])
  const [redisOfOne, redisOfTwo, postgresOfTwo] = await Promise.all(
    [redis, redis, postgres].map((store) => badNetwork(store)),
  )
  if (!redisOfOne || !redisOfTwo || !postgresOfTwo) throw new Error('three networks are needed')
  const one = await startNode({ DATABASE_URL: postgres.url, REDIS_URL: redisOfOne.url })
  await createApp(one, 'shop')
  const behind = await publish(one, 'shop', { n: 1 })
  await expectInRedis(redis, 'shop', behind)

  redisOfOne.proxy.cut()
  const revision = await publish(one, 'shop', { n: 2 })
  // So long ago that no sweep looks back to it.
  await askPostgres(postgres.url, `update configs set updated_at = now() - interval '1 hour'`)
  postgresOfTwo.proxy.cut()
  const two = await startNode({
    ...{ DATABASE_URL: postgresOfTwo.url, REDIS_URL: redisOfTwo.url },
    // Its network is this process, which may be away for longer than Redis is given.
    PARASOL_REDIS_TIMEOUT_MS: '10000',
  })
  await eventually(() => expect(two.logs()).toContain('redis connected'))
  expect(await read(two, 'shop')).toMatchObject({
    status: 200,
    revision: behind,
    source: 'redis',
    stale: true,
  })

  // The news passes while node two hears nothing.
  redisOfTwo.proxy.cut()
  redisOfOne.proxy.heal()
  await expectInRedis(redis, 'shop', revision)
  redisOfTwo.proxy.heal()
  postgresOfTwo.proxy.heal()
  await expectAll([two], 'shop', revision)
})
