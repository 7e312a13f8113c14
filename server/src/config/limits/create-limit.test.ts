import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createLimitInput } from '../../../../contract/limit.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { administrator } from '../../platform/auth/authenticate.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { createTransact, type Transact } from '../change.ts'
import { createSchemaChecks } from '../schemas/create-schema-checks.ts'
import { readLimitsState } from '../store/limits.ts'
import { createLimit } from './create-limit.ts'

const checks = createSchemaChecks()
let own: OwnDatabase
let db: Kysely<Tables>
let transact: Transact
beforeAll(async () => {
  own = await bothDatabases[1].make()
  db = own.database.kysely
  transact = createTransact(db, checks, async () => {})
})
afterAll(async () => {
  await own.drop()
  await checks.close()
})

const create = (input: object): Promise<unknown> =>
  transact({ actor: administrator, requestId: 'test' }, (scope) =>
    createLimit(scope, createLimitInput.parse({ quota: 1, windowSeconds: 1, ...input })),
  ).then(
    ({ status }) => status,
    (error) => error.code,
  )

it('begins with two that protect a gateway from one address', async () => {
  const { limits } = await readLimitsState(db)
  expect(limits).toMatchObject([
    { name: 'burst', per: 'ip', routeClass: 'any', quota: 10_000, windowSeconds: 10, mode: 'process' },
    { name: 'management', per: 'ip', routeClass: 'management', quota: 6_000, windowSeconds: 60 },
  ])
})

it('makes one of those that cannot stand beside each other, also where they come at once', async () => {
  const same = { appIds: ['shop'] }
  const made = await Promise.all(['a', 'b', 'c'].map((name) => create({ ...same, name: `burst.${name}` })))
  expect(made.sort()).toEqual([201, 'limit_overlaps', 'limit_overlaps'])
})

it('makes 32 policies and 1,000 limits at most', async () => {
  await sql`insert into limits (name, per, route_class, quota, window_seconds, cost, mode, revision)
    select 'p' || n, 'ip', 'any', 1, 1, '1', 'shared', 1 from generate_series(3, 31) n`.execute(db)
  expect(await create({ name: 'p32', per: 'ip' })).toBe(201)
  expect(await create({ name: 'p33', per: 'ip' })).toBe('too_many_limits')
  await sql`insert into limits (name, app_ids, quota, window_seconds, revision)
    select 'p3.e' || n, array['app' || n], 1, 1, 1 from generate_series(34, 999) n`.execute(db)
  expect(await create({ name: 'p4.a', appIds: ['shop'] })).toBe(201)
  expect(await create({ name: 'p4.b', appIds: ['other'] })).toBe('too_many_limits')
})
