import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { askPostgres } from '../../../../tests/stores/ask.ts'
import { startPostgres } from '../../../../tests/stores/own-postgres.ts'
import type { OwnServer } from '../../../../tests/stores/own-server.ts'
import { startProxy } from '../../../../tests/stores/proxy.ts'
import type { Database } from './database.ts'
import { isStoreUnavailable } from './errors.ts'
import { openDatabase } from './open-database.ts'

let server: OwnServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.remove())

const errors: unknown[] = []
beforeEach(() => {
  errors.length = 0
})

/** For what is to end by a bound; a server that is only busy may take longer, so all else has bounds that it never reaches. */
const short = { statementTimeoutMs: 1_000, connectTimeoutMs: 2_000 }
type Options = { url?: string; poolSize?: number; statementTimeoutMs?: number; connectTimeoutMs?: number }
const open = async (options: Options = {}) => {
  const database = await openDatabase({
    url: server.url,
    dataDir: '',
    poolSize: 2,
    statementTimeoutMs: 20_000,
    connectTimeoutMs: 15_000,
    onError: (error) => errors.push(error),
    ...options,
  })
  onTestFinished(() => database.close())
  return database
}

const one = ({ kysely }: Database) => sql`select 1 as one`.execute(kysely).then(({ rows }) => rows)
const sleep = ({ kysely }: Database, seconds: number) => sql`select pg_sleep(${seconds})`.execute(kysely)
const backends = (condition = 'true') =>
  askPostgres(
    server.url,
    `select pid, state from pg_stat_activity where application_name = 'parasol' and ${condition}`,
  )

/** Ends as `isStoreUnavailable`, and does end. */
const expectUnavailable = async (work: Promise<unknown>): Promise<void> => {
  const error = await work.then(
    () => new Error('it answered'),
    (reason) => reason,
  )
  expect(error).toSatisfy(isStoreUnavailable)
}

describe('a connection', () => {
  test('has a name, and a bound for each wait that the server can end', async () => {
    const { kysely } = await open({ statementTimeoutMs: 3_000 })
    const { rows } = await sql<{
      name: string
      setting: string
    }>`select name, setting from pg_settings where name in
      ('application_name', 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')`.execute(
      kysely,
    )
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      application_name: 'parasol',
      statement_timeout: '3000',
      lock_timeout: '1500',
      idle_in_transaction_session_timeout: '6000',
    })
  })

  test('that the server ends while idle is reported and replaced', async () => {
    const database = await open()
    await one(database)
    await askPostgres(
      server.url,
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'parasol'`,
    )
    await eventually(() => expect(errors).toHaveLength(1))
    expect(errors[0]).toSatisfy(isStoreUnavailable)
    expect(await one(database)).toEqual([{ one: 1 }])
  })

  test('that the server ends during a query fails that query as unavailable and is replaced', async () => {
    const database = await open()
    const asleep = expectUnavailable(sleep(database, 15))
    await eventually(async () => expect(await backends(`state = 'active'`)).toHaveLength(1))
    await askPostgres(
      server.url,
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'parasol'`,
    )
    await asleep
    expect(await one(database)).toEqual([{ one: 1 }])
  })

  test('that the server ends inside a transaction tells why, not that the rollback failed', async () => {
    const database = await open()
    const work = database.kysely.transaction().execute(async (transaction) => {
      await sql`select pg_terminate_backend(pg_backend_pid())`.execute(transaction)
    })
    await expect(work).rejects.toMatchObject({ code: '57P01' })
    expect(await one(database)).toEqual([{ one: 1 }])
  })
})

describe('a bound', () => {
  test('ends a long statement, and the connection is used again', async () => {
    const database = await open({ ...short, poolSize: 1 })
    const before = await sql`select pg_backend_pid() as pid`.execute(database.kysely)
    await expect(sleep(database, 30)).rejects.toMatchObject({ code: '57014' })
    expect((await sql`select pg_backend_pid() as pid`.execute(database.kysely)).rows).toEqual(before.rows)
  })

  test('ends the wait for a lock', async () => {
    const database = await open(short)
    const take = (transaction: Database['kysely']) =>
      sql`select pg_advisory_xact_lock(1)`.execute(transaction)
    await database.kysely.transaction().execute(async (transaction) => {
      await take(transaction)
      await expect(take(database.kysely)).rejects.toMatchObject({ code: '55P03' })
    })
  })

  test('ends a transaction that does nothing, without ending this process', async () => {
    const database = await open(short)
    const work = database.kysely.transaction().execute(async (transaction) => {
      await one({ ...database, kysely: transaction })
      await eventually(() => expect(errors).toHaveLength(1))
      await one({ ...database, kysely: transaction })
    })
    await expectUnavailable(work)
    expect(errors[0]).toMatchObject({ code: '25P03' })
    expect(await one(database)).toEqual([{ one: 1 }])
  })

  test('ends the wait for a connection while all are busy', async () => {
    const database = await open({ poolSize: 1, connectTimeoutMs: short.connectTimeoutMs })
    await database.kysely.transaction().execute(async (transaction) => {
      await one({ ...database, kysely: transaction })
      await expectUnavailable(one(database))
    })
    expect(await one(database)).toEqual([{ one: 1 }])
  })
})

describe('a server that is stopped in the middle of everything', () => {
  test('fails reads, transactions and pings in bounded time, and all is well when it is back', async () => {
    const database = await open({ ...short, poolSize: 3 })
    await Promise.all([one(database), one(database), one(database)])
    const questions: Promise<unknown>[] = []
    const work = database.kysely.transaction().execute(async (transaction) => {
      await one({ ...database, kysely: transaction })
      server.pause()
      questions.push(expectUnavailable(database.ping()))
      for (let i = 0; i < 8; i += 1) questions.push(expectUnavailable(one(database)))
      // Even who goes on after the failure cannot commit a part.
      await expectUnavailable(one({ ...database, kysely: transaction }))
    })
    await expectUnavailable(work)
    await Promise.all(questions)
    server.resume()
    await vi.waitFor(() => one(database), 20_000)
    const answers = await Promise.all(Array.from({ length: 12 }, () => one(database)))
    expect(answers).toHaveLength(12)
  })

  test('is told as the reason of a failed transaction', async () => {
    const database = await open(short)
    const work = database.kysely.transaction().execute(async (transaction) => {
      server.pause()
      await one({ ...database, kysely: transaction })
    })
    await expect(work).rejects.toThrow('Query read timeout')
    server.resume()
  })

  test('does not keep the pool from closing', async () => {
    const database = await open(short)
    await one(database)
    server.pause()
    const asked = expectUnavailable(one(database))
    await database.close()
    await asked
    server.resume()
    await vi.waitFor(async () => expect(await backends()).toHaveLength(0), 20_000)
  })

  test('leaves no connection with a question still open in the pool', async () => {
    const database = await open({ ...short, poolSize: 1 })
    const askPid = async () => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(database.kysely)
      return rows[0]?.pid
    }
    const before = await askPid()
    server.pause()
    await expectUnavailable(one(database))
    server.resume()
    const after = await vi.waitFor(askPid, 20_000)
    expect(after).toBeTypeOf('number')
    expect(after).not.toBe(before)
  })
})

describe('a server that is away', () => {
  test('is no error when opening, and one that passes when asking', async () => {
    const database = await open()
    await server.stop()
    await expectUnavailable(one(database))
    await expectUnavailable(database.ping())
    await expectUnavailable(database.maintain(async () => {}))
    await server.start()
    expect(await one(database)).toEqual([{ one: 1 }])
  })

  test('killed without a goodbye is found out, and its successor is used', async () => {
    const database = await open()
    await one(database)
    await server.kill()
    await expectUnavailable(one(database))
    await server.start()
    expect(await one(database)).toEqual([{ one: 1 }])
  })

  test('behind a network that swallows everything is given up on', async () => {
    const proxy = await startProxy(server.port)
    onTestFinished(() => proxy.close())
    const database = await open({
      ...short,
      url: server.url.replace(String(server.port), String(proxy.port)),
    })
    await one(database)
    proxy.stall()
    await expectUnavailable(one(database))
    await expectUnavailable(database.ping())
    proxy.heal()
    expect(await vi.waitFor(() => one(database), 20_000)).toEqual([{ one: 1 }])
  })
})

describe('a server that became read-only', () => {
  test('is unavailable for writes, and its connections are not used again', async () => {
    const database = await open({ poolSize: 1 })
    const write = () => sql`create table if not exists written (a int)`.execute(database.kysely)
    await askPostgres(server.url, 'alter database postgres set default_transaction_read_only = on')
    await expectUnavailable(write())
    await askPostgres(
      server.url,
      'set transaction read write; alter database postgres reset default_transaction_read_only',
    )
    // An old connection would keep the old setting for its life.
    await expect(write()).resolves.toBeDefined()
  })
})
