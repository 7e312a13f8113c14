import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { mostRows, plansOf, scannedWhole } from '../../../../tests/stores/plans.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { type AppFilter, listAppRows, searchAppRows } from './app-lists.ts'
import { findExtending } from './apps.ts'
import { longestBelow } from './chains.ts'

const apps = 50_000
const wholeFleet: AppFilter = { scope: { appIds: null, labels: null } }

/** A fleet as one comes to be: ids and names that begin alike, a few templates, a few archived apps, labels of all kinds. */
const seed = async (db: Kysely<Tables>): Promise<void> => {
  await sql`insert into apps (app_id, kind, name, extends) values
    ('t.root', 'template', 'Root', null), ('t.brand', 'template', 'Brand', 't.root')`.execute(db)
  await sql`
    insert into apps (app_id, name, extends, labels, archived_at)
    select 'com.example.' || lpad(i::text, 6, '0'), 'App ' || lpad((${apps} - i)::text, 6, '0'),
      case when i % 2 = 0 then 't.brand' end,
      jsonb_build_object('team', 'team-' || i % 500, 'tier', case when i % 10 = 0 then 'gold' else 'base' end),
      case when i % 5000 = 4999 then now() end
    from generate_series(1, ${apps}) i`.execute(db)
  await sql`insert into apps (app_id, name) select 'zz.' || i, 'ZZ ' || i from generate_series(1, 1500) i`.execute(
    db,
  )
  await sql`analyze apps`.execute(db)
}

describe('lists of a large fleet on postgres', () => {
  let own: OwnDatabase
  beforeAll(async () => {
    own = await bothDatabases[1].make()
    await seed(own.database.kysely)
  })
  afterAll(() => own.drop())

  const page = { after: null, limit: 51 }
  const lists: [string, number, (db: Kysely<Tables>) => Promise<unknown>][] = [
    ['the first page', 51, (db) => listAppRows(db, wholeFleet, page)],
    [
      'a page in the middle',
      51,
      (db) => listAppRows(db, wholeFleet, { ...page, after: 'com.example.030000' }),
    ],
    ['templates', 51, (db) => listAppRows(db, { ...wholeFleet, kind: 'template' }, page)],
    ['archived apps', 51, (db) => listAppRows(db, { ...wholeFleet, archived: true }, page)],
    [
      'apps of a template',
      51,
      (db) => listAppRows(db, { ...wholeFleet, extends: 't.brand' }, { ...page, after: 'com.example.04' }),
    ],
    [
      'a rare label',
      200,
      (db) => listAppRows(db, { ...wholeFleet, label: { name: 'team', value: 'team-7' } }, page),
    ],
    [
      'a frequent label',
      1_000,
      (db) => listAppRows(db, { ...wholeFleet, label: { name: 'tier', value: 'gold' } }, page),
    ],
    [
      'what a token of some apps is for',
      51,
      (db) => listAppRows(db, { scope: { appIds: ['com.example.000007', 'zz.3'], labels: null } }, page),
    ],
    [
      'what a token of a label is for',
      200,
      (db) => listAppRows(db, { scope: { appIds: null, labels: { team: 'team-9' } } }, page),
    ],
    ...(['appId', 'name'] as const).flatMap((by) =>
      ['com.example.0312', 'COM', 'App', 'app 0004', 'zz', 'nothing'].map(
        (search): [string, number, (db: Kysely<Tables>) => Promise<unknown>] => [
          `a search for ${search} by ${by}`,
          by === 'name' && search === 'zz' ? 1_500 : 51,
          (db) => searchAppRows(db, { ...wholeFleet, search }, { by, after: null, limit: 51 }),
        ],
      ),
    ),
    [
      'a search from the middle',
      51,
      (db) =>
        searchAppRows(
          db,
          { ...wholeFleet, search: 'app' },
          { by: 'name', after: { key: 'app 025000', appId: 'com.example.025000' }, limit: 51 },
        ),
    ],
    ['the depth below a template', 10, (db) => longestBelow(db, 't.root')],
    ['whether a template is in use', 10, (db) => findExtending(db, 't.root')],
  ]

  it.each(lists)('%s: by an index, at most %i rows in any step', async (_, rows, list) => {
    const steps = await plansOf(own.database.kysely, list)
    expect(scannedWhole(steps), JSON.stringify(steps)).toEqual([])
    expect(mostRows(steps), JSON.stringify(steps)).toBeLessThanOrEqual(rows)
  })
})
