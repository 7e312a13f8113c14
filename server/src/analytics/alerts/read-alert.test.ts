import type { Kysely } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { addApp, addRule, lookAt, measured } from './alerts.fixture.ts'
import { readAlert } from './read-alert.ts'

let own: OwnDatabase
let db: Kysely<Tables>
beforeAll(async () => {
  own = await bothDatabases[1].make()
  db = own.database.kysely
  await addApp(db, 'base', { kind: 'template' })
  await addApp(db, 'storefront', { kind: 'template', extends: 'base' })
  for (const appId of ['shop', 'tv']) await addApp(db, appId, { extends: 'storefront' })
  await addApp(db, 'radio')
  await db
    .insertInto('configs')
    .values({
      app_id: 'shop',
      version: '1.0.0',
      document: '{}',
      checksum: 'c',
      note: null,
      created_by: 'ann',
    })
    .execute()
  await db
    .insertInto('rollouts')
    .values({ rollout_id: 51, state: 'running', plan: '{}', actor: 'ann' } as never)
    .execute()
  await db
    .insertInto('releases')
    .values({
      app_id: 'shop',
      version: '1.0.0',
      kind: 'rollout',
      actor: 'ann',
      reason: null,
      rollout_id: 51,
    } as never)
    .execute()
})
afterAll(() => own.drop())

it.each<[string, object, string, Record<string, number>, 'firing' | 'quiet']>([
  ['its app', { kind: 'app', appId: 'shop' }, 'a', { '': 1 }, 'firing'],
  ['another app', { kind: 'app', appId: 'radio' }, 'b', { '': 1 }, 'quiet'],
  ['a template above it', { kind: 'template', appId: 'base' }, 'c', { '': 1 }, 'firing'],
  ['the fleet', { kind: 'fleet' }, 'd', { '': 1 }, 'firing'],
  ['each app, of which it is one', { kind: 'eachApp' }, 'e', { shop: 1, radio: 1 }, 'firing'],
  ['each app, of which it is none', { kind: 'eachApp' }, 'f', { tv: 1, radio: 1 }, 'quiet'],
])('tells a rollout of a rule about %s', async (_, scope, name, values, state) => {
  const now = Date.now()
  await addRule(db, { name, scope, forSeconds: 0 })
  expect(await readAlert(db, name, 51)).toEqual({ state: 'quiet', since: null })
  await lookAt(db, name, { now, measure: measured(values) })
  expect(await readAlert(db, name, 51)).toEqual({ state, since: state === 'firing' ? new Date(now) : null })
})

it('knows what is pending, and nothing of what is off or not there', async () => {
  await addRule(db, { name: 'pending' })
  await lookAt(db, 'pending', { now: Date.now(), measure: measured({ '': 1 }) })
  expect(await readAlert(db, 'pending', 51)).toEqual({ state: 'pending', since: null })
  await addRule(db, { name: 'off', isEnabled: false })
  expect(await readAlert(db, 'off', 51)).toBeUndefined()
  expect(await readAlert(db, 'none', 51)).toBeUndefined()
})
