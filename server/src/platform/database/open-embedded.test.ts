import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freshDataDir, generous } from '../../../../tests/stores/embedded-cluster.ts'
import { freshFolder, removeFolder } from '../../../../tests/stores/own-server.ts'
import { DataInUse } from './data-lock.ts'
import { runUpkeep } from './embedded-upkeep.ts'
import { isStoreUnavailable } from './errors.ts'
import { openDatabase } from './open-database.ts'
import { createTurns } from './turns.ts'

const dataFolder = async (): Promise<string> => {
  const dataDir = await freshDataDir()
  onTestFinished(() => removeFolder(dataDir))
  return dataDir
}
const open = async (dataDir: string, options: { statementTimeoutMs?: number } = {}) => {
  const database = await openDatabase({ ...generous, dataDir, ...options })
  onTestFinished(() => database.close())
  return database
}

describe('the embedded database', () => {
  test('keeps its data from one start to the next, and leaves no lock behind', async () => {
    const dataDir = await dataFolder()
    const first = await open(dataDir)
    await sql`create table kept (a int)`.execute(first.kysely)
    await sql`insert into kept values (7)`.execute(first.kysely)
    await first.close()
    expect(readdirSync(dataDir)).toEqual(['postgres'])
    const second = await open(dataDir)
    expect((await sql`select a from kept`.execute(second.kysely)).rows).toEqual([{ a: 7 }])
  })

  test('is opened once at a time', async () => {
    const dataDir = await dataFolder()
    const first = await open(dataDir)
    await expect(openDatabase({ ...generous, dataDir })).rejects.toBeInstanceOf(DataInUse)
    await first.ping()
  })

  test('is made anew when the first start was killed while it made it', async () => {
    const dataDir = freshFolder('data')
    onTestFinished(() => removeFolder(dataDir))
    const draft = join(dataDir, 'postgres.initializing')
    mkdirSync(join(draft, 'base'), { recursive: true })
    writeFileSync(join(draft, 'PG_VERSION'), '18\n')
    const database = await open(dataDir)
    await database.ping()
    expect(existsSync(draft)).toBe(false)
  })

  test('that does not start says where it is, and gives the lock back', async () => {
    const dataDir = await dataFolder()
    writeFileSync(join(dataDir, 'postgres', 'global', 'pg_control'), 'broken')
    await expect(openDatabase({ ...generous, dataDir })).rejects.toThrow(
      /embedded PostgreSQL in .* does not start/,
    )
    expect(readdirSync(dataDir)).toEqual(['postgres'])
  })

  test('after close is unavailable, and closing again is no error', async () => {
    const database = await open(await dataFolder())
    await database.close()
    await database.close()
    await expect(database.ping()).rejects.toSatisfy(isStoreUnavailable)
    await expect(database.kysely.transaction().execute(async () => {})).rejects.toSatisfy(isStoreUnavailable)
  })
})

describe('transactions of the embedded database', () => {
  test('keep others waiting, but not for ever', async () => {
    const database = await open(await dataFolder(), { statementTimeoutMs: 50 })
    await database.kysely.transaction().execute(async (transaction) => {
      await sql`select 1`.execute(transaction)
      await expect(sql`select 1`.execute(database.kysely)).rejects.toSatisfy(isStoreUnavailable)
      await expect(database.maintain(async () => {})).rejects.toSatisfy(isStoreUnavailable)
    })
    await database.ping()
  })

  test('at the same time do not mix', async () => {
    const { kysely } = await open(await dataFolder())
    await sql`create table counted (n int)`.execute(kysely)
    await sql`insert into counted values (0)`.execute(kysely)
    const add = (fail: boolean) =>
      kysely.transaction().execute(async (transaction) => {
        const { rows } = await sql<{ n: number }>`select n from counted`.execute(transaction)
        await sql`update counted set n = ${(rows[0]?.n ?? 0) + 1}`.execute(transaction)
        if (fail) throw new Error('changed my mind')
      })
    await Promise.allSettled(Array.from({ length: 20 }, (_, index) => add(index % 2 === 0)))
    expect((await sql`select n from counted`.execute(kysely)).rows).toEqual([{ n: 10 }])
  })

  test('that swallowed an error do not pretend to be committed', async () => {
    const { kysely } = await open(await dataFolder())
    const work = kysely.transaction().execute(async (transaction) => {
      await sql`create table lost (a int)`.execute(transaction)
      await sql`select 1 / 0`.execute(transaction).catch(() => {})
    })
    await expect(work).rejects.toThrow()
    expect((await sql`select to_regclass('lost') as name`.execute(kysely)).rows).toEqual([{ name: null }])
  })

  test('have the isolation level and the access mode that were asked for', async () => {
    const { kysely } = await open(await dataFolder())
    const transaction = kysely.transaction().setIsolationLevel('serializable').setAccessMode('read only')
    const { rows } = await transaction.execute((session) =>
      sql`select current_setting('transaction_isolation') as level, current_setting('transaction_read_only') as readonly`.execute(
        session,
      ),
    )
    expect(rows).toEqual([{ level: 'serializable', readonly: 'on' }])
  })

  test('roll back to a savepoint and go on', async () => {
    const { kysely } = await open(await dataFolder())
    await sql`create table kept (a int)`.execute(kysely)
    const transaction = await kysely.startTransaction().execute()
    await sql`insert into kept values (1)`.execute(transaction)
    const after = await transaction.savepoint('before').execute()
    await sql`select 1 / 0`.execute(after).catch(() => {})
    await after.rollbackToSavepoint('before').execute()
    await transaction.commit().execute()
    expect((await sql`select a from kept`.execute(kysely)).rows).toEqual([{ a: 1 }])
  })
})

describe('kill -9', () => {
  const fixture = fileURLToPath(new URL('./commit-loop.fixture.ts', import.meta.url))

  /** Lets the loop commit until it has printed so many numbers and kills it right then; returns the last one printed. */
  const runAndKill = async (dataDir: string, commits: number, afterMs: number): Promise<number> => {
    const child = spawn(process.execPath, [fixture, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    let last = 0
    let printed = 0
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => {
      last = Number(line)
      printed += 1
      if (printed === commits) setTimeout(() => child.kill('SIGKILL'), afterMs)
    })
    await Promise.all([once(child, 'exit'), once(lines, 'close')])
    return last
  }

  test('in the middle of a loop of commits loses nothing that was committed, again and again', async () => {
    const dataDir = await dataFolder()
    for (const [commits, afterMs] of [
      [1, 0],
      [200, 1],
      [150, 3],
      [3, 2],
      [700, 0],
    ] as const) {
      const printed = await runAndKill(dataDir, commits, afterMs)
      const database = await openDatabase({ ...generous, dataDir })
      const { rows } = await sql<{ last: number; count: number; whole: boolean }>`
        select max(n) as last, count(*) as count, bool_and(twice = 2 * n) as whole from numbers`.execute(
        database.kysely,
      )
      const [{ last, count, whole } = { last: 0, count: 0, whole: false }] = rows
      // At most the one commit that was done and not printed yet is more.
      expect(last).toBeGreaterThanOrEqual(printed)
      expect(last).toBeLessThanOrEqual(printed + 1)
      expect(count).toBe(last)
      expect(whole).toBe(true)
      await database.close()
    }
  })
})

describe('upkeep', () => {
  test('writes a checkpoint when the log has grown and vacuums what was deleted; then there is nothing to do', async () => {
    const dataDir = await dataFolder()
    const pglite = await PGlite.create(join(dataDir, 'postgres'))
    onTestFinished(() => pglite.close())
    const turns = createTurns(10_000)
    await pglite.exec('create table big (a int, b text)')
    for (let i = 0; i < 4; i += 1) {
      await pglite.exec(`insert into big select g, repeat(md5(g::text), 30) from generate_series(1, 10000) g`)
      await pglite.exec('delete from big where a % 2 = 0')
    }
    const statements = await runUpkeep(pglite, turns)
    expect(statements).toContain('checkpoint')
    expect(statements).toContain('vacuum (analyze) public.big')
    expect(await runUpkeep(pglite, turns)).toEqual([])
  })
})
