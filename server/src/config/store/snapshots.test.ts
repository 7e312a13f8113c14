import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { countStatements } from '../../../../tests/stores/count-statements.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { keepTemplateDocuments } from './documents.ts'
import { makeReleases, type Target } from './releases.ts'
import { findSnapshots } from './snapshots.ts'

describe.each(bothDatabases)('what is live on $kind', ({ make }) => {
  let own: OwnDatabase
  let db: Kysely<Tables>
  beforeAll(async () => {
    own = await make()
    db = own.database.kysely
    await publish('base', { theme: { primary: 'blue', dark: true }, legal: 'none' }, { kind: 'template' })
    const base = await revisionOf('base')
    for (const n of [1, 2, 3])
      await publish(`shop-${n}`, { theme: { primary: `red ${n}` } }, { base, extend: 'base' })
    await publish('alone', { on: true })
  })
  afterAll(() => own?.drop())

  const publish = async (
    appId: string,
    data: object,
    how: { kind?: 'template'; extend?: string; base?: number; channel?: string; version?: string } = {},
  ): Promise<void> => {
    const version = how.version ?? '1.0.0'
    await db
      .insertInto('apps')
      .values({ app_id: appId, name: appId, kind: how.kind ?? 'app', extends: how.extend ?? null })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    const document = JSON.stringify({ configVersion: version, data })
    await db
      .insertInto('configs')
      .values({ app_id: appId, version, document, checksum: 'c', created_by: 'ann' })
      .execute()
    await release({ appId, channel: how.channel ?? 'stable', version, baseRevision: how.base ?? null })
  }
  const release = (target: Target) =>
    makeReleases(db, [target], {
      kind: 'publish',
      actor: 'ann',
      reason: null,
      rollout: null,
      fleetReleaseId: null,
    })
  const revisionOf = async (appId: string): Promise<number> => {
    const row = await db.selectFrom('channels').select('revision').where('app_id', '=', appId)
    return (await row.executeTakeFirstOrThrow()).revision
  }
  const stable = (...appIds: string[]) => appIds.map((appId) => ({ appId, channel: 'stable' }))

  test('takes one statement for any number of apps without a template', async () => {
    const counted = countStatements(db)
    const one = await findSnapshots(counted.db, stable('alone'))
    expect(counted.take()).toBe(1)
    expect(one.get('alone')).toMatchObject({ state: 'released', config: { data: { on: true } } })
    const many = await findSnapshots(counted.db, stable('alone', 'base', 'nobody'))
    expect(counted.take()).toBe(1)
    expect(many.get('alone')).toEqual(one.get('alone'))
    expect(many.get('base')).toEqual({ state: 'absent', why: 'unknown' })
    expect(many.get('nobody')).toEqual({ state: 'absent', why: 'unknown' })
  })

  test('takes two more for templates, and reads each template once for all', async () => {
    const counted = countStatements(db)
    const templates = keepTemplateDocuments(1_000_000)
    const found = await findSnapshots(counted.db, stable('shop-1', 'alone', 'shop-2'), templates)
    expect(counted.take()).toBe(3)
    for (const n of [1, 2]) {
      expect(found.get(`shop-${n}`)).toMatchObject({
        config: {
          configVersion: '1.0.0',
          data: { theme: { primary: `red ${n}`, dark: true }, legal: 'none' },
        },
      })
    }
    const third = await findSnapshots(counted.db, stable('shop-3'), templates)
    expect(counted.take()).toBe(2)
    expect(third.get('shop-3')).toMatchObject({ config: { data: { theme: { primary: 'red 3' } } } })
  })

  test('tells how far a rollout has brought its candidate', async () => {
    await publish('rolling', { on: 1 })
    const document = JSON.stringify({ configVersion: '2.0.0', data: { on: 2 } })
    await db
      .insertInto('configs')
      .values({ app_id: 'rolling', version: '2.0.0', document, checksum: 'c', created_by: 'ann' })
      .execute()
    const { rows } = await sql<{ rollout_id: number; candidate_revision: number; sequence: number }>`
      with rollout as (
        insert into rollouts (plan, percent, actor) values ('{}', 25.5, 'ann') returning rollout_id
      ), made as (
        insert into releases (app_id, version, kind, actor) values ('rolling', '2.0.0', 'rollout', 'ann') returning revision
      )
      update channels set candidate_revision = made.revision, rollout_id = rollout.rollout_id, sequence = nextval('revisions')
      from made, rollout where app_id = 'rolling' 
      returning rollout.rollout_id, candidate_revision, sequence`.execute(db)
    const [made] = rows
    const found = await findSnapshots(db, stable('rolling', 'alone'))
    expect(found.get('rolling')).toMatchObject({
      sequence: made?.sequence,
      config: { configVersion: '1.0.0', data: { on: 1 } },
      candidate: {
        revision: made?.candidate_revision,
        rolloutId: made?.rollout_id,
        percent: 25.5,
        config: { configVersion: '2.0.0', data: { on: 2 } },
      },
    })
    expect(found.get('alone')).not.toHaveProperty('candidate')
  })

  test('tells how long devices of the app wait, where it says so', async () => {
    await publish('patient', { on: true })
    await db.updateTable('apps').set({ poll_seconds: 60 }).where('app_id', '=', 'patient').execute()
    const found = await findSnapshots(db, stable('patient', 'alone'))
    expect(found.get('patient')).toMatchObject({ pollSeconds: 60 })
    expect(found.get('alone')).toMatchObject({ pollSeconds: null })
  })

  test('tells who may read it, where that is not everybody, and its labels', async () => {
    await publish('closed', { on: true })
    const said = { access: 'key', allowedOrigins: ['https://a.example'], labels: { team: 'a' } } as const
    await db
      .updateTable('apps')
      .set({
        access: said.access,
        allowed_origins: JSON.stringify(said.allowedOrigins),
        labels: JSON.stringify(said.labels),
      })
      .where('app_id', '=', 'closed')
      .execute()
    const found = await findSnapshots(db, stable('closed', 'alone'))
    expect(found.get('closed')).toMatchObject(said)
    for (const name of Object.keys(said)) expect(found.get('alone')).not.toHaveProperty(name)
  })

  test('holds an archived app by the channels that will tell of its return', async () => {
    await publish('gone', { on: true })
    await db.updateTable('apps').set({ archived_at: new Date() }).where('app_id', '=', 'gone').execute()
    const asked = ['stable', 'beta'].map((channel) => ({ appId: 'gone', channel }))
    const found = await findSnapshots(db, asked)
    expect(found.get('gone')).toMatchObject({ state: 'archived' })
    expect(found.get('gone:beta')).toEqual({ state: 'absent', why: 'unreleased' })
  })
})
