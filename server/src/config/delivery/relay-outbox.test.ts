import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { memoryCache } from '../../platform/cache/cache-memory.ts'
import { memoryChanges } from '../../platform/changes/changes-memory.ts'
import { migrate } from '../../platform/database/migrate.ts'
import { type Database, openDatabase } from '../../platform/database/open-database.ts'
import { updateApp } from '../store/apps.ts'
import { listOutbox } from '../store/outbox.ts'
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
