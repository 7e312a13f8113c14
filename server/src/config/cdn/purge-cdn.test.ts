import { sql } from 'kysely'
import pino from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { bothDatabases } from '../../../../tests/stores/databases.ts'
import { administrator, wholeFleet } from '../../platform/auth/authenticate.ts'
import { createTransact } from '../change.ts'
import { type Fleet, openFleet } from '../rollouts/fleet.fixture.ts'
import { createSchemaChecks } from '../schemas/create-schema-checks.ts'
import type { Cdn } from './cdn.ts'
import { listPurges } from './list-purges.ts'
import { openCdns } from './open-cdns.ts'
import { purgeCdn } from './purge-cdn.ts'
import { knownAfterSeconds } from './purge-when-due.ts'
import { fillRequests, queueChanges, queuePurges } from './queue-purges.ts'
import { answer, noAnswer, type RecordingServer, startRecording } from './recording-server.fixture.ts'
import { watchCdns } from './watch-cdns.ts'

it('fills requests by the number of tags and by their bytes, and leaves none out', () => {
  expect(fillRequests(['a', 'b', 'c'], { tagsMost: 2 })).toEqual([['a', 'b'], ['c']])
  expect(fillRequests(['aaa', 'bbb', 'c', 'dddddddd', 'e'], { tagsMost: 9, bytesMost: 7 })).toEqual([
    ...[['aaa', 'bbb'], ['c'], ['dddddddd'], ['e']],
  ])
  expect(fillRequests([], { tagsMost: 2 })).toEqual([])
})

it('waits with the second purge for sweeps, and for what gateways of their own have stored', () => {
  expect(knownAfterSeconds({ sweepMs: 5_000 })).toBe(12)
  expect(knownAfterSeconds({ sweepMs: 5_000, tellsEdge: true })).toBe(32)
})

describe.each(bothDatabases)('purges of CDNs on $kind', ({ make }) => {
  let fleet: Fleet
  let server: RecordingServer
  const logged: { level: string; msg: string; error?: string }[] = []
  const log = pino(
    { formatters: { level: (level) => ({ level }) } },
    { write: (line) => void logged.push(JSON.parse(line)) },
  )
  beforeAll(async () => {
    fleet = await openFleet(await make())
  })
  beforeEach(async () => {
    server = await startRecording()
  })
  afterEach(async () => {
    await server.close()
    await sql`delete from cdn_purges`.execute(fleet.db)
    await sql`delete from cdn_states`.execute(fleet.db)
    logged.length = 0
  })
  afterAll(() => fleet?.close())

  const open = (...cdn: ('fastly' | 'cloudflare' | 'cloudfront')[]) =>
    openCdns({
      ...{ cdn, cdnApiUrl: server.url, varnishUrls: undefined },
      ...{ cloudflareZone: 'z', cloudflareToken: 't', fastlyService: 's', fastlyToken: 't' },
      ...{
        cloudfrontDistribution: 'd',
        awsAccessKeyId: 'a',
        awsSecretAccessKey: 's',
        awsSessionToken: undefined,
      },
    })
  const queue = (cdns: ReturnType<typeof open>, tags: readonly string[] | 'everything', repeats = false) =>
    queuePurges(fleet.db, cdns, tags, { repeats })
  const closing = new AbortController().signal
  const run = async (cdns: ReturnType<typeof open>, nodes = 1) => {
    const all = Array.from({ length: nodes }, () => cdns).flat()
    const work = { db: fleet.db, log, repeatAfterSeconds: 12, closing }
    await Promise.all(all.map((cdn) => purgeCdn(work, cdn)))
  }
  /** The second after the change, and every rest, are over; all are due at one time, however the rows lie. */
  const pass = async () => {
    await sql`update cdn_purges set due_at = now() where ended_at is null`.execute(fleet.db)
    await sql`update cdn_states set not_before = clock_timestamp()`.execute(fleet.db)
  }
  const list = async (actor = administrator) =>
    (await listPurges({ db: fleet.db, actor }, { limit: 50 })).items
  const bodies = () => server.requests.map((text) => text.slice(text.indexOf('\r\n\r\n') + 4))

  it('are noted with the change and asked a second later, then once more, by one of all nodes', async () => {
    const cdns = open('fastly')
    const transact = createTransact(
      fleet.db,
      createSchemaChecks(),
      async () => {},
      () => {},
      (db, changes) => queueChanges(db, cdns, changes),
    )
    const announce = (...appIds: string[]) =>
      transact({ actor: administrator, requestId: 'r' }, (scope) =>
        scope.announce(appIds.map((appId, sequence) => ({ appId, channel: 'stable', sequence }))),
      )
    await announce('shop', 'bank', 'shop')
    await announce('news')
    const failing = transact({ actor: administrator, requestId: 'r' }, async (scope) => {
      await scope.announce([{ appId: 'never', channel: 'stable', sequence: 1 }])
      throw new Error('taken back')
    })
    await expect(failing).rejects.toThrow('taken back')
    await run(cdns)
    expect(server.requests).toEqual([])
    await pass()
    await run(cdns, 3)
    expect(bodies()).toEqual(['{"surrogate_keys":["app-shop","app-bank","app-news"]}'])
    const noted = { cdn: 'fastly', everything: false, lastError: null, createdAt: expect.any(String) }
    const again = { ...noted, state: 'again', attempts: 1, dueAt: expect.any(String), endedAt: null }
    expect(await list()).toEqual([
      { ...again, purgeId: expect.any(Number), tags: ['app-news'] },
      { ...again, purgeId: expect.any(Number), tags: ['app-shop', 'app-bank'] },
    ])
    await run(cdns)
    expect(server.requests).toHaveLength(1)
    await pass()
    await run(cdns, 3)
    expect(bodies()).toHaveLength(2)
    await pass()
    await run(cdns)
    expect(bodies()).toHaveLength(2)
    const done = { state: 'done', attempts: 2, dueAt: null, endedAt: expect.any(String) }
    expect(await list()).toMatchObject([done, done])
    expect(logged.map(({ msg }) => msg)).toEqual(['a CDN was purged', 'a CDN was purged'])
  })

  it('of ten thousand apps are few requests, and of everything one', async () => {
    const cdns = open('fastly', 'cloudflare', 'cloudfront')
    const tags = Array.from({ length: 10_000 }, (_, at) => `app-${at}`)
    await queue(cdns, tags)
    await pass()
    await run(cdns)
    const of = (path: string) => server.requests.filter((text) => text.startsWith(`POST ${path}`))
    expect(of('/service/s/purge ')).toHaveLength(Math.ceil(10_000 / 256))
    expect(of('/client/v4/zones/z/purge_cache ')).toHaveLength(100)
    expect(of('/2020-05-31/distribution/d/invalidation ')).toEqual([
      expect.stringContaining('<Path>/*</Path>'),
    ])
    server.requests.length = 0
    await queue(open('fastly'), ['app-1'])
    await queue(open('fastly'), 'everything')
    await pass()
    await run(cdns)
    expect(server.requests).toEqual([expect.stringMatching(/^POST \/service\/s\/purge_all /)])
  })

  it('of one app do not wait behind those of the whole fleet, nor these behind many of one', async () => {
    const cdns = open('cloudflare')
    await queue(
      cdns,
      Array.from({ length: 300 }, (_, at) => `fleet-${at}`),
    )
    for (let at = 0; at < 150; at += 1) await queue(cdns, [`one-${at}`])
    await sql`update cdn_purges set due_at = created_at`.execute(fleet.db)
    await run(cdns)
    const asked = bodies().map((body) => (JSON.parse(body) as { tags: string[] }).tags)
    expect(asked.map(([tag]) => tag)).toEqual(['fleet-0', 'one-0', 'fleet-100', 'one-100', 'fleet-200'])
    expect(asked.map(({ length }) => length)).toEqual([100, 100, 100, 50, 100])
  })

  it('are asked again when the CDN wants, which all nodes heed, and health tells when that goes on', async () => {
    const cdns = open('fastly')
    const health = watchCdns(fleet.db, ['fastly'])
    expect(await health()).toMatchObject({ state: 'ok', lastError: null })
    await queue(cdns, ['app-shop'])
    await pass()
    server.answers.push(answer('429 Too Many Requests', ['Retry-After: 600'], '{"msg":"slow down"}'))
    await run(cdns, 3)
    await run(cdns, 3)
    expect(server.requests).toHaveLength(1)
    const { rows } = await sql<{
      rests: boolean
    }>`select not_before > clock_timestamp() + interval '9 minutes' as rests
      from cdn_states`.execute(fleet.db)
    expect(rows).toEqual([{ rests: true }])
    expect(await list()).toMatchObject([{ state: 'waiting', attempts: 1, lastError: 'HTTP 429: slow down' }])
    expect((await health()).state).toBe('ok')
    for (let more = 0; more < 2; more++) {
      await pass()
      server.answers.push(answer('500 Internal Server Error'))
      await run(cdns)
    }
    expect(await health()).toEqual({
      ...{ state: 'degraded', latencyMs: null, lastError: 'HTTP 500', lastErrorAt: expect.any(String) },
    })
    await pass()
    await run(cdns)
    expect(await list()).toMatchObject([{ state: 'done', attempts: 4, lastError: null }])
    expect(await health()).toMatchObject({ state: 'ok', lastError: 'HTTP 500' })
    expect(logged.map(({ level }) => level)).toEqual(['warn', 'warn', 'warn', 'info'])
  })

  it('that a CDN will not take keep nothing from the others, and are not asked again', async () => {
    const cdns = open('cloudflare')
    for (const tag of ['a', 'wrong', 'b']) await queue(cdns, [tag])
    await pass()
    server.answers.push(answer('400 Bad Request'), answer('200 OK'), answer('400 Bad Request'))
    await run(cdns)
    expect(bodies()).toEqual([
      '{"tags":["a","wrong","b"]}',
      '{"tags":["a"]}',
      '{"tags":["wrong"]}',
      '{"tags":["b"]}',
    ])
    expect(await list()).toMatchObject([
      { tags: ['b'], state: 'done' },
      { tags: ['wrong'], state: 'failed', lastError: 'HTTP 400', dueAt: null },
      { tags: ['a'], state: 'done' },
    ])
    expect(logged.filter(({ level }) => level === 'error')).toMatchObject([{ error: 'HTTP 400' }])
  })

  it('that are asked for again say so, but never like those of a database before', async () => {
    const cdns = open('cloudfront')
    const references = () =>
      server.requests.splice(0).map((text) => /<CallerReference>(.*)<\/CallerReference>/.exec(text)?.[1])
    await queue(cdns, ['app-shop'])
    await pass()
    server.answers.push(answer('503 Service Unavailable'))
    await run(cdns)
    await sql`update cdn_states set not_before = clock_timestamp()`.execute(fleet.db)
    await run(cdns)
    const [first, again] = references()
    expect(again).toBe(first)
    const anew = sql`update cdn_purges set ended_at = null, state = 'waiting', created_at = clock_timestamp()`
    await anew.execute(fleet.db)
    await pass()
    await run(cdns)
    expect(references()).not.toEqual([first])
  })

  it('that the end of a node breaks off are no failure of the CDN, and the next node asks at once', async () => {
    const cdns = open('fastly')
    await queue(cdns, ['app-shop'])
    await pass()
    const ending = new AbortController()
    server.answers.push(noAnswer)
    const asking = purgeCdn(
      { db: fleet.db, log, repeatAfterSeconds: 12, closing: ending.signal },
      cdns[0] as Cdn,
    )
    await eventually(() => expect(server.requests).toHaveLength(1))
    ending.abort()
    await asking
    expect(await list()).toMatchObject([{ state: 'waiting', attempts: 0, lastError: null }])
    await run(cdns)
    expect(await list()).toMatchObject([{ state: 'done', attempts: 1 }])
    expect(logged.map(({ level }) => level)).toEqual(['info'])
  })

  it('are given up after a day, also those that no request came to, and forgotten after a week', async () => {
    const cdns = open('fastly')
    const tags = Array.from({ length: 300 }, (_, at) => `app-${at}`)
    await queue(cdns, tags)
    await sql`update cdn_purges set created_at = created_at - interval '25 hours'`.execute(fleet.db)
    await pass()
    server.answers.push(answer('401 Unauthorized'))
    await run(cdns)
    const failed = { state: 'failed', lastError: 'HTTP 401' }
    expect(await list()).toMatchObject([
      { ...failed, attempts: 0 },
      { ...failed, attempts: 1 },
    ])
    expect(server.requests).toHaveLength(1)
    await sql`update cdn_purges set created_at = created_at - interval '7 days'`.execute(fleet.db)
    await queue(cdns, ['app-new'])
    await pass()
    await run(cdns)
    expect(await list()).toMatchObject([{ tags: ['app-new'] }])
  })

  it('are listed to a limited token as far as they are of its apps', async () => {
    for (const [appId, team] of [
      ['mine', 'x'],
      ['theirs', 'y'],
    ] as const)
      await fleet.make(appId, { labels: { team } })
    const cdns = open('fastly')
    await queue(cdns, ['app-theirs', 'app-mine', 'page'])
    await queue(cdns, ['app-theirs'])
    await queue(cdns, 'everything')
    const seenBy = async (scope: Partial<typeof wholeFleet>) =>
      (await list({ ...administrator, scope: { ...wholeFleet, ...scope } })).map(({ tags }) => tags)
    expect(await seenBy({ appIds: ['mine'] })).toEqual([[], ['app-mine']])
    expect(await seenBy({ labels: { team: 'x' } })).toEqual([[], ['app-mine']])
    expect(await seenBy({})).toEqual([[], ['app-theirs'], ['app-theirs', 'app-mine', 'page']])
  })
})
