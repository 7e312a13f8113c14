import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../../../tests/stores/free-port.ts'
import { CacheUnavailable } from '../../platform/cache/cache.ts'
import { memoryCache } from '../../platform/cache/cache-memory.ts'
import { redisCache } from '../../platform/cache/cache-redis.ts'
import { memoryChanges } from '../../platform/changes/changes-memory.ts'
import { migrate } from '../../platform/database/migrate.ts'
import { type Database, openDatabase } from '../../platform/database/open-database.ts'
import { connectRedis } from '../../platform/redis/connect-redis.ts'
import { updateApp } from '../store/apps.ts'
import { deleteOutbox, insertOutbox, listOutbox } from '../store/outbox.ts'
import { relayOutbox } from './relay-outbox.ts'

const fail = (error: unknown): void => {
  throw error
}
let dataDir = ''
let database: Database | undefined
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parasol-relay-'))
  const bounds = { poolSize: 1, statementTimeoutMs: 10_000, connectTimeoutMs: 10_000 }
  database = await openDatabase({ dataDir, ...bounds, onError: fail })
  await migrate(database, () => {})
})
afterAll(async () => {
  await database?.close()
  await rm(dataDir, { recursive: true, force: true })
})

it('takes an app that has nothing to serve out of the cache: later nodes would believe the old entry', async () => {
  const db = database?.kysely
  if (!db) throw new Error('no database')
  const cache = memoryCache({ maxBytes: 1_000_000 })
  const changes = memoryChanges({ onError: fail })
  const relay = relayOutbox({ db, cache, cacheTtlSeconds: 60, changes, onError: fail })
  await db.insertInto('apps').values({ app_id: 'back', name: 'Back' }).execute()
  const tellOf = async (archived: boolean): Promise<void> => {
    const { revision } = await updateApp(db, 'back', { archived })
    await relay.tell([{ appId: 'back', channel: 'stable', sequence: revision }])
  }
  await tellOf(true)
  expect((await cache.read('config:back'))?.value).toContain('"state":"archived"')
  await tellOf(false)
  expect(await cache.read('config:back')).toBeNull()
  expect(await listOutbox(db, 10)).toEqual([])
  await relay.close()
  await changes.close()
})

it('reads no documents while Redis is away, yet announces, and forgets nothing', async () => {
  const db = database?.kysely
  if (!db) throw new Error('no database')
  const url = `redis://127.0.0.1:${await freePort()}`
  const redis = connectRedis({ url, timeoutMs: 250, onState: () => {} })
  let documents = 0
  const counted = db.withPlugin({
    transformQuery: ({ node }) => {
      // Only the query of a snapshot is written as text.
      if (node.kind === 'RawNode') documents += 1
      return node
    },
    transformResult: async ({ result }) => result,
  })
  const changes = memoryChanges({ onError: fail })
  const announced: string[] = []
  changes.subscribe({ changed: ({ appId }) => void announced.push(appId), resumed: () => {} })
  const errors: unknown[] = []
  const change = { appId: 'waiting', channel: 'stable', sequence: 1 }
  await insertOutbox(db, [change])
  const cache = redisCache(redis, () => {})
  const onError = (error: unknown) => void errors.push(error)
  const relay = relayOutbox({ db: counted, cache, cacheTtlSeconds: 60, changes, onError })
  await expect.poll(() => errors.length).toBeGreaterThan(0)
  await expect.poll(() => announced).toContain('waiting')
  expect(errors[0]).toBeInstanceOf(CacheUnavailable)
  expect(documents).toBe(0)
  expect(await listOutbox(db, 10)).toEqual([change])
  await relay.close()
  await changes.close()
  await redis.close()
  await deleteOutbox(db, [change])
})

it('goes on behind a row that cannot be read, and tells of it', async () => {
  const db = database?.kysely
  if (!db) throw new Error('no database')
  const cache = memoryCache({ maxBytes: 1_000_000 })
  const changes = memoryChanges({ onError: fail })
  for (const appId of ['broken', 'behind']) {
    await db.insertInto('apps').values({ app_id: appId, name: appId }).execute()
  }
  const { revision } = await updateApp(db, 'behind', { archived: true })
  // More than a JavaScript number holds.
  await sql`update apps set revision = 9007199254740993 where app_id = 'broken'`.execute(db)
  const broken = { appId: 'broken', channel: 'stable', sequence: 1 }
  await insertOutbox(db, [broken, { appId: 'behind', channel: 'stable', sequence: revision }])
  const errors: unknown[] = []
  const onError = (error: unknown) => void errors.push(error)
  const relay = relayOutbox({ db, cache, cacheTtlSeconds: 60, changes, onError })
  await expect.poll(() => listOutbox(db, 10)).toEqual([broken])
  expect((await cache.read('config:behind'))?.sequence).toBe(revision)
  expect(errors[0]).toBeInstanceOf(RangeError)
  await relay.close()
  await changes.close()
})
