import { expect, vi } from 'vitest'
import { atEnd } from '../at-end.ts'
import { testEnvironment } from '../environment.ts'
import { type Program, startProgram } from '../program.ts'
import { askRedis } from '../stores/ask.ts'
import { startPostgres } from '../stores/own-postgres.ts'
import { type RedisOptions, startRedis } from '../stores/own-redis.ts'
import type { OwnServer } from '../stores/own-server.ts'
import { startProxy, type Proxy as TcpProxy } from '../stores/proxy.ts'

/** The long form of every fault, for `npm run campaign`; the short one is part of `npm test`. */
export const campaign = testEnvironment.campaign

/** `FAULTS_ON=bun` runs the nodes on Bun. */
export const runtime = testEnvironment.faultsOn

const owned = (server: OwnServer): OwnServer => {
  atEnd(() => server.remove())
  return server
}
export const ownPostgres = async (): Promise<OwnServer> => owned(await startPostgres())
export const ownRedis = async (options?: RedisOptions): Promise<OwnServer> => owned(await startRedis(options))

/** A bad network in front of a store, and the URL that leads through it. */
export const badNetwork = async (store: OwnServer): Promise<{ proxy: TcpProxy; url: string }> => {
  const proxy = await startProxy(store.port)
  atEnd(() => proxy.close())
  return { proxy, url: store.url.replace(`:${store.port}`, `:${proxy.port}`) }
}

export const token = 'a-token-that-all-nodes-of-a-test-share'

/** A node of the fleet: the real program with a sweep every second. It is killed at the end of the test, or of the file. */
export const startNode = async (env: Record<string, string>, dataDir?: string): Promise<Program> => {
  const node = await startProgram({
    runtime,
    // The load of these tests is far above the first limits.
    env: { PARASOL_ADMIN_TOKEN: token, PARASOL_SWEEP_SECONDS: '1', PARASOL_RATE_LIMITS: 'off', ...env },
    ...(dataDir !== undefined && { dataDir }),
  })
  atEnd(() => node.kill())
  return node
}

/** Nothing may take longer than this, whatever is broken. */
export const patienceMs = 30_000

/** Waits for what must happen at some time. */
export const eventually = <T>(look: () => T | Promise<T>, withinMs = patienceMs): Promise<T> =>
  vi.waitFor(look, { timeout: withinMs, interval: 50 })

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
export const randomUpTo = (below: number): number => Math.floor(Math.random() * below)

export interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown>
}

/** A management request. Rejects only when there is no answer at all, or none within the patience. */
export const manage = async (
  node: Pick<Program, 'url'>,
  method: string,
  path: string,
  options: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> => {
  const response = await fetch(`${node.url}/manage/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...options.headers },
    ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
    signal: AbortSignal.timeout(patienceMs),
  })
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
}

export const createApp = async (node: Program, appId: string): Promise<void> => {
  const { status, body } = await manage(node, 'POST', '/apps', { body: { appId, name: appId } })
  expect(body).toMatchObject({ appId })
  expect(status).toBe(201)
}

/** Saves a version under the next number and releases it; the first answer that is not 201 is the result. */
export const tryPublish = async (node: Program, appId: string, data: object): Promise<Answer> => {
  const saved = await manage(node, 'POST', `/apps/${appId}/configs`, { body: { bump: 'auto', data } })
  if (saved.status !== 201) return saved
  return manage(node, 'POST', `/apps/${appId}/releases`, {
    body: { configVersion: saved.body.configVersion },
  })
}

/** Publishes, and answers the revision. */
export const publish = async (node: Program, appId: string, data: object): Promise<number> => {
  const { status, body } = await tryPublish(node, appId, data)
  expect(status, JSON.stringify(body)).toBe(201)
  return Number(body.revision)
}

/** What a refused publish must look like while a store is away. */
export const expectRefusal = ({ status, headers, body }: Answer): void => {
  expect(status, JSON.stringify(body)).toBe(503)
  expect(headers.get('content-type')).toMatch('application/problem+json')
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect(body.code).toBe('store_unavailable')
}

export interface Read {
  status: number
  /** 0 when no config was answered. */
  revision: number
  config: { configVersion?: string; data?: Record<string, unknown> }
  /** memory, redis, database or snapshot, from Cache-Status. */
  source: string | undefined
  stale: boolean
}

/** What a client of the app gets. */
export const read = async (
  node: Pick<Program, 'url'>,
  appId: string,
  headers: Record<string, string> = {},
): Promise<Read> => {
  const response = await fetch(`${node.url}/v1/api/config/${appId}`, {
    headers,
    signal: AbortSignal.timeout(patienceMs),
  })
  const text = await response.text()
  const cacheStatus = response.headers.get('cache-status') ?? ''
  return {
    status: response.status,
    revision: Number(/^"(\d+)\./.exec(response.headers.get('etag') ?? '')?.[1] ?? 0),
    config: text === '' ? {} : JSON.parse(text),
    source: /detail=(\w+)/.exec(cacheStatus)?.[1],
    stale: /ttl=-/.test(cacheStatus),
  }
}

export const expectAll = async (nodes: Program[], appId: string, revision: number): Promise<void> => {
  for (const node of nodes) {
    await eventually(async () => expect(await read(node, appId)).toMatchObject({ status: 200, revision }))
  }
}

/** What Redis holds for an app: the revision and the seconds to live; null without an entry. */
export const redisEntry = async (
  redis: { url: string },
  appId: string,
): Promise<{ revision: number; ttl: number } | null> => {
  const key = `config:${appId}`
  const [text, ttl] = await askRedis(redis.url, [
    ['GET', key],
    ['TTL', key],
  ])
  return text === null ? null : { revision: JSON.parse(String(text)).revision, ttl: Number(ttl) }
}

/** Waits until Redis holds this release, for no longer than an hour. */
export const expectInRedis = (redis: { url: string }, appId: string, revision: number): Promise<void> =>
  eventually(async () => {
    const entry = await redisEntry(redis, appId)
    expect(entry?.revision).toBe(revision)
    expect(entry?.ttl).toBeGreaterThan(0)
    expect(entry?.ttl).toBeLessThanOrEqual(3600)
  })
