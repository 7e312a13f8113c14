import { beforeAll, expect, it } from 'vitest'
import type { Program } from '../program.ts'
import { askRedis } from '../stores/ask.ts'
import type { OwnServer } from '../stores/own-server.ts'
import {
  badNetwork,
  campaign,
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
  redisEntry,
  startNode,
} from './fleet.ts'
import { expectUntroubled, watchReads } from './watch-reads.ts'

const stormMs = campaign ? 300_000 : 10_000
const fillers = 30
const apps = ['shop', 'news']

let redis: OwnServer
let network: Awaited<ReturnType<typeof badNetwork>>
let nodes: Program[]

const one = (): Program => {
  const [node] = nodes
  if (!node) throw new Error('a node is needed')
  return node
}

// Node two has a bad network to Redis; both have memory for a third of the apps, so that they forget all the time.
beforeAll(async () => {
  const postgres = await ownPostgres()
  redis = await ownRedis({ args: ['--appendonly', 'no'] })
  network = await badNetwork(redis)
  nodes = await Promise.all(
    [redis.url, network.url].map((REDIS_URL) =>
      startNode({
        DATABASE_URL: postgres.url,
        REDIS_URL,
        PARASOL_CACHE_BYTES: String(1 << 20),
        PARASOL_MAX_DOCUMENT_BYTES: String(1 << 18),
      }),
    ),
  )
  for (let n = 0; n < fillers; n++) {
    await createApp(one(), `filler-${n}`)
    await publish(one(), `filler-${n}`, { text: 'x'.repeat(100_000) })
  }
  for (const appId of apps) {
    await createApp(one(), appId)
    await expectAll(nodes, appId, await publish(one(), appId, { n: 0 }))
  }
})

/** What may happen to Redis. `SAVE` is the moment that a later kill goes back to. */
const faults: [string, () => Promise<void>][] = [
  ['save', async () => void (await askRedis(redis.url, [['SAVE']]))],
  ['flush', async () => void (await askRedis(redis.url, [['FLUSHALL']]))],
  [
    'kill',
    async () => {
      await redis.kill()
      await pause(randomUpTo(400))
      await redis.start()
    },
  ],
  [
    'pause',
    async () => {
      redis.pause()
      await pause(randomUpTo(800))
      redis.resume()
    },
  ],
  [
    'cut',
    async () => {
      network.proxy.cut()
      await pause(randomUpTo(500))
      network.proxy.heal()
    },
  ],
  [
    'delay',
    async () => {
      network.proxy.delay(randomUpTo(400))
      await pause(randomUpTo(500))
      network.proxy.heal()
    },
  ],
  ['unsubscribe', async () => void (await askRedis(redis.url, [['CLIENT', 'KILL', 'TYPE', 'pubsub']]))],
]

it(
  'nobody reads an older revision after a newer one, whatever happens to Redis',
  async () => {
    const until = Date.now() + stormMs
    const history: string[] = []
    const newest = new Map<string, number>()
    const watch = watchReads(nodes, apps, { readers: 3, pauseMs: 3 })

    const breakRedis = async (): Promise<void> => {
      while (Date.now() < until) {
        const [name, cause] = faults[randomUpTo(faults.length)] ?? ['none', async () => {}]
        history.push(name)
        await cause()
        await pause(randomUpTo(300))
      }
    }
    const publishOn = async (node: Program): Promise<void> => {
      while (Date.now() < until) {
        const appId = apps[randomUpTo(apps.length)] ?? ''
        const revision = await publish(node, appId, { at: Date.now() })
        newest.set(appId, Math.max(newest.get(appId) ?? 0, revision))
        await pause(randomUpTo(100))
      }
    }
    const evict = async (node: Program): Promise<void> => {
      while (Date.now() < until) {
        await read(node, `filler-${randomUpTo(fillers)}`, { 'accept-encoding': 'identity' })
        await pause(randomUpTo(10))
      }
    }
    await Promise.all([breakRedis(), ...nodes.map(publishOn), ...nodes.map(evict)])

    for (const [appId, revision] of newest) {
      await expectAll(nodes, appId, revision)
      // A Redis that lost everything after the last release has nothing, which is no older release.
      await eventually(async () =>
        expect((await redisEntry(redis, appId))?.revision ?? revision).toBe(revision),
      )
      await expectInRedis(redis, appId, await publish(one(), appId, { at: 'the end' }))
    }
    const seen = await watch.stop()
    console.log('faults', history.join(' '), 'reads', seen.reads)
    expectUntroubled(seen)
  },
  stormMs + 120_000,
)
