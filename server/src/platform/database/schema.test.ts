import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import type { Tables } from './tables.ts'

interface Plan {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Subplans Removed'?: number
  Plans?: Plan[]
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

describe.each(bothDatabases)('the schema on $kind', ({ make }) => {
  let own: OwnDatabase
  let db: Kysely<Tables>
  beforeAll(async () => {
    own = await make()
    db = own.database.kysely
  })
  afterAll(() => own?.drop())

  let made = 0
  const createApp = async (): Promise<string> => {
    // Always the same ids: of random ones some lie, once in a while, in three partitions alone.
    made += 1
    const appId = `app.${made}`
    await db.insertInto('apps').values({ app_id: appId, name: 'An app' }).execute()
    return appId
  }
  const createVersion = async (appId: string, version = '1.0.0') => {
    const row = {
      app_id: appId,
      version,
      document: '{"data":{"list":[1]}}',
      checksum: 'c',
      created_by: 'ann',
    }
    return db.insertInto('configs').values(row).returningAll().executeTakeFirstOrThrow()
  }
  const release = async (appId: string) => {
    const row = { app_id: appId, version: '1.0.0', kind: 'publish', actor: 'ann' } as const
    return db.insertInto('releases').values(row).returningAll().executeTakeFirstOrThrow()
  }

  test('columns are read as number, Date and parsed JSON', async () => {
    const appId = await createApp()
    const { document, updated_at } = await createVersion(appId)
    const { revision, channel, released_at } = await release(appId)
    expect(document).toEqual({ data: { list: [1] } })
    expect(updated_at).toBeInstanceOf(Date)
    expect(released_at).toBeInstanceOf(Date)
    expect(revision).toBeTypeOf('number')
    expect(channel).toBe('stable')
  })

  test('a bigint that JavaScript cannot hold is an error, not another number', async () => {
    const huge = sql`select 9007199254740993::bigint as value`.execute(db)
    await expect(huge).rejects.toThrow('the bigint 9007199254740993 does not fit')
    const { rows } = await sql`select 9007199254740991::bigint as value`.execute(db)
    expect(rows).toEqual([{ value: 9007199254740991 }])
  })

  test('states of apps and releases draw from one growing number', async () => {
    const appId = await createApp()
    await createVersion(appId)
    const { revision: state } = await db
      .selectFrom('apps')
      .select('revision')
      .where('app_id', '=', appId)
      .executeTakeFirstOrThrow()
    const { revision: one } = await release(appId)
    const { revision: two } = await release(appId)
    expect(one).toBeGreaterThan(state)
    expect(two).toBeGreaterThan(one)
  })

  test.each(['', '.hidden', 'a b', 'a/b', `a${'b'.repeat(128)}`, 'ä'])(
    'the appId %j is refused',
    async (id) => {
      const insert = db.insertInto('apps').values({ app_id: id, name: 'x' }).execute()
      await expect(insert).rejects.toMatchObject({ code: '23514' })
    },
  )

  test('a release of a version that does not exist is refused', async () => {
    await expect(release(await createApp())).rejects.toMatchObject({ code: '23503' })
  })

  const explain = async (query: ReturnType<typeof sql>): Promise<Plan[]> =>
    db.transaction().execute(async (transaction) => {
      // On a table of a few rows the planner would rather read all of it.
      await sql`set local enable_seqscan = off`.execute(transaction)
      const { rows } = await sql<{
        'QUERY PLAN': [{ Plan: Plan }]
      }>`explain (format json) ${query}`.execute(transaction)
      const plan = rows[0]?.['QUERY PLAN'][0].Plan
      return plan ? nodesOf(plan) : []
    })
  const scansOf = (nodes: Plan[]): Plan[] => nodes.filter((node) => node['Relation Name'] !== undefined)

  test('the read of a version touches one partition, by its index', async () => {
    const appId = await createApp()
    const scans = scansOf(
      await explain(sql`select document from configs where app_id = ${appId} and version = ${'1.0.0'}`),
    )
    expect(scans.map((scan) => scan['Relation Name'])).toEqual([
      expect.stringMatching(/^configs_partition_[1-4]$/),
    ])
    expect(scans[0]?.['Node Type']).toMatch(/^Index/)
    expect(scans[0]?.['Index Name']).toMatch(/app_id_version_idx$|pkey$/)
  })

  test('the read by app touches one partition, by an index', async () => {
    const appId = await createApp()
    const nodes = await explain(sql`select version from configs where app_id = ${appId}`)
    expect(scansOf(nodes)).toHaveLength(1)
    expect(nodes.some((node) => /^(Bitmap )?Index/.test(node['Node Type']))).toBe(true)
  })

  test('the newest release of a channel and the sweep are found by their indexes', async () => {
    const newest = await explain(
      sql`select * from releases where app_id = ${'a'} and channel = ${'stable'} order by revision desc limit 1`,
    )
    expect(newest.map((node) => node['Index Name'])).toContain('idx_releases_app_channel')
    expect(newest.map((node) => node['Node Type'])).not.toContain('Sort')
    const sweep = await explain(sql`select app_id from configs where updated_at > ${new Date()}`)
    const indexes = sweep.map((node) => node['Index Name']).filter((name) => name !== undefined)
    expect(indexes).toHaveLength(4)
    expect(indexes.every((name) => /updated_at_idx/.test(name))).toBe(true)
  })

  test('apps are spread over all four partitions', async () => {
    for (let i = 0; i < 40; i += 1) await createVersion(await createApp())
    const { rows } =
      await sql`select distinct tableoid::regclass::text as name from configs order by 1`.execute(db)
    expect(rows).toHaveLength(4)
  })

  const refused = { code: '23001' }

  test('of a version only updated_at changes', async () => {
    const appId = await createApp()
    await createVersion(appId)
    const change = (values: Record<string, unknown>) =>
      db.updateTable('configs').set(values).where('app_id', '=', appId).execute()
    await expect(change({ document: '{}' })).rejects.toMatchObject(refused)
    await expect(change({ checksum: 'd' })).rejects.toMatchObject(refused)
    await expect(change({ version: '2.0.0' })).rejects.toMatchObject(refused)
    await expect(change({ note: 'n' })).rejects.toMatchObject(refused)
    await expect(change({ app_id: 'other' })).rejects.toMatchObject(refused)
    await expect(change({ updated_at: new Date() })).resolves.toBeDefined()
  })

  test('no version is deleted, in its table or in its partition', async () => {
    const appId = await createApp()
    await createVersion(appId)
    await expect(db.deleteFrom('configs').where('app_id', '=', appId).execute()).rejects.toMatchObject(
      refused,
    )
    const partitions = [1, 2, 3, 4].map((number) => `configs_partition_${number}`)
    for (const table of ['configs', ...partitions]) {
      await expect(sql`truncate ${sql.table(table)} cascade`.execute(db)).rejects.toMatchObject(refused)
    }
  })

  test.each(['releases', 'audit_log'])('%s takes no update, delete or truncate', async (table) => {
    const appId = await createApp()
    await createVersion(appId)
    await release(appId)
    await db.insertInto('audit_log').values({ actor: 'ann', action: 'app.create', app_id: appId }).execute()
    const name = sql.table(table)
    const count = sql`select count(*) as rows from ${name}`
    const before = await count.execute(db)
    await expect(sql`update ${name} set actor = 'bob'`.execute(db)).rejects.toMatchObject(refused)
    await expect(sql`delete from ${name}`.execute(db)).rejects.toMatchObject(refused)
    await expect(sql`truncate ${name} cascade`.execute(db)).rejects.toMatchObject(refused)
    await expect(sql`truncate ${name} cascade`.execute(db)).rejects.toThrow(
      `${table} is append-only: truncate is refused`,
    )
    expect((await count.execute(db)).rows).toEqual(before.rows)
  })
})
