import { beforeAll, describe, expect, it } from 'vitest'
import type { Program } from '../program.ts'
import {
  badNetwork,
  campaign,
  createApp,
  eventually,
  expectAll,
  expectRefusal,
  ownPostgres,
  ownRedis,
  publish,
  read,
  startNode,
  tryPublish,
} from './fleet.ts'
import { expectUntroubled, watchReads } from './watch-reads.ts'

type Network = Awaited<ReturnType<typeof badNetwork>>['proxy']

interface Slowness {
  how: string
  cause(network: Network): void
}
const slowness: Slowness[] = [
  { how: 'slow', cause: (network) => network.delay(400) },
  ...(campaign ? [{ how: 'very slow', cause: (network: Network) => network.delay(4_000) }] : []),
  { how: 'silent', cause: (network) => network.stall() },
]

describe.each(['Redis', 'PostgreSQL', 'both'] as const)('%s', (store) => {
  let node: Program
  let networks: Network[]
  let apps = 0

  beforeAll(async () => {
    const [postgres, redis] = await Promise.all([ownPostgres().then(badNetwork), ownRedis().then(badNetwork)])
    networks = [
      ...(store !== 'PostgreSQL' ? [redis.proxy] : []),
      ...(store !== 'Redis' ? [postgres.proxy] : []),
    ]
    node = await startNode({
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      PARASOL_DATABASE_TIMEOUT_MS: '2000',
    })
    await createApp(node, 'hot')
    await expectAll([node], 'hot', await publish(node, 'hot', { n: 0 }))
  })

  it.each(slowness)(
    '$how: what is held is served from memory, all else is answered in bounded time',
    async ({ cause }) => {
      const cold = `cold-${++apps}`
      await createApp(node, cold)
      const revision = await publish(node, cold, { n: 1 })
      const watch = watchReads([node], ['hot'])
      for (const network of networks) cause(network)

      // Each of these rejects when there is no answer within the patience.
      const [published, ...reads] = await Promise.all([
        tryPublish(node, 'hot', { during: true }),
        read(node, cold),
        ...Array.from({ length: 20 }, (_, n) => read(node, `unknown-${apps}-${n}`)),
      ])
      const [health, live] = await Promise.all([fetch(`${node.url}/health`), fetch(`${node.url}/livez`)])
      if (published.status !== 201) expectRefusal(published)
      if (store === 'Redis') expect(published.status).toBe(201)
      for (const { status } of reads) expect([200, 404, 503]).toContain(status)
      expect(health.status).toBe(200)
      expect(live.status).toBe(200)
      expect((await read(node, 'hot')).source).toBe('memory')

      for (const network of networks) network.heal()
      await expectAll([node], cold, revision)
      await eventually(async () => expectAll([node], 'hot', await publish(node, 'hot', { after: true })))
      await eventually(async () => {
        const body = JSON.parse(await (await fetch(`${node.url}/health`)).text())
        expect(body.status).toBe('ok')
      })
      expectUntroubled(await watch.stop())
    },
  )
})

it('a node ends in bounded time while both stores are silent', async () => {
  const [postgres, redis] = await Promise.all([ownPostgres().then(badNetwork), ownRedis().then(badNetwork)])
  const node = await startNode({ DATABASE_URL: postgres.url, REDIS_URL: redis.url })
  await createApp(node, 'shop')
  await expectAll([node], 'shop', await publish(node, 'shop', { n: 0 }))
  postgres.proxy.stall()
  redis.proxy.stall()
  const publishing = tryPublish(node, 'shop', { n: 1 }).catch(() => undefined)
  await read(node, 'unknown')
  // Rejects after 30 s.
  expect(await node.stop()).toBe(0)
  await publishing
})
