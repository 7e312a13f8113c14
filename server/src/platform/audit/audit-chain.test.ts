import { type Kysely, sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
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

describe.each(bothDatabases)('the chain of the audit log on $kind', ({ make }) => {
  let own: OwnDatabase
  beforeEach(async () => {
    own = await make()
  })
  afterEach(() => own.drop())

  const note = (action: string) => write(action, own.database.kysely)
  const check = (): Promise<AuditCheck> => verifyChain(own.database.kysely, patient)
  const writeFive = async (): Promise<void> => {
    for (const action of ['a', 'b', 'c', 'd', 'e']) await note(action)
  }
  test('an empty log and a whole one hold', async () => {
    expect(await check()).toMatchObject({ intact: true, rows: 0, brokenAt: null, head: null, next: null })
    await writeFive()
    expect(await check()).toEqual({
      intact: true,
      rows: 5,
      brokenAt: null,
      detail: 'The log is whole: every row up to 5 fits.',
      head: { id: 5, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      next: null,
    })
  })

  test('every row carries the hash of the row before it', async () => {
    const one = await note('a')
    const two = await note('b')
    expect(one.previous_hash).toBeNull()
    expect(Buffer.from(one.hash)).toHaveLength(32)
    expect(two.previous_hash).toEqual(one.hash)
    expect(two.id).toBe(one.id + 1)
  })

  test('it holds whatever the session shows times and numbers as', async () => {
    await note('a')
    await own.database.kysely.transaction().execute(async (transaction) => {
      await sql`set local timezone = 'Asia/Tokyo'`.execute(transaction)
      await sql`set local datestyle = 'SQL, DMY'`.execute(transaction)
      await write('b', transaction)
    })
    await note('c')
    expect(await check()).toMatchObject({ intact: true, rows: 3 })
  })

  test('it holds for every value a row may have', async () => {
    const values = {
      actor: 'Zoë "z" \\ \n',
      action: 'thing.verb',
      reason: 'because \u2028 of 名',
      request_id: 'r',
    }
    await own.database.kysely
      .insertInto('audit_log')
      .values([
        { ...values, before: 'null', after: '{"b":1.50,"a":[1e30,"\\u00e9"]}', target: '' },
        { actor: '', action: '' },
      ])
      .execute()
    expect(await check()).toMatchObject({ intact: true, rows: 2 })
  })

  test('writers at the same time and writers that fail leave one chain in the order of ids', async () => {
    const attempts = Array.from({ length: 40 }, (_, index) =>
      own.database.kysely.transaction().execute(async (transaction) => {
        await write(`action ${index}`, transaction)
        await write(`action ${index} too`, transaction)
        if (index % 4 === 0) throw new Error('the change failed')
      }),
    )
    await Promise.allSettled(attempts)
    const rows = await own.database.kysely.selectFrom('audit_log').select('id').orderBy('id').execute()
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1))
    expect(await check()).toMatchObject({ intact: true, rows: 60 })
  })

  test('a transaction that could not see the row before is refused', async () => {
    const old = own.database.kysely.transaction().setIsolationLevel('repeatable read')
    await expect(old.execute((transaction) => write('a', transaction))).rejects.toThrow(
      /read committed transactions only/,
    )
  })

  test('a log of many pages is checked in parts, each going on where the one before ended', async () => {
    const rows = Array.from({ length: 4_500 }, (_, n) => ({ actor: 'ann', action: 'a', target: `${n}` }))
    for (let n = 0; n < rows.length; n += 1_500) {
      await own.database.kysely
        .insertInto('audit_log')
        .values(rows.slice(n, n + 1_500))
        .execute()
    }
    const checks: AuditCheck[] = []
    for (let after: ChainPlace | undefined; ; ) {
      const part = await verifyChain(own.database.kysely, { budgetMs: 0, after })
      checks.push(part)
      if (part.next === null) break
      const [id, hash = ''] = part.next.split(':')
      expect(part.head).toEqual({ id: Number(id), hash })
      after = { id: Number(id), hash }
    }
    expect(checks.map(({ rows }) => rows)).toEqual([2_000, 2_000, 500])
    expect(checks.every(({ intact }) => intact)).toBe(true)
    const forged = { id: 2_000, hash: '0'.repeat(64) }
    const refused = await verifyChain(own.database.kysely, { budgetMs: 0, after: forged })
    expect(refused).toMatchObject({ intact: false, brokenAt: 2_000 })
  })

  test('rows with large documents are checked a few at a time', async () => {
    const noise = Array.from({ length: 60_000 }, () => Math.random())
    for (let n = 0; n < 5; n++) {
      await own.database.kysely
        .insertInto('audit_log')
        .values({ actor: 'ann', action: 'a', after: JSON.stringify(noise) })
        .execute()
    }
    const part = await verifyChain(own.database.kysely, { budgetMs: 0 })
    expect(part.rows).toBeLessThan(5)
    expect(part.next).not.toBeNull()
    expect(await check()).toMatchObject({ intact: true, rows: 5 })
  })
})
