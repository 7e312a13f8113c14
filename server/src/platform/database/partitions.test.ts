import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { dayRange, dropPartitionsBefore, ensurePartition, listPartitions, monthRange } from './partitions.ts'

test('a day and a month are those of UTC', () => {
  const at = new Date('2027-12-31T23:59:59.999Z')
  expect(dayRange(at)).toEqual({
    suffix: '20271231',
    from: new Date('2027-12-31T00:00:00Z'),
    to: new Date('2028-01-01T00:00:00Z'),
  })
  expect(monthRange(at)).toEqual({
    suffix: '202712',
    from: new Date('2027-12-01T00:00:00Z'),
    to: new Date('2028-01-01T00:00:00Z'),
  })
})

describe.each(bothDatabases)('partitions on $kind', ({ make }) => {
  let own: OwnDatabase
  beforeAll(async () => {
    own = await make()
    for (const [table, type] of [
      ['by_date', 'date'],
      ['by_time', 'timestamptz'],
    ]) {
      await sql`create table ${sql.table(table ?? '')} (at ${sql.raw(type ?? '')} not null, n int not null default 7 check (n > 0),
        primary key (at, n)) partition by range (at)`.execute(own.database.kysely)
    }
  })
  afterAll(() => own?.drop())

  const partitionsOf = async (table: string) =>
    (await listPartitions(own.database.kysely, [table])).map(({ name }) => name)

  test.each(['by_date', 'by_time'])('of %s are made once, whoever asks at once', async (table) => {
    const db = own.database.kysely
    const at = new Date('2026-11-23T17:00:00Z')
    await Promise.all([1, 2, 3, 4].map(() => ensurePartition(db, table, dayRange(at))))
    expect(await partitionsOf(table)).toEqual([`${table}_20261123`])
    await sql`insert into ${sql.table(table)} (at) values (${at})`.execute(db)
    const other = sql`insert into ${sql.table(table)} (at) values ('2026-11-24T00:00:00Z')`.execute(db)
    await expect(other).rejects.toMatchObject({ code: '23514' })
    const same = sql`insert into ${sql.table(table)} (at) values (${at})`.execute(db)
    await expect(same).rejects.toMatchObject({ code: '23505' })
    const wrong = sql`insert into ${sql.table(table)} (at, n) values (${at}, 0)`.execute(db)
    await expect(wrong).rejects.toMatchObject({ code: '23514' })
  })

  test('are made in the transaction of the caller, and undone with it', async () => {
    const db = own.database.kysely
    const failing = db.transaction().execute(async (transaction) => {
      await ensurePartition(transaction, 'by_time', dayRange(new Date('2026-12-01T00:00:00Z')))
      throw new Error('undone')
    })
    await expect(failing).rejects.toThrow('undone')
    expect(await partitionsOf('by_time')).not.toContain('by_time_20261201')
  })

  test('tell their rows, bytes and range, and go when their time is over', async () => {
    const db = own.database.kysely
    for (const month of ['2026-08', '2026-09', '2026-10']) {
      await ensurePartition(db, 'by_date', monthRange(new Date(`${month}-15T00:00:00Z`)))
    }
    // A session counts its rows up to a second later: on top of those that an analyze found meanwhile.
    await db.connection().execute(async (session) => {
      await sql`insert into by_date values ('2026-09-01', 1), ('2026-09-30', 2)`.execute(session)
      await sql`select pg_stat_force_next_flush()`.execute(session)
    })
    await sql`analyze by_date_202609`.execute(db)
    const [, september] = await listPartitions(db, ['by_date', 'nowhere'])
    expect(september).toMatchObject({
      ...{ table: 'by_date', name: 'by_date_202609', rows: 2 },
      ...{ from: new Date('2026-09-01T00:00:00Z'), to: new Date('2026-10-01T00:00:00Z') },
    })
    expect(september?.bytes).toBeGreaterThan(0)
    expect(await dropPartitionsBefore(db, 'by_date', new Date('2026-10-31T23:00:00Z'))).toEqual([
      'by_date_202608',
      'by_date_202609',
    ])
    expect(await partitionsOf('by_date')).toEqual(['by_date_202610', 'by_date_20261123'])
  })
})
