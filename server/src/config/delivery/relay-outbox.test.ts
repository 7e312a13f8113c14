import { type Kysely, type KyselyPlugin, type OperationNode, sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { countStatements } from '../../../../tests/stores/count-statements.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { freePort } from '../../../../tests/stores/free-port.ts'
import { type Cache, CacheUnavailable } from '../../platform/cache/cache.ts'
import { memoryCache } from '../../platform/cache/cache-memory.ts'
import { redisCache } from '../../platform/cache/cache-redis.ts'
import { memoryChanges } from '../../platform/changes/changes-memory.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { connectRedis } from '../../platform/redis/connect-redis.ts'
import { updateApp } from '../store/apps.ts'
import { keepTemplateDocuments } from '../store/documents.ts'
import { claimOutbox, deleteOutbox, insertOutbox, listOutbox } from '../store/outbox.ts'
import { type RelayOptions, relayOutbox } from './relay-outbox.ts'

const fail = (error: unknown): void => {
  throw error
}

/** Counts the statements that read documents. */
const countDocuments = (): { plugin: KyselyPlugin; count: () => number } => {
  let documents = 0
  const textOf = (node: OperationNode & { sqlFragments?: readonly string[] }): string =>
    node.sqlFragments?.join(' ') ?? ''
  return {
    plugin: {
      transformQuery: ({ node }) => {
        if (/document/.test(textOf(node))) documents += 1
        return node
      },
      transformResult: async ({ result }) => result,
    },
    count: () => documents,
  }
}

describe.each(bothDatabases)('the outbox on $kind', ({ make }) => {
  let own: OwnDatabase
  let db: Kysely<Tables>
  const ends: (() => Promise<unknown>)[] = []
  beforeAll(async () => {
    own = await make()
    db = own.database.kysely
  })
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
    await db.deleteFrom('outbox').execute()
  })
  afterAll(() => own?.drop())

  const announced: string[] = []
  const open = (options: Partial<RelayOptions> = {}) => {
    announced.length = 0
    const changes = memoryChanges({ onError: fail })
    changes.subscribe({ changed: ({ appId }) => void announced.push(appId), resumed: () => {} })
    const cache: Cache = memoryCache({ maxBytes: 10_000_000 })
    const templates = keepTemplateDocuments(1 << 20)
    const relay = relayOutbox({
      db,
      templates,
      cache,
      cacheTtlSeconds: 60,
      changes,
      onError: fail,
      ...options,
    })
    ends.push(async () => {
      await relay.close()
      await changes.close()
    })
    return { relay, cache }
  }
  /** As if their owners had not told of them in time. */
  const abandon = () => sql`update outbox set claimed_until = clock_timestamp()`.execute(db)
  /** Apps that were archived before they had a release: the smallest there is to tell of. */
  const archiveMany = async (prefix: string, count: number) => {
    const { rows } = await sql<{ appId: string; channel: string; sequence: number }>`
      insert into apps (app_id, name, archived_at) select ${prefix}::text || n, 'Many', now() from generate_series(1, ${count}::int) n
      returning app_id as "appId", 'stable' as channel, revision as sequence`.execute(db)
    return rows
  }

  it('takes an app that has nothing to serve out of the cache: later nodes would believe the old entry', async () => {
    const { relay, cache } = open()
    await db.insertInto('apps').values({ app_id: 'back', name: 'Back' }).execute()
    const tellOf = async (archived: boolean): Promise<void> => {
      const { revision } = await updateApp(db, 'back', { archived })
      const change = { appId: 'back', channel: 'stable', sequence: revision }
      await insertOutbox(db, [change])
      await relay.tell([change])
    }
    // A publisher waits a second for it; on a busy machine it is told later.
    await tellOf(true)
    await expect.poll(async () => (await cache.read('config:back'))?.value).toContain('"state":"archived"')
    await tellOf(false)
    await expect.poll(() => cache.read('config:back')).toBeNull()
    await expect.poll(() => listOutbox(db, 10)).toEqual([])
  })

  it('reads no documents while Redis is away, yet announces, and forgets nothing', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`
    const redis = connectRedis({ url, timeoutMs: 250, onState: () => {} })
    ends.push(() => redis.close())
    const documents = countDocuments()
    const errors: unknown[] = []
    const change = { appId: 'waiting', channel: 'stable', sequence: 1 }
    await insertOutbox(db, [change])
    await abandon()
    const cache = redisCache(redis, () => {})
    open({ db: db.withPlugin(documents.plugin), cache, onError: (error) => void errors.push(error) })
    await expect.poll(() => errors.length).toBeGreaterThan(0)
    await expect.poll(() => announced).toContain('waiting')
    expect(errors[0]).toBeInstanceOf(CacheUnavailable)
    expect(documents.count()).toBe(0)
    expect(await listOutbox(db, 10)).toEqual([change])
    // Nobody need wait for the one who tried.
    await expect.poll(() => claimOutbox(db, 10)).toEqual([{ ...change, madeAt: expect.any(Number) }])
  })

  it('goes on behind rows that cannot be read, however many, and tells of each', async () => {
    const broken = await archiveMany('broken-', 60)
    const behind = await archiveMany('behind-', 3)
    // More than a JavaScript number holds.
    await sql`update apps set revision = 9007199254740993 where app_id like 'broken-%'`.execute(db)
    await insertOutbox(db, [...broken, ...behind])
    await abandon()
    const errors: unknown[] = []
    const { cache } = open({ onError: (error) => void errors.push(error) })
    await expect.poll(() => listOutbox(db, 1000), { timeout: 20_000 }).toEqual(broken)
    for (const { appId, sequence } of behind) {
      expect((await cache.read(`config:${appId}`))?.sequence).toBe(sequence)
    }
    expect(errors.length).toBeGreaterThanOrEqual(broken.length)
    expect(errors[0]).toBeInstanceOf(RangeError)
    await sql`update apps set revision = 1 where app_id like 'broken-%'`.execute(db)
  })

  it('tells of thousands with a handful of statements, and leaves nothing', async () => {
    const changes = await archiveMany('many-', 2000)
    await insertOutbox(db, changes)
    const counted = countStatements(db)
    const { relay, cache } = open({ db: counted.db })
    await relay.tell(changes)
    await expect.poll(() => listOutbox(db, 10), { timeout: 20_000 }).toEqual([])
    // Nine batches, each read and deleted, and a look into the outbox now and then; one by one they were 4,000.
    expect(counted.take()).toBeLessThan(2 * 9 + 30)
    for (const { appId, sequence } of changes) {
      expect((await cache.read(`config:${appId}`))?.sequence).toBe(sequence)
    }
    await expect.poll(() => new Set(announced).size).toBe(2000)
  })

  it('leaves what was noted to whoever noted it, for a while', async () => {
    const changes = await archiveMany('noted-', 3)
    await insertOutbox(db, changes)
    expect(await claimOutbox(db, 10)).toEqual([])
    expect(await listOutbox(db, 10)).toEqual(changes)
    await deleteOutbox(db, changes)
  })

  it('gives what was abandoned to one of those who ask at once, and again after that one is gone too', async () => {
    const changes = await archiveMany('abandoned-', 900)
    await insertOutbox(db, changes)
    await abandon()
    const claims = await Promise.all(Array.from({ length: 6 }, () => claimOutbox(db, 200)))
    const claimed = claims.flat().map(({ appId }) => appId)
    expect(new Set(claimed).size).toBe(claimed.length)
    // One who asks while others have the rows may get fewer than there are, but never theirs.
    claimed.push(...(await claimOutbox(db, 1000)).map(({ appId }) => appId))
    expect(claimed.sort()).toEqual(changes.map(({ appId }) => appId).sort())
    expect(await listOutbox(db, 1000)).toHaveLength(900)
    await abandon()
    expect(await claimOutbox(db, 1000)).toHaveLength(900)
  })

  it('shares the work between nodes: each row is told once, whoever tells it', async () => {
    const changes = await archiveMany('shared-', 600)
    await insertOutbox(db, changes)
    await abandon()
    const written: string[] = []
    const counting = (): Cache => {
      const cache = memoryCache({ maxBytes: 10_000_000 })
      const writeNewer: Cache['writeNewer'] = (key, entry, ttlSeconds) => {
        written.push(key)
        return cache.writeNewer(key, entry, ttlSeconds)
      }
      return { ...cache, writeNewer }
    }
    for (let node = 1; node <= 3; node++) open({ cache: counting() })
    await expect.poll(() => listOutbox(db, 10), { timeout: 10_000 }).toEqual([])
    expect(written.sort()).toEqual(changes.map(({ appId }) => `config:${appId}`).sort())
  })
})
