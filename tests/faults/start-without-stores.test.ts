import { beforeAll, describe, expect, it } from 'vitest'
import type { Program } from '../program.ts'
import type { OwnServer } from '../stores/own-server.ts'
import {
  createApp,
  eventually,
  expectAll,
  expectRefusal,
  manage,
  ownPostgres,
  ownRedis,
  publish,
  read,
  startNode,
  tryPublish,
} from './fleet.ts'

const health = async (node: Program) => {
  const response = await fetch(`${node.url}/health`)
  const body: object = JSON.parse(await response.text())
  return { code: response.status, ...body }
}

interface Away {
  how: string
  take(store: OwnServer): unknown
  giveBack(store: OwnServer): unknown
}
const ways: Away[] = [
  { how: 'stopped', take: (store) => store.stop(), giveBack: (store) => store.start() },
  { how: 'paused', take: (store) => store.pause(), giveBack: (store) => store.resume() },
]

describe.each(ways)('a node that is started while both stores are $how', ({ take, giveBack }) => {
  let stores: OwnServer[]
  let node: Program
  let empty: Program
  let old = 0
  let current = 0

  beforeAll(async () => {
    const [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()])
    stores = [postgres, redis]
    const env = {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      PARASOL_DATABASE_TIMEOUT_MS: '2000',
    }
    const before = await startNode(env)
    const other = await startNode(env)
    await createApp(before, 'shop')
    old = await publish(before, 'shop', { n: 1 })
    expect((await read(before, 'shop')).revision).toBe(old)
    await before.stop()
    // The other node has news that the stopped one never heard of.
    current = await publish(other, 'shop', { n: 2 })
    await other.stop()
    for (const store of stores) await take(store)
    ;[node, empty] = await Promise.all([startNode(env, before.dataDir), startNode(env)])
  })

  it('serves the last known good, and says so', async () => {
    const first = await read(node, 'shop')
    expect(first).toMatchObject({ status: 200, revision: old, source: 'snapshot', stale: true })
    expect(first.config.data).toEqual({ n: 1 })
    expect(await read(node, 'shop')).toMatchObject({ status: 200, revision: old, stale: true })
  })

  it('answers management with 503', async () => {
    expectRefusal(await tryPublish(node, 'shop', { n: 3 }))
    expectRefusal(await manage(node, 'GET', '/apps'))
    expectRefusal(await manage(node, 'GET', '/apps/shop/releases'))
  })

  it('is degraded and ready', async () => {
    expect(await health(node)).toMatchObject({
      code: 200,
      status: 'degraded',
      services: { database: { state: 'down' }, redis: { state: 'down' } },
    })
    expect((await fetch(`${node.url}/readyz`)).status).toBe(200)
    expect((await fetch(`${node.url}/livez`)).status).toBe(200)
  })

  it('is down when it has nothing on disk', async () => {
    expect((await read(empty, 'shop')).status).toBe(503)
    expect(await health(empty)).toMatchObject({ code: 503, status: 'down' })
    expect((await fetch(`${empty.url}/livez`)).status).toBe(200)
  })

  it('serves what is current when the stores are back', async () => {
    for (const store of stores) await giveBack(store)
    await expectAll([node, empty], 'shop', current)
    await eventually(async () => {
      expect((await read(node, 'shop')).stale).toBe(false)
      expect(await health(node)).toMatchObject({ code: 200, status: 'ok' })
      expect(await health(empty)).toMatchObject({ code: 200, status: 'ok' })
    })
    const next = await publish(node, 'shop', { n: 3 })
    await expectAll([node, empty], 'shop', next)
    expect(await node.stop()).toBe(0)
    expect(await empty.stop()).toBe(0)
  })
})
