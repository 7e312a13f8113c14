import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SchemaSet } from '../../../../contract/schema.ts'
import { bothDatabases } from '../../../../tests/stores/databases.ts'
import { administrator } from '../../platform/auth/authenticate.ts'
import { archiveApp, changeApp } from '../apps/change-app.ts'
import { releaseApp } from '../releases/publish-release.ts'
import { halves } from '../rollouts/fleet.fixture.ts'
import { needs, openSchemaFleet, outcome, type SchemaFleet, typed } from './schema-fleet.fixture.ts'
import { setSchema } from './set-schema.ts'

describe.each(bothDatabases)('the schema of an app on $kind', ({ make }) => {
  let fleet: SchemaFleet
  beforeAll(async () => {
    fleet = await openSchemaFleet(await make())
  })
  afterAll(() => fleet?.close())

  const releaseOn = (channel: string, appId: string, configVersion: string) =>
    fleet.admin((scope) =>
      releaseApp(scope, appId, { configVersion, channel }, { ifMatch: undefined, isApproved: false }),
    )
  const live = async (appId: string): Promise<string | undefined> => (await fleet.standing(appId))[appId]

  test('holds the versions that are saved, and those that were there when they are released', async () => {
    const { app } = fleet.names('app')
    await fleet.make(app)
    await fleet.save(app, '1.0.0', { a: 'x' })
    expect(await fleet.set(app, typed('a', 'number'))).toMatchObject({ checked: 0, broken: 0, dryRun: false })
    expect(await outcome(fleet.save(app, '1.1.0', { a: 'x', b: 1 }))).toEqual([
      'schema_violation',
      '/data/a must be number, and is string',
    ])
    expect(await outcome(fleet.release(app, '1.0.0'))).toEqual([
      'schema_violation',
      `/data/a ${app} (stable, 1.0.0): must be number, and is string`,
    ])
    expect(await live(app)).toBeUndefined()
    await fleet.publish(app, '2.0.0', { a: 1 })
    expect(await live(app)).toBe('2.0.0')
  })

  test('lets nothing pass where it was stored with a keyword that is none, until it is set anew', async () => {
    const { base, app } = fleet.names('base', 'app')
    await fleet.make(base, { kind: 'template' })
    await fleet.make(app, { extends: base })
    const stored = JSON.stringify({ $async: true, ...typed('a', 'number') })
    await sql`update apps set schema = ${stored}::jsonb where app_id = ${base}`.execute(fleet.db)
    const [code, place] = await outcome(fleet.save(app, '1.0.0', { a: 'x' }))
    expect(code).toBe('schema_violation')
    expect(place).toMatch(/^\/data cannot be checked.*"\$async" \(schema of base/)
    await fleet.set(base, typed('a', 'number'))
    expect(await outcome(fleet.save(app, '1.0.0', { a: 'x' }))).toEqual([
      'schema_violation',
      `/data/a must be number, and is string (schema of ${base})`,
    ])
    await fleet.save(app, '1.0.0', { a: 1 })
  })

  test('holds for all below it: each level for what all make together', async () => {
    const { root, mid, app } = fleet.names('root', 'mid', 'app')
    await fleet.make(root, { kind: 'template' })
    await fleet.make(mid, { kind: 'template', extends: root })
    await fleet.make(app, { extends: mid })
    await fleet.set(root, { ...needs('url', 'theme', 'name'), ...typed('url', 'string') })
    await fleet.set(mid, typed('theme', 'object'))
    await fleet.set(app, typed('name', 'string'))
    await fleet.publish(root, '1.0.0', { url: 'https://a' })
    expect(await outcome(fleet.save(mid, '1.0.0', { theme: 1, url: 2 }))).toEqual([
      'schema_violation',
      '/data/theme must be object, and is number',
      `/data/url must be string, and is number (schema of ${root})`,
    ])
    await fleet.publish(mid, '1.0.0', { theme: { dark: true } })
    expect(await outcome(fleet.save(app, '1.0.0', { theme: [], url: null }))).toEqual([
      'schema_violation',
      `/data/theme must be object, and is array (schema of ${mid})`,
      `/data/url is missing (schema of ${root})`,
      `/data/name is missing (schema of ${root})`,
    ])
    await fleet.publish(app, '1.0.0', { name: 'App' })
    expect(await live(app)).toBe('1.0.0 on 1.0.0')
    expect(await outcome(fleet.set(root, typed('name', 'number')))).toEqual([
      'schema_breaks_live',
      `/data/name ${app} (stable, 1.0.0): must be number, and is string (schema of ${root})`,
    ])
  })

  test('holds for an app whose template is not live yet, but for keys that are missing', async () => {
    const { base, app } = fleet.names('base', 'app')
    await fleet.make(base, { kind: 'template' })
    await fleet.make(app, { extends: base })
    await fleet.set(base, { ...needs('a', 'b'), ...typed('a', 'number') })
    await fleet.save(app, '1.0.0', { a: 1 })
    expect(await outcome(fleet.save(app, '2.0.0', { a: 'x' }))).toEqual([
      'schema_violation',
      `/data/a must be number, and is string (schema of ${base})`,
    ])
    await fleet.publish(base, '1.0.0', {})
    expect(await outcome(fleet.release(app, '1.0.0'))).toEqual([
      'schema_violation',
      `/data/b ${app} (stable, 1.0.0): is missing (schema of ${base})`,
    ])
  })

  test('refuses a release of a template as a whole where it breaks one of its apps', async () => {
    const { base, good, bad } = fleet.names('base', 'good', 'bad')
    await fleet.make(base, { kind: 'template' })
    await fleet.publish(base, '1.0.0', { limit: 5 })
    for (const app of [good, bad]) await fleet.make(app, { extends: base })
    await fleet.publish(good, '1.0.0', {})
    await fleet.publish(bad, '1.0.0', { own: true })
    await fleet.set(bad, { properties: { limit: { maximum: 9 } } })
    await fleet.save(base, '2.0.0', { limit: 10, more: 1 })
    const revision = await lastRevision()
    fleet.told.length = 0
    const broken = ['schema_violation', `/data/limit ${bad} (stable, 1.0.0): must be <= 9`]
    expect(await outcome(fleet.release(base, '2.0.0'))).toEqual(broken)
    expect(await outcome(fleet.release(base, '2.0.0', halves))).toEqual(broken)
    expect(await fleet.standing(base, good, bad)).toEqual({
      [base]: '1.0.0',
      [good]: '1.0.0 on 1.0.0',
      [bad]: '1.0.0 on 1.0.0',
    })
    expect(await lastRevision()).toBe(revision)
    expect(fleet.told).toEqual([])
  })

  const lastRevision = async () =>
    (await sql<{ last: number }>`select max(revision) as last from releases`.execute(fleet.db)).rows[0]?.last

  test('is held to what is live on every channel, and to the candidate of a rollout', async () => {
    const { app } = fleet.names('app')
    await fleet.make(app)
    await fleet.publish(app, '1.0.0', { a: 1 })
    await fleet.save(app, '2.0.0', { a: 'x' })
    await fleet.release(app, '2.0.0', halves)
    await fleet.save(app, '3.0.0', { a: null })
    await releaseOn('beta', app, '3.0.0')
    const found = await fleet.set(app, typed('a', 'number'), { dryRun: true })
    expect(found).toMatchObject({ checked: 3, broken: 2, dryRun: true })
    expect(found.breaks.map(({ channel, configVersion }) => `${channel} ${configVersion}`)).toEqual([
      'beta 3.0.0',
      'stable 2.0.0',
    ])
    expect(await fleet.set(app, { properties: { a: { type: ['number', 'string', 'null'] } } })).toMatchObject(
      {
        checked: 3,
        broken: 0,
      },
    )
  })

  test('changes nothing in a dry run, and is set by force of an administrator all the same, who is named', async () => {
    const { app } = fleet.names('app')
    await fleet.make(app)
    await fleet.publish(app, '1.0.0', { a: 1 })
    const rowOf = () => fleet.db.selectFrom('apps').selectAll().where('app_id', '=', app).executeTakeFirst()
    const before = await rowOf()
    await fleet.set(app, needs('b'), { dryRun: true })
    expect(await outcome(fleet.set(app, needs('b')))).toEqual([
      'schema_breaks_live',
      `/data/b ${app} (stable, 1.0.0): is missing`,
    ])
    expect(await rowOf()).toEqual(before)
    const editor = { ...administrator, name: 'ed', role: 'editor' as const }
    const forced = { schema: needs('b'), dryRun: false, force: true, reason: 'Soon' }
    expect(await outcome(fleet.as(editor, (scope) => setSchema(scope, app, forced, undefined)))).toEqual([
      'forbidden',
    ])
    expect(await fleet.set(app, needs('b'), { force: true, reason: 'Soon' })).toMatchObject({ broken: 1 })
    expect((await rowOf())?.revision).toBeGreaterThan(before?.revision ?? 0)
    const audited = await fleet.db
      .selectFrom('audit_log')
      .select(['actor', 'before', 'after', 'reason'])
      .where('action', '=', 'schema.set')
      .where('app_id', '=', app)
      .execute()
    expect(audited).toEqual([
      { actor: 'admin', before: null, after: { schema: needs('b'), forced: { broken: 1 } }, reason: 'Soon' },
    ])
  })

  test('does not look at archived apps, nor before its next release at one that moved below it', async () => {
    const { base, gone, moved } = fleet.names('base', 'gone', 'moved')
    await fleet.make(base, { kind: 'template' })
    await fleet.publish(base, '1.0.0', {})
    await fleet.set(base, typed('a', 'number'))
    for (const app of [gone, moved]) {
      await fleet.make(app)
      await fleet.publish(app, '1.0.0', { a: 'x' })
    }
    await fleet.admin((scope) => changeApp(scope, gone, { extends: base }, undefined))
    await fleet.admin((scope) => archiveApp(scope, gone, undefined))
    expect(await fleet.set(base, typed('a', 'integer'))).toMatchObject({ checked: 1, broken: 0 })
    await fleet.admin((scope) => changeApp(scope, moved, { extends: base }, undefined))
    expect(await outcome(fleet.release(moved, '1.0.0'))).toEqual([
      'schema_violation',
      `/data/a ${moved} (stable, 1.0.0): must be integer, and is string (schema of ${base})`,
    ])
  })

  test('shows those who may touch some apps only how many others break', async () => {
    const { base, mine, other } = fleet.names('base', 'mine', 'other')
    await fleet.make(base, { kind: 'template', labels: { team: 'a' } })
    await fleet.publish(base, '1.0.0', {})
    await fleet.make(mine, { extends: base, labels: { team: 'a' } })
    await fleet.make(other, { extends: base })
    for (const app of [mine, other]) await fleet.publish(app, '1.0.0', { a: 1 })
    const scoped = { name: 'ed', role: 'editor' as const, scope: { appIds: null, labels: { team: 'a' } } }
    const asScoped = (dryRun: boolean) =>
      fleet.as(scoped, async (scope) => {
        const input = { schema: typed('a', 'string'), dryRun, force: false }
        return (await setSchema(scope, base, input, undefined)).body as SchemaSet
      })
    const found = await asScoped(true)
    expect(found).toMatchObject({ checked: 3, broken: 2 })
    expect(found.breaks.map(({ appId }) => appId)).toEqual([mine])
    const refused = await outcome(asScoped(false))
    expect(refused).toHaveLength(2)
    expect(refused[1]).toContain(mine)
  })

  test('is held to thousands, batch by batch: 100 are listed, 20 named', async () => {
    const { base } = fleet.names('base')
    await fleet.make(base, { kind: 'template' })
    await fleet.publish(base, '1.0.0', { color: '#000' })
    await manyApps(base, 450)
    expect(await fleet.set(base, { properties: { n: { maximum: 450 } } })).toMatchObject({
      checked: 451,
      broken: 0,
    })
    const found = await fleet.set(base, { properties: { n: { maximum: 300 } } }, { dryRun: true })
    expect(found).toMatchObject({ checked: 451, broken: 150 })
    expect(found.breaks).toHaveLength(100)
    expect(await outcome(fleet.set(base, { properties: { n: { maximum: 300 } } }))).toHaveLength(21)
    await fleet.set(base, { properties: { color: { enum: ['#000', '#fff'] } } })
    await fleet.save(base, '1.0.1', { color: '#fff' })
    expect((await fleet.release(base, '1.0.1')).fanOut).toEqual({ apps: 450, channels: 450 })
  })

  /** Apps with a number each, live on their template. */
  const manyApps = async (base: string, count: number): Promise<void> => {
    await sql`with made as (
        insert into apps (app_id, name, extends) select ${base}::text || '-' || i, 'App', ${base}
        from generate_series(1, ${count}::int) i returning app_id, split_part(app_id, '-', 3)::int as n
      ), saved as (
        insert into configs (app_id, version, document, checksum, created_by)
        select app_id, '1.0.0', jsonb_build_object('configVersion', '1.0.0', 'data', jsonb_build_object('n', n)), '', '' from made
      ), released as (
        insert into releases (app_id, version, base_revision, base_version, kind, actor)
        select made.app_id, '1.0.0', c.revision, '1.0.0', 'publish', '' from made, channels c where c.app_id = ${base}
        returning app_id, revision
      )
      insert into channels (app_id, channel, revision) select app_id, 'stable', revision from released`.execute(
      fleet.db,
    )
  }
})
