import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kysely, type KyselyPlugin, sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readyDatabase } from '../../../../tests/stores/ready-database.ts'
import { memoryCache } from '../../platform/cache/cache-memory.ts'
import { type Database, openDatabase } from '../../platform/database/open-database.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { updateApp } from '../store/apps.ts'
import { keepTemplateDocuments } from '../store/documents.ts'
import { createHeldReleases } from './held-releases.ts'
import { openLastKnownGood } from './last-known-good.ts'
import { createReadReleases } from './read-release.ts'
import { rules } from './rules.fixture.ts'

const ends: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})
const poolSize = 3
let url = ''
const open = async (size: number): Promise<Database> => {
  const bounds = { poolSize: size, statementTimeoutMs: 20_000, connectTimeoutMs: 6_000 }
  const database = await openDatabase({ url, dataDir: '', ...bounds, onError: () => {} })
  ends.push(() => database.close())
  return database
}
beforeAll(async () => {
  const fresh = await readyDatabase()
  url = fresh.url
  ends.push(() => fresh.drop())
})

const readFrom = async (db: Kysely<Tables>, coldLoads = 1) => {
  const folder = await mkdtemp(join(tmpdir(), 'parasol-read-'))
  ends.push(() => rm(folder, { recursive: true, force: true }))
  const lastKnownGood = openLastKnownGood(folder, 1_000_000, () => {})
  ends.push(() => lastKnownGood.close())
  const held = createHeldReleases(1 << 20, rules)
  const cache = memoryCache({ maxBytes: 1 << 20 })
  const releases = createReadReleases({
    db,
    templates: keepTemplateDocuments(1 << 20),
    held,
    cache,
    cacheTtlSeconds: 60,
    lastKnownGood,
    coldLoads,
    onStoreError: () => {},
  })
  return { releases, held, cache }
}

it('leaves connections to others while ids that nobody has heard of wait for a busy database', async () => {
  const { kysely } = await open(poolSize)
  const { releases } = await readFrom(kysely)
  const blocker = await open(1)
  await blocker.kysely.transaction().execute(async (transaction) => {
    await sql`lock table releases in access exclusive mode`.execute(transaction)
    const reads = Array.from({ length: 20 }, (_, n) => releases.read(`invented-${n}`, 'stable'))
    const refused = Promise.allSettled(reads)
    // Rejects when no connection comes free.
    await Promise.all([sql`select 1`.execute(kysely), sql`select 1`.execute(kysely)])
    for (const { status, ...rest } of await refused) {
      expect(status).toBe('rejected')
      expect((rest as PromiseRejectedResult).reason).toMatchObject({
        code: 'store_unavailable',
        headers: { 'retry-after': expect.stringMatching(/^[12]$/) },
      })
    }
    // The patience of the readers is over, but their queries are not.
    await sql`select 1`.execute(kysely)
  })
  await expect
    .poll(() => releases.read('invented', 'stable').catch(() => 'refused'))
    .toEqual({
      state: 'absent',
      why: 'unknown',
    })
})

it('answers other ids while the query of one is slow', async () => {
  const { kysely } = await open(poolSize)
  const { releases } = await readFrom(kysely, 2)
  await sql`alter table apps rename to apps_table`.execute(kysely)
  await sql`create view apps as select * from apps_table
    where case when app_id = 'slow' then pg_sleep(3)::text is not null else true end`.execute(kysely)
  try {
    await sql`insert into apps_table (app_id, name) values ('slow', 'Slow')`.execute(kysely)
    await expect(releases.read('slow', 'stable')).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(await releases.read('other', 'stable')).toEqual({ state: 'absent', why: 'unknown' })
  } finally {
    await sql`drop view apps`.execute(kysely)
    await sql`alter table apps_table rename to apps`.execute(kysely)
  }
})

/** Does something after each answer of the database, before whoever asked has it. */
const afterEachAnswer = (act: () => Promise<void>): KyselyPlugin => ({
  transformQuery: ({ node }) => node,
  transformResult: async ({ result }) => {
    await act()
    return result
  },
})

it.each([
  { changes: 2, settled: true, what: 'holds the newest' },
  { changes: 4, settled: true, what: 'holds the newest' },
  { changes: 100, settled: false, what: 'leaves it to the sweep to look again' },
])('$what after $changes changes that were heard of while it asked', async ({ changes, settled }) => {
  const { kysely } = await open(poolSize)
  const appId = `app-${changes}`
  await kysely.insertInto('apps').values({ app_id: appId, name: 'Changing' }).execute()
  let { revision } = await updateApp(kysely, appId, { archived: true })
  let left = changes
  const change = afterEachAnswer(async () => {
    if (left-- <= 0) return
    revision = (await updateApp(kysely, appId, { archived: true })).revision
    held.expect(appId, revision)
  })
  const { releases, held } = await readFrom(kysely.withPlugin(change))
  await releases.read(appId, 'stable')
  expect(held.get(appId)?.sequence === revision).toBe(settled)
  expect(held.unverifiedKeys()).toEqual(settled ? [] : [appId])
  left = 0
  await releases.verify([{ appId, channel: 'stable' }])
  expect(held.get(appId)).toMatchObject({ sequence: revision, unverified: false })
})
