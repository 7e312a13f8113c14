import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { bothDatabases } from '../../../tests/stores/databases.ts'
import { createTransact, type Scope } from './change.ts'
import { createSchemaChecks } from './schemas/create-schema-checks.ts'

const postgres = bothDatabases[1]
const by = {
  actor: { name: 'ann', role: 'admin' as const, scope: { appIds: null, labels: null } },
  requestId: 'test',
}

it('does the work of two who stood in each other’s way, each once, and tells of each once', async () => {
  const { database, drop } = await postgres.make()
  const db = database.kysely
  await sql`insert into apps (app_id, name) values ('a', '0'), ('b', '0')`.execute(db)
  const told: string[] = []
  const transact = createTransact(
    db,
    createSchemaChecks(),
    async (changes) => void told.push(...changes.map(({ appId }) => appId)),
  )
  let bothHaveOne: () => void = () => {}
  const waited = new Promise<void>((resolve) => {
    bothHaveOne = resolve
  })
  let attempts = 0
  let holding = 0
  const changeBoth = (first: string, second: string) => async (scope: Scope) => {
    attempts += 1
    await scope.announce([{ appId: first, channel: 'stable', sequence: 1 }])
    const raise = (appId: string) =>
      sql`update apps set name = (name::int + 1)::text where app_id = ${appId}`.execute(scope.db)
    await raise(first)
    holding += 1
    if (holding === 2) bothHaveOne()
    await waited
    await raise(second)
  }
  await Promise.all([transact(by, changeBoth('a', 'b')), transact(by, changeBoth('b', 'a'))])
  const { rows } = await sql<{ name: string }>`select name from apps order by app_id`.execute(db)
  expect(rows).toEqual([{ name: '2' }, { name: '2' }])
  expect(attempts).toBeGreaterThan(2)
  expect(told.sort()).toEqual(['a', 'b'])
  await drop()
})
