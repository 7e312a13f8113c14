import { afterEach, describe, expect, it } from 'vitest'
import { type Listening, listen } from '../contract/listen.ts'
import type { Program } from '../program.ts'
import type { OwnServer } from '../stores/own-server.ts'
import {
  campaign,
  createApp,
  eventually,
  expectAll,
  manage,
  ownPostgres,
  ownRedis,
  publish,
  startNode,
} from './fleet.ts'

const rounds = campaign ? 50 : 4

const open: Listening[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.leave()
})

/** Listens on a node; resolves with the first block too. */
const follow = async (node: Program, appId: string, lastEventId?: number) => {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }
  const stream = await listen(`${node.url}/v2/api/config/${appId}/stream`, headers)
  expect(stream.status).toBe(200)
  open.push(stream)
  return { stream, greeting: await stream.next() }
}

/** What a client of the event would read on this node at this moment. */
const readAt = async (node: Program, appId: string, revision: number) => {
  const response = await fetch(`${node.url}/v2/api/config/${appId}?revision=${revision}`)
  return { status: response.status, body: (await response.json()) as { revision: number; data: object } }
}

/** Two nodes on one database, of which the second hears nothing of what the first announces. */
const openPair = async (env: Record<string, string> = {}) => {
  const [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()])
  const [one, two] = (await Promise.all(
    [1, 2].map((n) => startNode({ DATABASE_URL: postgres.url, REDIS_URL: `${redis.url}/${n}`, ...env })),
  )) as [Program, Program]
  return { postgres, one, two }
}

describe('who listens on a node that hears of nothing', () => {
  it('is told by the sweep, of each release or of a later one, never before it can be read', async () => {
    const { one, two } = await openPair()
    await createApp(one, 'shop')
    await expectAll([one, two], 'shop', await publish(one, 'shop', { n: 0 }))
    const { stream } = await follow(two, 'shop')
    for (let n = 1; n <= rounds; n += 1) {
      const revision = await publish(one, 'shop', { n })
      let told = await stream.next()
      while (told?.id !== undefined && told.id < revision) told = await stream.next()
      const read = await readAt(two, 'shop', told?.id ?? 0)
      expect(read).toMatchObject({ status: 200, body: { revision, data: { n } } })
    }
  })

  it('is told of an app that its node never held, and of one that its node has dropped', async () => {
    const { one, two } = await openPair({
      PARASOL_CACHE_BYTES: '1048576',
      PARASOL_MAX_DOCUMENT_BYTES: '262144',
    })
    const filler = 'x'.repeat(200_000)
    for (const appId of ['shop', 'a', 'b', 'c', 'd', 'e', 'f']) {
      await createApp(one, appId)
      await publish(one, appId, { filler, n: 0 })
    }
    const { stream, greeting } = await follow(two, 'shop')
    expect(greeting?.id).toBeGreaterThan(0)
    for (const appId of ['a', 'b', 'c', 'd', 'e', 'f']) await fetch(`${two.url}/v2/api/config/${appId}`)
    const revision = await publish(one, 'shop', { filler, n: 1 })
    const told = await stream.next()
    expect(told?.id).toBeGreaterThanOrEqual(revision)
    expect(await readAt(two, 'shop', told?.id ?? 0)).toMatchObject({ body: { revision, data: { n: 1 } } })
  })

  it('who has seen more elsewhere is never told less: the node fetches it first', async () => {
    const { one, two } = await openPair({ PARASOL_SWEEP_SECONDS: '3600' })
    await createApp(one, 'shop')
    await publish(one, 'shop', { n: 0 })
    const behind = await follow(two, 'shop')
    const { stream, greeting } = await follow(one, 'shop')
    expect(greeting?.id).toBe(behind.greeting?.id)
    const revision = await publish(one, 'shop', { n: 1 })
    const told = await stream.next()
    const moved = await follow(two, 'shop', told?.id)
    expect(moved.greeting).toEqual({ retry: expect.any(Number), id: told?.id })
    expect(await readAt(two, 'shop', told?.id ?? 0)).toMatchObject({ body: { revision } })
    // Who was there already learns of it too.
    expect((await behind.stream.next())?.id).toBe(told?.id)
  })
})

describe('who listens while a store is away', () => {
  const publishWhenBack = async (node: Program, postgres: OwnServer) => {
    await postgres.start()
    return eventually(async () => {
      const body = { bump: 'auto', data: { n: 1 } }
      const saved = await manage(node, 'POST', '/apps/shop/configs', { body })
      expect(saved.status).toBe(201)
      const released = await manage(node, 'POST', '/apps/shop/releases', {
        body: { configVersion: saved.body.configVersion },
      })
      expect(released.status).toBe(201)
      return Number(released.body.revision)
    })
  }

  it('stays, and so does who comes; both are told what is released when it is back', async () => {
    const { postgres, one, two } = await openPair()
    await createApp(one, 'shop')
    await expectAll([one, two], 'shop', await publish(one, 'shop', { n: 0 }))
    const before = await follow(two, 'shop')
    await postgres.stop()
    const during = await follow(two, 'shop')
    // It has seen what this node cannot fetch now: it is told of nothing until that is passed.
    const ahead = await follow(two, 'shop', (before.greeting?.id ?? 0) + 1)
    expect(during.greeting?.id).toBe(before.greeting?.id)
    expect(ahead.greeting).toEqual({ retry: expect.any(Number) })
    const revision = await publishWhenBack(one, postgres)
    for (const { stream } of [before, during, ahead]) {
      const told = await stream.next()
      expect(told?.id).toBeGreaterThanOrEqual(revision)
    }
  })
})

describe('who listens on a node that is killed', () => {
  it('goes on at another one from the last event, and misses nothing', async () => {
    const [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()])
    const env = { DATABASE_URL: postgres.url, REDIS_URL: redis.url }
    const publisher = await startNode(env)
    await createApp(publisher, 'shop')
    await publish(publisher, 'shop', { n: 0 })
    const seen: number[] = []
    let from: number | undefined
    for (let n = 1; n <= rounds; n += 1) {
      const node = await startNode(env)
      const { stream, greeting } = await follow(node, 'shop', from)
      if (greeting?.id !== undefined) seen.push(greeting.id)
      await publish(publisher, 'shop', { n })
      const told = await stream.next()
      seen.push(told?.id ?? 0)
      from = told?.id
      await node.kill()
      await expect(stream.next()).rejects.toThrow('broken off')
      // While nobody listens: the next node tells of it at once.
      const missed = await publish(publisher, 'shop', { n: n + 0.5 })
      const next = await follow(publisher, 'shop', from)
      expect(next.greeting).toMatchObject({ event: 'revision' })
      expect(next.greeting?.id).toBeGreaterThanOrEqual(missed)
      next.stream.leave()
    }
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
  })
})
