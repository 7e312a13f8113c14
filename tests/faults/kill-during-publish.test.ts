import { beforeAll, describe, expect, it } from 'vitest'
import type { Program } from '../program.ts'
import { askPostgres } from '../stores/ask.ts'
import { readyDataDir } from '../stores/embedded-cluster.ts'
import {
  type Answer,
  campaign,
  createApp,
  eventually,
  expectAll,
  expectInRedis,
  manage,
  ownPostgres,
  ownRedis,
  publish,
  read,
  startNode,
} from './fleet.ts'

/** The embedded database takes longer to start again. */
const kills = { embedded: campaign ? 300 : 6, postgres: campaign ? 300 : 10 }

interface Release {
  revision: number
  configVersion: string
}
interface AuditRow {
  action: string
  target: string
}

const items = <T>({ status, body }: Answer): T[] => {
  expect(status).toBe(200)
  return (body as { items: T[] }).items
}
const releasesOf = async (node: Program, version: string): Promise<Release[]> =>
  items<Release>(await manage(node, 'GET', '/apps/shop/releases?limit=5')).filter(
    ({ configVersion }) => configVersion === version,
  )
const auditOf = async (node: Program, version: string): Promise<AuditRow[]> =>
  items<AuditRow>(await manage(node, 'GET', '/audit?appId=shop&limit=5')).filter(
    ({ action, target }) => action === 'release.publish' && target === version,
  )

const release = (node: Program, version: string): Promise<Answer> =>
  manage(node, 'POST', '/apps/shop/releases', {
    body: { configVersion: version },
    headers: { 'idempotency-key': `release-${version}` },
  })

const saveVersion = async (node: Program, n: number): Promise<string> => {
  const saved = await manage(node, 'POST', '/apps/shop/configs', { body: { bump: 'minor', data: { n } } })
  expect(saved.status, JSON.stringify(saved.body)).toBe(201)
  return String(saved.body.configVersion)
}

/** Sends the release and kills the node somewhere within `ms`. */
const killWithin = async (node: Program, version: string, ms: number): Promise<Answer | undefined> => {
  const answer = release(node, version).catch(() => undefined)
  const until = performance.now() + Math.random() * ms
  // Timers are too coarse for moments within a publish.
  while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve))
  process.kill(node.pid, 'SIGKILL')
  await node.kill()
  return answer
}

interface Round {
  node: Program
  others: Program[]
  redis: { url: string } | undefined
  before: number
  version: string
  acknowledged: boolean
}

/** The release exists in every place or in none; answers the revision that is live. */
const expectAllOrNothing = async ({ node, others, redis, before, version, acknowledged }: Round) => {
  const found = await releasesOf(node, version)
  const audited = await auditOf(node, version)
  expect(found.length).toBeLessThanOrEqual(1)
  expect(audited).toHaveLength(found.length)
  if (acknowledged) expect(found).toHaveLength(1)
  const live = found[0]?.revision ?? before
  expect((await read(node, 'shop')).revision).toBe(live)
  await expectAll(others, 'shop', live)
  if (redis) await expectInRedis(redis, 'shop', live)

  const retried = await release(node, version)
  expect(retried.status).toBe(201)
  expect(retried.headers.has('idempotency-replayed')).toBe(found.length === 1)
  if (found[0]) expect(retried.body.revision).toBe(found[0].revision)
  expect(await releasesOf(node, version)).toHaveLength(1)
  expect(await auditOf(node, version)).toHaveLength(1)
  const revision = Number(retried.body.revision)
  await expectAll([node, ...others], 'shop', revision)
  return { revision, survived: found.length === 1 }
}

const killAgainAndAgain = async (options: {
  times: number
  env: Record<string, string>
  dataDir?: string
  others: Program[]
  redis?: { url: string }
}) => {
  let node = await startNode(options.env, options.dataDir)
  await createApp(node, 'shop')
  let before = await publish(node, 'shop', { n: 0 })
  const ends = { survived: 0, undone: 0 }
  for (let n = 1; n <= options.times; n++) {
    const startedAt = performance.now()
    const version = await saveVersion(node, n)
    // A release takes about as long as the save before it: half of the kills come before its commit, half after.
    const answer = await killWithin(node, version, 2 * (performance.now() - startedAt))
    node = await startNode(options.env, node.dataDir)
    const { others, redis } = options
    const round = { node, others, redis, before, version, acknowledged: answer?.status === 201 }
    const { revision, survived } = await expectAllOrNothing(round)
    ends[survived ? 'survived' : 'undone'] += 1
    before = revision
  }
  console.log('kills', ends)
  return node
}

describe('kill -9 at any moment of a publish', () => {
  let dataDir: string
  beforeAll(async () => {
    dataDir = await readyDataDir()
  })

  it(
    'leaves the release whole or absent on the embedded database',
    async () => {
      const node = await killAgainAndAgain({ times: kills.embedded, env: {}, others: [], dataDir })
      expect(await node.stop()).toBe(0)
    },
    180_000 + kills.embedded * 15_000,
  )

  it(
    'leaves the release whole or absent on PostgreSQL, Redis and the other node',
    async () => {
      const [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()])
      const env = { DATABASE_URL: postgres.url, REDIS_URL: redis.url }
      const other = await startNode(env)
      await killAgainAndAgain({ times: kills.postgres, env, others: [other], redis })
      const [counts] = await askPostgres(
        postgres.url,
        `select (select count(*) from releases) = ${kills.postgres + 1} as releases,
        (select count(*) from audit_log where action = 'release.publish') = ${kills.postgres + 1} as audited,
        (select count(*) from idempotency_keys) = ${kills.postgres} as keys,
        (select count(*) from idempotency_keys where status is null) = 0 as answered`,
      )
      expect(counts).toEqual({ releases: true, audited: true, keys: true, answered: true })
      const { body: audit } = await manage(other, 'GET', '/audit/verify')
      expect(audit).toMatchObject({ intact: true, next: null })
      await eventually(async () => {
        const [outbox] = await askPostgres(postgres.url, 'select count(*)::int as rows from outbox')
        expect(outbox).toEqual({ rows: 0 })
      })
    },
    180_000 + kills.postgres * 15_000,
  )
})
