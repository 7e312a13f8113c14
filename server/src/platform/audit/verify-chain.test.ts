import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuditCheck } from '../../../../contract/audit.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import type { Tables } from '../database/tables.ts'
import type { ChainPlace } from './check-page.ts'
import { verifyChain } from './verify-chain.ts'

const patient = { budgetMs: 60_000 }

const write = (action: string, db: Kysely<Tables>) =>
  db
    .insertInto('audit_log')
    .values({ actor: 'ann', action, app_id: 'shop', after: '{"name":"Shop"}', reason: null })
    .returningAll()
    .executeTakeFirstOrThrow()

const guard = (state: 'enable' | 'disable'): string[] =>
  ['audit_log', 'audit_head'].map((table) => `alter table ${table} ${state} trigger user`)
const withoutGuard = [...guard('disable'), 'alter table audit_log alter id drop identity if exists']
const withGuard = guard('enable')

/** Writes all rows anew, with the hashes and the head that the trigger makes. */
const rewriteAll = `create temp table kept on commit drop as select * from audit_log;
  delete from audit_log; update audit_head set id = 0, hash = null;
  alter table audit_log enable trigger audit_log_is_chained;
  insert into audit_log select * from kept order by id;
  drop table kept`

/** What somebody does who owns the database, and what a check says of it; nothing of it stays. */
describe.each(bothDatabases)('a tampered audit log on $kind', ({ make }) => {
  let own: OwnDatabase
  beforeAll(async () => {
    own = await make()
    for (const action of ['a', 'b', 'c', 'd', 'e']) await write(action, own.database.kysely)
  })
  afterAll(() => own.drop())

  const logIn = (db: Kysely<Tables>) => {
    const check = (since?: ChainPlace): Promise<AuditCheck> => verifyChain(db, { ...patient, since })
    return {
      check,
      write: (action: string) => write(action, db),
      headOf: async (): Promise<ChainPlace> => (await check()).head ?? { id: 0, hash: null },
      tamper: async (statements: string): Promise<void> => {
        for (const statement of [...withoutGuard, ...statements.split(';'), ...withGuard]) {
          await sql.raw(statement).execute(db)
        }
      },
    }
  }
  const inVain = async (attempt: (log: ReturnType<typeof logIn>) => Promise<void>): Promise<void> => {
    const undo = new Error('undo')
    const transaction = own.database.kysely.transaction().execute(async (db) => {
      await attempt(logIn(db))
      throw undo
    })
    await expect(transaction).rejects.toBe(undo)
  }

  test.each([
    ['a changed value', `update audit_log set after = '{"name":"Sh0p"}' where id = 3`, 3, /was changed/],
    [
      'a changed time',
      `update audit_log set at = at - interval '1 microsecond' where id = 3`,
      3,
      /was changed/,
    ],
    [
      'a value moved to the next column',
      `update audit_log set target = app_id, app_id = null where id = 3`,
      3,
      /was changed/,
    ],
    ['a removed row', 'delete from audit_log where id = 3', 4, /are missing/],
    ['a removed first row', 'delete from audit_log where id = 1', 2, /are missing/],
    ['a removed last row', 'delete from audit_log where id = 5', 5, /Row 5 is missing/],
    ['removed last rows', 'delete from audit_log where id > 2', 3, /Rows 3 to 5 are missing/],
    ['all rows removed', 'delete from audit_log', 1, /Rows 1 to 5 are missing/],
    [
      'a row changed together with its hash',
      `update audit_log set actor = 'bob' where id = 3; update audit_log entry
        set hash = audit_log_hash(entry) where id = 3`,
      4,
      /does not follow/,
    ],
    [
      'the last row changed together with its hash',
      `update audit_log set actor = 'bob' where id = 5; update audit_log entry
        set hash = audit_log_hash(entry) where id = 5`,
      5,
      /not the row that the log ended with/,
    ],
    [
      'two rows that changed places',
      `update audit_log set id = 99 where id = 2; update audit_log set id = 2
        where id = 3; update audit_log set id = 3 where id = 99`,
      2,
      /was changed|does not follow/,
    ],
    [
      'a row inserted at the end',
      `insert into audit_log (id, at, actor, action, previous_hash, hash)
        select 6, now(), 'bob', 'x', hash, hash from audit_log where id = 5`,
      6,
      /was changed/,
    ],
    [
      'a fitting row inserted at the end',
      `insert into audit_log (id, at, actor, action, previous_hash, hash)
        select 6, now(), 'bob', 'x', hash, hash from audit_log where id = 5;
        update audit_log entry set hash = audit_log_hash(entry) where id = 6`,
      6,
      /inserted past it/,
    ],
    [
      'a row inserted in the middle',
      `update audit_log set id = id + 10 where id > 2; update audit_log set id = id - 9 where id > 2;
        insert into audit_log (id, at, actor, action, previous_hash, hash)
        select 3, now(), 'bob', 'x', hash, hash from audit_log where id = 2;
        update audit_log entry set hash = audit_log_hash(entry) where id = 3`,
      4,
      /was changed|does not follow/,
    ],
    ['a removed head', 'delete from audit_head', 5, /audit_head/],
  ])('%s is found', (_, statement, id, detail) =>
    inVain(async ({ tamper, check }) => {
      await tamper(statement)
      const found = await check()
      expect(found).toMatchObject({ intact: false, brokenAt: id })
      expect(found.detail).toMatch(detail)
    }),
  )

  test('a function that answers what the tamperer wants does not hide a change', () =>
    inVain(async ({ tamper, check }) => {
      await tamper(`update audit_log set actor = 'bob' where id = 3;
      create or replace function audit_log_hash(entry audit_log) returns bytea language sql stable as 'select entry.hash'`)
      expect(await check()).toMatchObject({ intact: false, brokenAt: 3 })
    }))

  test('rows removed at the end are missed also when others have been written since', () =>
    inVain(async ({ tamper, check, write }) => {
      await tamper('delete from audit_log where id > 3')
      await write('f')
      expect(await check()).toMatchObject({
        intact: false,
        brokenAt: 6,
        detail: expect.stringMatching(/missing/),
      })
    }))

  describe('with the head of an earlier check', () => {
    test('a log that only grew is whole', () =>
      inVain(async ({ check, write, headOf }) => {
        const since = await headOf()
        await write('f')
        const found = await check(since)
        expect(found).toMatchObject({ intact: true, rows: 6, head: { id: 6 } })
        expect(found.detail).toContain('row 5 is the one of the check before')
      }))

    test('rows removed at the end together with the head are found', () =>
      inVain(async ({ tamper, check, write, headOf }) => {
        const since = await headOf()
        await tamper(`delete from audit_log where id > 3;
        update audit_head set (id, hash) = (select id, hash from audit_log where id = 3)`)
        expect(await check()).toMatchObject({ intact: true, rows: 3 })
        const found = await check(since)
        expect(found).toMatchObject({
          intact: false,
          brokenAt: 5,
          detail: expect.stringMatching(/is missing/),
        })
        // And also when as many others have been written since.
        await write('f')
        await write('g')
        expect(await check(since)).toMatchObject({ intact: false, brokenAt: 5 })
      }))

    test('a chain rewritten as a whole is found', () =>
      inVain(async ({ tamper, check, headOf }) => {
        const since = await headOf()
        await tamper(`update audit_log set actor = 'bob' where id = 2; ${rewriteAll}`)
        expect(await check()).toMatchObject({ intact: true, rows: 5 })
        const found = await check(since)
        expect(found).toMatchObject({
          intact: false,
          brokenAt: 5,
          detail: expect.stringMatching(/rewritten/),
        })
      }))
  })
})
