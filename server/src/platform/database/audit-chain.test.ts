import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { migrate } from './migrate.ts'

describe.each(bothDatabases)('the chain of the audit log on $kind', ({ make }) => {
  let own: OwnDatabase
  beforeEach(async () => {
    own = await make()
    await migrate(own.database, () => {})
  })
  afterEach(() => own.drop())

  const write = (action: string, executor = own.database.kysely) =>
    executor
      .insertInto('audit_log')
      .values({ actor: 'ann', action, app_id: 'shop', after: '{"name":"Shop"}', reason: null })
      .returningAll()
      .executeTakeFirstOrThrow()
  const brokenAt = async (): Promise<number | null | undefined> => {
    const { rows } = await sql<{ id: number | null }>`select audit_log_broken_at() as id`.execute(
      own.database.kysely,
    )
    return rows[0]?.id
  }
  /** What somebody could do who owns the database. */
  const tamper = async (statement: string): Promise<void> => {
    await own.database.maintain(async ({ script }) => {
      await script(`alter table audit_log disable trigger user; ${statement};
        alter table audit_log enable trigger user`)
    })
  }
  const writeFive = async (): Promise<void> => {
    for (const action of ['a', 'b', 'c', 'd', 'e']) await write(action)
  }

  test('an empty log and a whole one hold', async () => {
    expect(await brokenAt()).toBeNull()
    await writeFive()
    expect(await brokenAt()).toBeNull()
  })

  test('every row carries the hash of the row before it', async () => {
    const one = await write('a')
    const two = await write('b')
    expect(one.previous_hash).toBeNull()
    expect(Buffer.from(one.hash)).toHaveLength(32)
    expect(two.previous_hash).toEqual(one.hash)
    expect(two.id).toBe(one.id + 1)
  })

  test('it holds whatever the session shows times and numbers as', async () => {
    await write('a')
    await own.database.kysely.transaction().execute(async (transaction) => {
      await sql`set local timezone = 'Asia/Tokyo'`.execute(transaction)
      await sql`set local datestyle = 'SQL, DMY'`.execute(transaction)
      await write('b', transaction)
    })
    await write('c')
    expect(await brokenAt()).toBeNull()
  })

  test('rows of one statement are chained too', async () => {
    const rows = ['a', 'b', 'c'].map((action) => ({ actor: 'ann', action }))
    await own.database.kysely.insertInto('audit_log').values(rows).execute()
    expect(await brokenAt()).toBeNull()
  })

  test('writers at the same time and writers that fail leave one chain in the order of ids', async () => {
    const attempts = Array.from({ length: 40 }, (_, index) =>
      own.database.kysely.transaction().execute(async (transaction) => {
        await write(`action ${index}`, transaction)
        if (index % 4 === 0) throw new Error('the change failed')
      }),
    )
    await Promise.allSettled(attempts)
    const rows = await own.database.kysely.selectFrom('audit_log').select('id').orderBy('id').execute()
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
    expect(await brokenAt()).toBeNull()
  })

  test('a transaction that could not see the row before is refused', async () => {
    const old = own.database.kysely.transaction().setIsolationLevel('repeatable read')
    await expect(old.execute((transaction) => write('a', transaction))).rejects.toThrow(
      /read committed transactions only/,
    )
  })

  test.each([
    ['a changed value', `update audit_log set after = '{"name":"Sh0p"}' where id = 3`, 3],
    ['a changed time', `update audit_log set at = at - interval '1 microsecond' where id = 3`, 3],
    [
      'a value moved to the next column',
      `update audit_log set target = app_id, app_id = null where id = 3`,
      3,
    ],
    ['a removed row', 'delete from audit_log where id = 3', 4],
    ['a removed first row', 'delete from audit_log where id = 1', 2],
    [
      'a changed row with a hash of its own',
      `update audit_log set actor = 'bob' where id = 3; update audit_log entry
        set hash = audit_log_hash(entry) where id = 3`,
      4,
    ],
    [
      'two rows that changed places',
      `update audit_log set id = 99 where id = 2; update audit_log set id = 2
        where id = 3; update audit_log set id = 3 where id = 99`,
      2,
    ],
  ])('%s is found', async (_, statement, id) => {
    await writeFive()
    // An identity that is always generated cannot be changed, even by its owner, before it is made an ordinary one.
    await tamper(`alter table audit_log alter id drop identity; ${statement}`)
    expect(await brokenAt()).toBe(id)
  })
})
