import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { PGlite } from '@electric-sql/pglite'
import { Kysely, sql } from 'kysely'
import { within } from '../within.ts'
import { bigintOid, readBigint } from './column-types.ts'
import { type DataLock, lockData } from './data-lock.ts'
import type { Database, MaintenanceSession, OpenOptions } from './database.ts'
import { EmbeddedDialect } from './embedded-dialect.ts'
import { keepUp } from './embedded-upkeep.ts'
import type { Tables } from './tables.ts'
import { createTurns, type Turns } from './turns.ts'

const upkeepEveryMs = 60_000

// Fewer buffers save 100 MB of memory, and the system caches the files anyway; after a checkpoint the log keeps no more
// than these files, instead of a gigabyte of them.
const ownSettings = ['shared_buffers=32MB', 'max_wal_size=64MB', 'min_wal_size=32MB']
const startParams = [...PGlite.defaultStartParams, ...ownSettings.flatMap((setting) => ['-c', setting])]

// Ten times what V8 takes for hot: it would compile the half of PostgreSQL that a start and a migration touch a second time,
// for a CPU second or two; what stays hot is compiled as before. It counts for what is compiled from here on.
setFlagsFromString('--wasm-tiering-budget=130000000')

const start = (folder: string): Promise<PGlite> =>
  PGlite.create({ dataDir: folder, startParams, parsers: { [bigintOid]: readBigint } })

/** Makes the cluster beside its place and moves it there when it is whole: a first start can be killed at any moment. */
const makeCluster = async (folder: string): Promise<void> => {
  const draft = `${folder}.initializing`
  rmSync(draft, { recursive: true, force: true })
  const pglite = await start(draft)
  await pglite.close()
  renameSync(draft, folder)
}

const startPglite = async (dataDir: string): Promise<PGlite> => {
  const folder = join(dataDir, 'postgres')
  try {
    if (!existsSync(join(folder, 'PG_VERSION'))) await makeCluster(folder)
    return await start(folder)
  } catch (cause) {
    throw new Error(`The embedded PostgreSQL in ${folder} does not start: ${cause}`, { cause })
  }
}

const sessionOf = (pglite: PGlite): MaintenanceSession => ({
  query: async <Row>(statement: string, parameters: readonly unknown[] = []) =>
    (await pglite.query<Row>(statement, [...parameters])).rows,
  script: async (statements) => {
    await pglite.exec(statements)
  },
})

const maintainOver = async <Result>(
  pglite: PGlite,
  turns: Turns,
  work: (session: MaintenanceSession) => Promise<Result>,
): Promise<Result> => {
  const endTurn = await turns.take()
  try {
    await pglite.query('begin')
    const result = await work(sessionOf(pglite))
    await pglite.query('commit')
    return result
  } catch (error) {
    await pglite.query('rollback').catch(() => {})
    throw error
  } finally {
    endTurn()
  }
}

const serve = (pglite: PGlite, lock: DataLock, options: OpenOptions): Database => {
  const turns = createTurns(options.statementTimeoutMs)
  const { onStatement } = options
  const kysely = new Kysely<Tables>({
    dialect: new EmbeddedDialect(pglite, turns),
    ...(onStatement && { log: onStatement }),
  })
  const upkeep = keepUp({ pglite, turns, everyMs: upkeepEveryMs, onError: options.onError })
  lock.lost.then((error) => {
    turns.refuse(error)
    options.onError(error)
  })
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await upkeep.close()
    // Whoever has the turn may end it; whoever comes later is refused.
    await turns.take().catch(options.onError)
    turns.refuse(new Error('PGlite is closed'))
    await kysely.destroy()
    if (!pglite.closed) await pglite.close()
    await lock.release()
  }
  return {
    kysely,
    kind: 'embedded',
    ping: async () => {
      await within(options.connectTimeoutMs, 'the embedded database', sql`select 1`.execute(kysely))
    },
    maintain: (work) => maintainOver(pglite, turns, work),
    connections: () => {
      const used = turns.isTaken() ? 1 : 0
      return { used, idle: 1 - used, most: 1, waiting: turns.waiting() }
    },
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/**
 * Opens PGlite in `<dataDir>/postgres`, made at the first start. Throws `DataInUse` when another process has it. What was
 * committed outlives the death of the process at any moment; PGlite does not wait for the disk, so a power cut may cost
 * the last seconds.
 */
export const openEmbedded = async (options: OpenOptions): Promise<Database> => {
  mkdirSync(options.dataDir, { recursive: true })
  const lock = await lockData(options.dataDir)
  try {
    return serve(await startPglite(options.dataDir), lock, options)
  } catch (error) {
    await lock.release()
    throw error
  }
}
