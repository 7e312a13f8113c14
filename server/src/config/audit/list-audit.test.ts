import { CompiledQuery, type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import type { AppScope } from '../../platform/auth/authenticate.ts'
import type { Tables } from '../../platform/database/tables.ts'
import type { AuditFilter } from '../store/audit.ts'
import { listAuditRows } from '../store/audit.ts'
import { listAudit } from './list-audit.ts'

interface Plan {
  'Node Type': string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: Plan[]
}
const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

const wholeFleet: AppScope = { appIds: null, labels: null }
const rowCount = 20_000
/** Row n is of minute n. */
const minute = (n: number): Date => new Date(Date.UTC(2026, 0, 1, 0, n))

describe.each(bothDatabases)('the audit log of $kind', ({ make }) => {
  let own: OwnDatabase
  let db: Kysely<Tables>
  beforeAll(async () => {
    own = await make()
    db = own.database.kysely
    // Few rows are ann's, of app-7 or archives; most are a machine's releases.
    await own.database.maintain(({ script }) =>
      script(`
        insert into apps (app_id, name, labels) select 'app-' || n, 'A', jsonb_build_object('team', (n % 50)::text)
          from generate_series(0, 199) n;
        alter table audit_log disable trigger user;
        insert into audit_log (id, at, actor, action, app_id, hash) overriding system value
          select n, timestamptz '2026-01-01T00:00Z' + n * interval '1 minute', case when n % 500 = 0 then 'ann' else 'ci' end,
            case when n % 400 = 0 then 'app.archive' when n % 401 = 0 then 'key.create' else 'release.publish' end,
            case when n % 401 = 0 then null else 'app-' || (n % 200) end, ''
          from generate_series(1, ${rowCount}) n;
        alter table audit_log enable trigger user; analyze audit_log; analyze apps`),
    )
  })
  afterAll(() => own.drop())

  /** The rows of the log that a question touches, whether it answers them or not. */
  const touchedBy = async (filter: AuditFilter, scope: AppScope, before: number | null): Promise<number> => {
    const asked: CompiledQuery[] = []
    const watched = db.withPlugin({
      transformQuery: ({ node }) => {
        asked.push(db.getExecutor().compileQuery(node, { queryId: 'explained' }))
        return node
      },
      transformResult: async ({ result }) => result,
    })
    await listAuditRows(watched, filter, scope, { before, limit: 21 })
    let touched = 0
    for (const { sql: text, parameters } of asked) {
      const explain = CompiledQuery.raw(`explain (analyze, format json) ${text}`, [...parameters])
      const { rows } = await db.executeQuery<{ 'QUERY PLAN': [{ Plan: Plan }] }>(explain)
      for (const node of nodesOf((rows[0] as (typeof rows)[0])['QUERY PLAN'][0].Plan)) {
        if (!/Scan/.test(node['Node Type'])) continue
        touched += node['Actual Loops'] * (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0))
      }
    }
    return touched
  }

  const questions: [string, AuditFilter, AppScope, number][] = [
    ['all', {}, wholeFleet, 50],
    ['one app', { appId: 'app-7' }, wholeFleet, 50],
    ['a rare actor', { actor: 'ann' }, wholeFleet, 100],
    ['a common actor', { actor: 'ci' }, wholeFleet, 100],
    ['an action', { action: 'app.archive' }, wholeFleet, 100],
    ['a thing', { action: 'key' }, wholeFleet, 100],
    ['a common thing', { action: 'release' }, wholeFleet, 100],
    ['a time long ago', { from: minute(100), to: minute(200) }, wholeFleet, 300],
    ['an app at a time long ago', { appId: 'app-7', to: minute(2_000) }, wholeFleet, 100],
    ['an actor since a time', { actor: 'ann', from: minute(19_000) }, wholeFleet, 100],
    ['the apps of a token', {}, { appIds: ['app-7', 'app-8'], labels: null }, 4_000],
    ['the apps of a label', {}, { appIds: null, labels: { team: '7' } }, 4_000],
  ]

  test.each(questions)('answers %s without reading the rest', async (_, filter, scope, most) => {
    expect(await touchedBy(filter, scope, null)).toBeLessThanOrEqual(most)
    expect(await touchedBy(filter, scope, 10_000)).toBeLessThanOrEqual(most)
  })

  const idsOf = async (filter: AuditFilter, scope = wholeFleet): Promise<number[]> =>
    (await listAuditRows(db, filter, scope, { before: null, limit: rowCount })).map(({ id }) => id)

  test('answers every row that fits, newest first', async () => {
    const all = Array.from({ length: rowCount }, (_, n) => rowCount - n)
    expect(await idsOf({})).toEqual(all)
    expect(await idsOf({ actor: 'ann' })).toEqual(all.filter((n) => n % 500 === 0))
    expect(await idsOf({ action: 'app' })).toEqual(all.filter((n) => n % 400 === 0))
    expect(await idsOf({ action: 'ap' })).toEqual([])
    expect(await idsOf({ action: 'key.create' })).toEqual(all.filter((n) => n % 401 === 0 && n % 400 !== 0))
    expect(await idsOf({ appId: 'app-7', from: minute(1_007), to: minute(1_407) })).toEqual([1_207, 1_007])
    expect(await idsOf({ from: minute(rowCount + 1) })).toEqual([])
    expect(await idsOf({ to: minute(1) })).toEqual([])
  })

  test('answers a limited token rows of its apps alone', async () => {
    const both = { appIds: ['app-7', 'app-8', 'app-57'], labels: { team: '7' } }
    const seen = await db
      .selectFrom('audit_log')
      .select('id')
      .where('app_id', 'in', ['app-7', 'app-57'])
      .orderBy('id', 'desc')
      .execute()
    expect(await idsOf({}, both)).toEqual(seen.map(({ id }) => id))
    expect(await idsOf({ appId: 'app-8' }, both)).toEqual([])
    expect(await idsOf({ action: 'key' }, both)).toEqual([])
  })

  test('a clock that was set back hides no row', async () => {
    await sql`alter table audit_log disable trigger user`.execute(db)
    const early = new Date(minute(10_000).getTime() - 2_000)
    await db
      .updateTable('audit_log')
      .set({ at: early } as never)
      .where('id', '=', 10_001)
      .execute()
    expect(await idsOf({ from: early, to: minute(10_001) })).toEqual([10_001, 10_000])
    expect(await idsOf({ from: minute(9_999), to: minute(10_000) })).toEqual([10_001, 9_999])
  })

  test('goes on after a page where the cursor says', async () => {
    const reader = { db, actor: { name: 'admin', role: 'admin', scope: wholeFleet } } as const
    const first = await listAudit(reader, { limit: 3, actor: 'ann' })
    expect(first.items.map(({ id }) => id)).toEqual([20_000, 19_500, 19_000])
    const second = await listAudit(reader, { limit: 3, actor: 'ann', cursor: first.nextCursor ?? '' })
    expect(second.items.map(({ id }) => id)).toEqual([18_500, 18_000, 17_500])
  })
})
