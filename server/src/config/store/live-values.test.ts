import fc from 'fast-check'
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../../contract/json.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { mostRows, plansOf, scannedWhole } from '../../../../tests/stores/plans.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { cutOut, onlyAt } from '../inspect/value-at.ts'
import { listDeprecatedRows } from './deprecations.ts'
import { findOnTheWay, type SaidOnTheWay, scanLive } from './live-values.ts'

const wholeFleet = { appIds: null, labels: null }

describe.each(bothDatabases)('what documents say on the way to a pointer, on $kind', ({ make }) => {
  let own: OwnDatabase
  beforeAll(async () => {
    own = await make()
  })
  afterAll(() => own.drop())

  it('is what is cut out of each document', async () => {
    const db = own.database.kysely
    const names = fc.constantFrom('a', 'b', '0', '1', 'c/d')
    const json = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'medium' },
        fc.constantFrom<JsonValue>(null, 1, 'text', {}),
        fc.array(tie('value'), { maxLength: 2 }),
        fc.dictionary(names, tie('value'), { maxKeys: 3, noNullPrototype: true }),
      ),
    })).value
    const documents = fc.sample(
      fc.dictionary(names, json, { maxKeys: 4, noNullPrototype: true }) as fc.Arbitrary<JsonValue>,
      { numRuns: 200, seed: 7 },
    )
    // Each with the next two as its overrides.
    const versions = documents.map((data, i) => ({
      ...{ appId: `app-${i}`, version: '1.0.0', data },
      overrides: documents.slice(i + 1, i + 3).map((own, place) => ({ name: `o${place}`, data: own })),
    }))
    await sql`insert into apps (app_id, name) select v."appId", '' from
      jsonb_to_recordset(${JSON.stringify(versions)}::jsonb) as v("appId" text)`.execute(db)
    await sql`insert into configs (app_id, version, document, checksum, created_by)
      select v."appId", v.version, jsonb_build_object('data', v.data, 'overrides', v.overrides), '', '' from
      jsonb_to_recordset(${JSON.stringify(versions)}::jsonb)
        as v("appId" text, version text, data jsonb, overrides jsonb)`.execute(db)
    const ways = fc.sample(fc.array(names, { minLength: 1, maxLength: 4 }), { numRuns: 40, seed: 7 })
    for (const way of ways) {
      const said = await findOnTheWay(db, versions, way)
      const cut = (part: SaidOnTheWay) => onlyAt(way.slice(0, part.steps), part.value)
      for (const { appId, data, overrides } of versions) {
        const found = said.get(appId)
        const place = `${appId} /${way.join('/')}`
        expect(found?.data && cut(found.data), place).toEqual(cutOut(data, way))
        // Each is named, also where it says nothing there: it takes the place of its template's.
        expect(found?.overrides.map((one) => [one.name, cut(one.said)]) ?? [], place).toEqual(
          overrides.map((one) => [one.name, cutOut(one.data, way) ?? {}]),
        )
      }
    }
  })
})

describe('questions over a large fleet on postgres', () => {
  const apps = 12_000
  let own: OwnDatabase
  let db: Kysely<Tables>
  beforeAll(async () => {
    own = await bothDatabases[1].make()
    db = own.database.kysely
    await sql`insert into apps (app_id, kind, name) values ('t.one', 'template', ''), ('t.other', 'template', '')`.execute(
      db,
    )
    await sql`insert into apps (app_id, name, extends, labels, archived_at)
      select 'app.' || lpad(i::text, 6, '0'), 'App', case when i % 100 = 0 then 't.one' when i % 2 = 0 then 't.other' end,
        '{}', case when i <= 3000 then now() end
      from generate_series(1, ${apps}) i`.execute(db)
    await sql`insert into configs (app_id, version, document, checksum, created_by)
      select app_id, '1.0.0', jsonb_build_object('data', jsonb_build_object('text', repeat('x', 100))), '', '' from apps`.execute(
      db,
    )
    await sql`with made as (
        insert into releases (app_id, channel, version, kind, actor, deprecation_date)
        select app_id, channel, '1.0.0', 'publish', '', case when right(app_id, 2) = '07' then '2020-01-01' end
        from apps, unnest('{stable,beta}'::text[]) channel
        where channel = 'stable' or right(app_id, 3) = '001'
        returning app_id, channel, revision, deprecation_date
      ) insert into channels (app_id, channel, revision, deprecation_date) select * from made`.execute(db)
    await sql`analyze`.execute(db)
  })
  afterAll(() => own.drop())

  const scan = {
    scope: wholeFleet,
    extends: undefined,
    from: { appId: '', inclusive: false },
    rows: 500,
    bytes: 1e9,
  }
  const questions: [string, number, (db: Kysely<Tables>) => Promise<unknown>][] = [
    ['a scan of stable', 501, (db) => scanLive(db, { ...scan, channel: 'stable' })],
    [
      'a scan of stable from the middle',
      501,
      (db) => scanLive(db, { ...scan, channel: 'stable', from: { appId: 'app.005000', inclusive: false } }),
    ],
    ['a scan of a rare channel', 501, (db) => scanLive(db, { ...scan, channel: 'beta' })],
    ['a scan below a template', 501, (db) => scanLive(db, { ...scan, channel: 'stable', extends: 't.one' })],
    [
      'values of some apps',
      501,
      (db) =>
        findOnTheWay(
          db,
          Array.from({ length: 100 }, (_, i) => ({ appId: `app.${10_000 + i}`, version: '1.0.0' })),
          ['text'],
        ),
    ],
    [
      'what is deprecated',
      120,
      (db) => listDeprecatedRows(db, wholeFleet, { upTo: '2026-01-01', after: null, limit: 51 }),
    ],
  ]

  it.each(questions)('%s: by indexes, at most %i rows in any step', async (_, rows, ask) => {
    const steps = await plansOf(db, ask)
    expect(scannedWhole(steps), JSON.stringify(steps)).toEqual([])
    expect(mostRows(steps), JSON.stringify(steps)).toBeLessThanOrEqual(rows)
  })

  it('a scan ends where it has read enough documents, and goes on from there', async () => {
    const seen: string[] = []
    let scans = 0
    for (let after: string | null = 'app.011900'; after !== null; scans++) {
      const { live, stoppedAt } = await scanLive(db, {
        ...{ ...scan, channel: 'stable', bytes: 2_000 },
        from: { appId: after, inclusive: false },
      })
      expect(live.length).toBeLessThan(30)
      seen.push(...live.map(({ appId }) => appId))
      after = stoppedAt
    }
    expect(scans).toBeGreaterThan(3)
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => `app.0${11_901 + i}`))
  })

  it('a scan of archived apps alone finds none, and tells where to go on', async () => {
    expect(await scanLive(db, { ...scan, channel: 'stable' })).toEqual({ live: [], stoppedAt: 'app.000500' })
  })
})
