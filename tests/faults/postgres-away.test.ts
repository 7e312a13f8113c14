import { describe, expect, it } from 'vitest'
import type { Program } from '../program.ts'
import {
  type Answer,
  badNetwork,
  campaign,
  createApp,
  eventually,
  expectAll,
  expectRefusal,
  manage,
  ownPostgres,
  ownRedis,
  pause,
  publish,
  randomUpTo,
  read,
  startNode,
  tryPublish,
} from './fleet.ts'
import { expectUntroubled, watchReads } from './watch-reads.ts'

const awayMs = campaign ? 60_000 : 8_000
const apps = ['shop', 'news', 'bank']

interface Trouble {
  name: string
  redis: boolean
  cause(stores: Stores): Promise<void>
  end(stores: Stores): Promise<void>
}
type Stores = Awaited<ReturnType<typeof openStores>>

const openStores = async (withRedis: boolean) => {
  const postgres = await ownPostgres()
  const { proxy, url } = await badNetwork(postgres)
  const redis = withRedis ? { REDIS_URL: (await ownRedis()).url } : {}
  const env = { DATABASE_URL: url, ...redis, PARASOL_DATABASE_TIMEOUT_MS: '2000' }
  return { postgres, proxy, env }
}

const stopped = {
  name: 'stopped',
  cause: async ({ postgres }: Stores) => {
    await postgres.stop()
    await pause(awayMs)
  },
  end: ({ postgres }: Stores) => postgres.start(),
}
const paused = {
  name: 'paused',
  cause: async ({ postgres }: Stores) => {
    postgres.pause()
    await pause(awayMs)
  },
  end: async ({ postgres }: Stores) => postgres.resume(),
}
const cutAgainAndAgain = {
  name: 'cut off in the middle of transactions',
  cause: async ({ proxy }: Stores) => {
    const until = Date.now() + awayMs
    while (Date.now() < until) {
      proxy.cut()
      await pause(randomUpTo(60))
      proxy.heal()
      await pause(randomUpTo(300))
    }
  },
  end: async () => {},
}

const short: Trouble[] = [
  { ...stopped, redis: true },
  { ...paused, redis: false },
  { ...cutAgainAndAgain, redis: false },
]
const long: Trouble[] = [
  ...short,
  { ...stopped, redis: false },
  { ...paused, redis: true },
  { ...cutAgainAndAgain, redis: true },
]

/** Publishes without end from all nodes; every answer must be a release or a proper refusal. */
const publishWithoutEnd = (nodes: Program[]) => {
  const acknowledged = new Map<string, number>()
  const wrong: Answer[] = []
  let refused = 0
  let stop = false
  const loop = async (node: Program): Promise<void> => {
    for (let n = 0; !stop; n++) {
      const appId = apps[n % apps.length] ?? ''
      const answer = await tryPublish(node, appId, { n })
      if (answer.status === 201) {
        acknowledged.set(appId, Math.max(acknowledged.get(appId) ?? 0, Number(answer.body.revision)))
      } else {
        refused += 1
        try {
          expectRefusal(answer)
        } catch {
          wrong.push(answer)
        }
      }
      await pause(20)
    }
  }
  const loops = nodes.map(loop)
  return async () => {
    stop = true
    await Promise.all(loops)
    return { acknowledged, refused, wrong }
  }
}

const highestRevision = async (node: Program, appId: string): Promise<number> => {
  const { body } = await manage(node, 'GET', `/apps/${appId}/releases?limit=1`)
  return Number((body as { items: { revision: number }[] }).items[0]?.revision)
}

describe.each(campaign ? long : short)('PostgreSQL $name (Redis: $redis)', (trouble) => {
  it('keeps every app served, refuses or completes each publish, and goes on afterwards', async () => {
    const stores = await openStores(trouble.redis)
    const nodes = await Promise.all([startNode(stores.env), startNode(stores.env)])
    const [one, two] = nodes
    if (!one || !two) throw new Error('two nodes are needed')
    for (const appId of apps) {
      await createApp(one, appId)
      await expectAll(nodes, appId, await publish(one, appId, { n: 0 }))
    }

    const watch = watchReads(nodes, apps)
    const stopPublishing = publishWithoutEnd(nodes)
    await pause(500)
    await trouble.cause(stores)
    const during = await fetch(`${one.url}/health`)
    expect(during.status).toBe(200)
    await trouble.end(stores)

    // The first publish that succeeds afterwards, on both nodes.
    for (const node of nodes) await eventually(() => publish(node, 'shop', { back: true }))
    const { acknowledged, refused, wrong } = await stopPublishing()
    expect(wrong).toEqual([])
    expect(refused).toBeGreaterThan(0)
    for (const appId of apps) {
      const newest = await eventually(() => highestRevision(two, appId))
      expect(newest).toBeGreaterThanOrEqual(acknowledged.get(appId) ?? 0)
      await expectAll(nodes, appId, newest)
    }
    await eventually(async () => expect((await read(one, 'shop')).stale).toBe(false))
    expectUntroubled(await watch.stop())
    await Promise.all(nodes.map((node) => node.stop()))
  }, 300_000)
})
