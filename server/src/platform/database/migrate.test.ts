import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { askPostgres } from '../../../../tests/stores/ask.ts'
import { bareDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { startPostgres } from '../../../../tests/stores/own-postgres.ts'
import type { Database } from './database.ts'
import { isStoreUnavailable } from './errors.ts'
import { MigrationChanged, migrate, SchemaTooNew } from './migrate.ts'
import { openDatabase } from './open-database.ts'

const migrationsOf = (files: Record<string, string>): URL => {
  const folder = mkdtempSync(join(tmpdir(), 'parasol-migrations-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return pathToFileURL(`${folder}/`)
}

const tablesOf = async ({ kysely }: Database): Promise<string[]> => {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public' order by 1`.execute(kysely)
  return rows.map(({ name }) => name)
}

const silent = () => {}
const first = { '0001-first.sql': 'create table first (a int); insert into first values (1);' }
const second = { '0002-second.sql': 'create table second (a int);' }

describe.each(bareDatabases)('migrations on $kind', ({ make }) => {
  let own: OwnDatabase
  let database: Database
  beforeEach(async () => {
    own = await make()
    database = own.database
  })
  afterEach(() => own.drop())

  test('a fresh database gets every table, partition and index by its promised name', async () => {
    const lines: string[] = []
    const answer = await migrate(database, (line) => lines.push(line))
    const shipped = [
      '0001-initial.sql',
      '0002-fleet.sql',
      '0003-targeting.sql',
      '0004-limits.sql',
      '0005-cdn-purges.sql',
      '0006-app-origins.sql',
      '0007-rollups.sql',
      '0008-events.sql',
      '0009-guards.sql',
      '0010-alerts.sql',
    ]
    expect(answer).toEqual({ applied: shipped, version: shipped.length })
    expect(lines).toEqual(shipped.map((name) => `migrated the database: ${name}`))
    expect(await tablesOf(database)).toEqual([
      ...['alert_channels', 'alert_deliveries', 'alert_nodes', 'alert_rules', 'alert_silences', 'alerts'],
      ...['api_keys', 'apps', 'audit_head', 'audit_log', 'cdn_purges', 'cdn_states', 'channels', 'configs'],
      ...[1, 2, 3, 4].map((number) => `configs_partition_${number}`),
      ...['event_limits', 'event_usage', 'events'],
      ...['fleet_releases', 'freezes', 'guard_evidence', 'guards', 'idempotency_keys'],
      ...['limits', 'limits_state', 'lost_counts', 'outbox'],
      ...['proposal_comments', 'proposals'],
      ...['releases', 'rollout_signals', 'rollouts'],
      ...['rollups_day', 'rollups_due', 'rollups_hour', 'rollups_kept', 'rollups_minute'],
      ...['schedules', 'schema_migrations', 'shipment_senders', 'shipments', 'usage_days'],
    ])
    const { rows } = await sql<{ name: string; definition: string }>`
      select c.relname as name, pg_get_indexdef(c.oid) as definition from pg_class c
      join pg_index i on i.indexrelid = c.oid where i.indrelid = 'configs'::regclass order by 1`.execute(
      database.kysely,
    )
    const definitions = Object.fromEntries(rows.map(({ name, definition }) => [name, definition]))
    expect(definitions).toMatchObject({
      idx_config_app_id: expect.stringMatching(/\(app_id\)$/),
      idx_config_version: expect.stringMatching(/\(app_id, version\)$/),
      idx_config_updated: expect.stringMatching(/\(updated_at\)$/),
    })
  })

  test('a second run finds nothing to do', async () => {
    const { version } = await migrate(database, silent)
    expect(await migrate(database, silent)).toEqual({ applied: [], version })
  })

  test('only what is pending is applied', async () => {
    await migrate(database, silent, migrationsOf(first))
    const answer = await migrate(database, silent, migrationsOf({ ...first, ...second }))
    expect(answer).toEqual({ applied: ['0002-second.sql'], version: 2 })
  })

  test('of runners at the same time one migrates and the others find it done', async () => {
    const slow = { '0001-slow.sql': 'create table slow (a int); select pg_sleep(0.3);' }
    const folder = migrationsOf(slow)
    const answers = await Promise.all([1, 2, 3].map(() => migrate(database, silent, folder)))
    expect(answers.map(({ applied }) => applied.length).sort()).toEqual([0, 0, 1])
  })

  test('a failure in the middle leaves nothing of any file', async () => {
    const broken = {
      '0002-broken.sql': 'create table half (a int);\nselect 1 / 0;\ncreate table rest (a int);',
    }
    await expect(migrate(database, silent, migrationsOf({ ...first, ...broken }))).rejects.toThrow(
      /0002-broken\.sql failed, and nothing was changed: .*division by zero/,
    )
    expect(await tablesOf(database)).toEqual([])
    const fixed = migrationsOf({ ...first, ...second })
    expect((await migrate(database, silent, fixed)).applied).toHaveLength(2)
  })

  test('a schema newer than the program is refused with what to do', async () => {
    await migrate(database, silent, migrationsOf({ ...first, ...second }))
    const refusal = migrate(database, silent, migrationsOf(first))
    await expect(refusal).rejects.toBeInstanceOf(SchemaTooNew)
    await expect(refusal).rejects.toThrow(/has schema version 2 and this program knows 1.*Start that version/)
  })

  test('a file changed after it was applied is refused by name', async () => {
    await migrate(database, silent, migrationsOf(first))
    const changed = migrationsOf({ '0001-first.sql': 'create table first (b int);' })
    await expect(migrate(database, silent, changed)).rejects.toThrow(MigrationChanged)
    await expect(migrate(database, silent, changed)).rejects.toThrow(/0001-first\.sql is not the file/)
  })

  test('a file changed in nothing but its line ends is the same file', async () => {
    await migrate(database, silent, migrationsOf({ '0001-a.sql': 'create table a (\n  b int\n);\n' }))
    const windows = migrationsOf({ '0001-a.sql': 'create table a (\r\n  b int\r\n);\r\n' })
    expect(await migrate(database, silent, windows)).toEqual({ applied: [], version: 1 })
  })

  test('a gap in the numbers is refused before anything runs', async () => {
    const gap = migrationsOf({ ...first, '0003-third.sql': 'select 1;' })
    await expect(migrate(database, silent, gap)).rejects.toThrow(
      /0003-third\.sql stands where 0002-<name>\.sql/,
    )
  })
})

describe('migrations on a role with limits of its own', () => {
  test('run longer than the statement timeout of the role and of the program', async () => {
    const [, postgres] = bareDatabases
    const own = await postgres.make()
    onTestFinished(own.drop)
    await sql`do $$ begin execute format('alter database %I set statement_timeout = 100', current_database()); end $$`.execute(
      own.database.kysely,
    )
    const folder = migrationsOf({ '0001-long.sql': 'select pg_sleep(0.4);' })
    expect((await migrate(own.database, silent, folder)).applied).toEqual(['0001-long.sql'])
  })
})

describe('a server that falls silent while it is asked what is pending', () => {
  test('is unavailable within the bounds of any other question', async () => {
    const server = await startPostgres()
    onTestFinished(() => server.remove())
    const database = await openDatabase({
      url: server.url,
      dataDir: '',
      poolSize: 2,
      statementTimeoutMs: 4_000,
      connectTimeoutMs: 4_000,
      onError: () => {},
    })
    onTestFinished(() => database.close())
    await migrate(database, silent)
    const locked = Promise.withResolvers<void>()
    const done = Promise.withResolvers<void>()
    const holder = database
      .maintain(async (session) => {
        await session.query('lock table schema_migrations in access exclusive mode')
        locked.resolve()
        await done.promise
      })
      .catch(() => {})
    await locked.promise
    const asked = migrate(database, silent).catch((error) => error)
    await eventually(async () => {
      const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'parasol'`
      expect(await askPostgres(server.url, waiting)).toHaveLength(1)
    })
    server.pause()
    expect(await asked).toSatisfy(isStoreUnavailable)
    server.resume()
    done.resolve()
    await holder
  })
})
