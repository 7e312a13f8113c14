import { beforeAll, expect, it } from 'vitest'
import type { Program } from '../program.ts'
import type { OwnServer } from '../stores/own-server.ts'
import { createApp, eventually, ownPostgres, ownRedis, publish, read, startNode } from './fleet.ts'

let postgres: OwnServer
let redis: OwnServer
let node: Program
const revisions = new Map<string, number>()

// Three times what fits into the smallest cache, so that most apps are not in memory when they are read.
beforeAll(async () => {
  ;[postgres, redis] = await Promise.all([ownPostgres(), ownRedis()])
  node = await startNode({
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    PARASOL_CACHE_BYTES: String(1 << 20),
    PARASOL_MAX_DOCUMENT_BYTES: String(1 << 18),
  })
  for (let n = 0; n < 30; n++) {
    const appId = `app-${n}`
    await createApp(node, appId)
    revisions.set(appId, await publish(node, appId, { n, text: 'x'.repeat(100_000) }))
    expect((await read(node, appId, { 'accept-encoding': 'identity' })).status).toBe(200)
  }
})

/** Reads every app twice over and answers the sources; each answer must be the right one. */
const readAll = async (): Promise<Set<string | undefined>> => {
  const sources = new Set<string | undefined>()
  for (let n = 0; n < 60; n++) {
    const appId = `app-${n % 30}`
    const answer = await read(node, appId, { 'accept-encoding': 'identity' })
    expect(answer).toMatchObject({
      status: 200,
      revision: revisions.get(appId),
      config: { data: { n: n % 30 } },
    })
    sources.add(answer.source)
  }
  return sources
}

it('apps that are not in memory come from Redis while PostgreSQL is away', async () => {
  await postgres.stop()
  const sources = await readAll()
  expect(sources).toContain('redis')
  expect(sources).not.toContain('database')
})

it('apps that are not in memory come from the snapshots on disk while both are away', async () => {
  await redis.stop()
  const sources = await readAll()
  expect(sources).toContain('snapshot')
  expect(sources).not.toContain('redis')
  expect(sources).not.toContain('database')
  // Nobody invents what was never served.
  const unknown = await fetch(`${node.url}/v1/api/config/never-seen`)
  expect(unknown.status).toBe(503)
  expect(Number(unknown.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(unknown.headers.get('cache-control')).toBe('no-store')
})

it('apps come from the database again when it is back', async () => {
  await postgres.start()
  await eventually(async () => expect(await readAll()).toContain('database'))
  await redis.start()
  await eventually(async () => expect(await readAll()).toContain('redis'))
})
