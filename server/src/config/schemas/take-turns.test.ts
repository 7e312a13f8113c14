import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bothDatabases } from '../../../../tests/stores/databases.ts'
import type { Scope } from '../change.ts'
import { releaseApp } from '../releases/publish-release.ts'
import { openSchemaFleet, outcome, type SchemaFleet, typed } from './schema-fleet.fixture.ts'
import { setSchema } from './set-schema.ts'

const postgres = bothDatabases[1]

describe('a schema and a release', () => {
  let fleet: SchemaFleet
  beforeAll(async () => {
    fleet = await openSchemaFleet(await postgres.make())
  })
  afterAll(() => fleet?.close())

  const pairs = [
    { released: 'app', held: 'app' },
    { released: 'app', held: 'base' },
    { released: 'base', held: 'app' },
    { released: 'base', held: 'base' },
  ] as const
  describe.each(pairs)('of $held and a release of $released', ({ released, held }) => {
    const start = async () => {
      const family = fleet.names('base', 'app')
      await fleet.make(family.base, { kind: 'template' })
      await fleet.publish(family.base, '1.0.0', { base: 1 })
      await fleet.make(family.app, { extends: family.base })
      await fleet.publish(family.app, '1.0.0', { app: 1 })
      await fleet.save(family[released], '2.0.0', { [released]: 'x', more: 1 })
      const input = { schema: typed(released, 'number'), dryRun: false, force: false }
      const made = { ifMatch: undefined, isApproved: false }
      return {
        release: (scope: Scope) => releaseApp(scope, family[released], { configVersion: '2.0.0' }, made),
        set: (scope: Scope) => setSchema(scope, family[held], input, undefined),
      }
    }
    const refusal = expect.stringContaining('must be number, and is string')

    test('take turns: after the release, the schema would break it', async () => {
      const verbs = await start()
      expect(await outcomeBehind(verbs.release, verbs.set)).toEqual(
        expect.arrayContaining(['schema_breaks_live', refusal]),
      )
    })

    test('take turns: after the schema, the release breaks it', async () => {
      const verbs = await start()
      expect(await outcomeBehind(verbs.set, verbs.release)).toEqual(
        expect.arrayContaining(['schema_violation', refusal]),
      )
    })
  })

  /** The outcome of the second verb, which begins when the first has done all but to commit. */
  const outcomeBehind = async (
    first: (scope: Scope) => Promise<unknown>,
    second: (scope: Scope) => Promise<unknown>,
  ) => {
    const did = Promise.withResolvers<void>()
    const may = Promise.withResolvers<void>()
    const one = fleet.admin(async (scope) => {
      await first(scope)
      did.resolve()
      await may.promise
    })
    await Promise.race([did.promise, one])
    const two = outcome(fleet.admin(second))
    await Promise.race([two, somebodyWaits()])
    may.resolve()
    await one
    return two
  }

  const somebodyWaits = async (): Promise<void> => {
    for (let waiting = 0; waiting === 0; ) {
      const { rows } = await sql<{ waiting: number }>`
        select count(*)::int as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(fleet.db)
      waiting = rows[0]?.waiting ?? 0
    }
  }
})
