import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { within } from '../within.ts'
import { boundsOf } from './bounds.ts'
import { bigintOid, readBigint } from './column-types.ts'
import type { Database, MaintenanceSession, OpenOptions } from './database.ts'
import { giveUpOnSilence } from './give-up-on-silence.ts'
import type { Tables } from './tables.ts'

type PostgresOptions = OpenOptions & { url: string }

/** A statement of a migration may take long, but not for ever: the server may be stopped without a goodbye. */
const maintenanceSilenceMs = 3_600_000
/** How long a connection may take to say goodbye before it is cut. */
const farewellMs = 1_000

const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === bigintOid ? readBigint : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}

const connectionOf = ({ url, connectTimeoutMs }: PostgresOptions): pg.ClientConfig => ({
  connectionString: url,
  application_name: 'parasol',
  connectionTimeoutMillis: connectTimeoutMs,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  // Statements over lists are taken for larger than they are, and compiling one takes seconds. A URL's own options win.
  options: '-c jit=off',
  types,
})

const openPool = (options: PostgresOptions): pg.Pool => {
  const bounds = boundsOf(options.statementTimeoutMs)
  const pool = new pg.Pool({
    ...connectionOf(options),
    max: options.poolSize,
    // A dead or moved server is not asked for ever: connections are renewed now and then.
    maxLifetimeSeconds: 1_800,
    idleTimeoutMillis: 60_000,
    statement_timeout: bounds.statement,
    lock_timeout: bounds.lock,
    idle_in_transaction_session_timeout: bounds.idleInTransaction,
    query_timeout: bounds.silence,
  })
  // The pool tells of idle connections only, so each connection tells for itself; without a listener the process ends.
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    let told = false
    client.on('error', (error) => {
      // A connection ends twice: by the server's word, and by the socket.
      if (!told) options.onError(error)
      told = true
    })
  })
  giveUpOnSilence(pool)
  return pool
}

/** Cuts what is left of a pool or a client whose server does not say goodbye, so that the process can end. */
const cut = (clients: Iterable<pg.Client>): void => {
  for (const client of clients) client.connection.stream.destroy()
}

const trackClients = (pool: pg.Pool): Set<pg.Client> => {
  const clients = new Set<pg.Client>()
  pool.on('connect', (client) => clients.add(client))
  pool.on('remove', (client) => clients.delete(client))
  return clients
}

const sessionOf = (client: pg.Client): MaintenanceSession => ({
  query: async <Row>(statement: string, parameters: readonly unknown[] = []) =>
    (await client.query(statement, [...parameters])).rows as Row[],
  script: async (statements) => {
    await client.query(statements)
  },
})

const maintainOver = async <Result>(
  options: PostgresOptions,
  work: (session: MaintenanceSession) => Promise<Result>,
): Promise<Result> => {
  const client = new pg.Client({ ...connectionOf(options), query_timeout: maintenanceSilenceMs })
  client.on('error', options.onError)
  await client.connect()
  try {
    await client.query('begin')
    // The role or the database may have limits of its own, by other names in other versions.
    await client.query(`select set_config(name, '0', true) from pg_settings where name in ('statement_timeout',
      'lock_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')`)
    const result = await work(sessionOf(client))
    await client.query('commit')
    return result
  } catch (error) {
    // Where even this fails the connection is gone, and the transaction with it.
    await client.query({ text: 'rollback', query_timeout: farewellMs } as pg.QueryConfig).catch(() => {})
    throw error
  } finally {
    await within(farewellMs, 'closing a connection', client.end()).catch(() => cut([client]))
  }
}

/** Opens a pool on a real PostgreSQL. It connects when it is first used, so a server that is away is no error here. */
export const openPostgres = (options: PostgresOptions): Database => {
  const pool = openPool(options)
  const clients = trackClients(pool)
  const { onStatement } = options
  const kysely = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    ...(onStatement && { log: onStatement }),
  })
  const { silence } = boundsOf(options.statementTimeoutMs)
  return {
    kysely,
    kind: 'postgres',
    ping: async () => {
      await within(options.connectTimeoutMs, 'the database', sql`select 1`.execute(kysely))
    },
    maintain: (work) => maintainOver(options, work),
    connections: () => ({
      used: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      most: options.poolSize,
      waiting: pool.waitingCount,
    }),
    close: async () => {
      // Kysely ends only a pool that it has used.
      const ended = kysely.destroy().then(() => (pool.ending ? undefined : pool.end()))
      await within(silence + farewellMs, 'closing the pool', ended).catch(options.onError)
      if (clients.size === 0) return
      const gone = new Promise<void>((resolve) => {
        pool.on('remove', () => clients.size === 0 && resolve())
      })
      await within(farewellMs, 'closing connections', gone).catch(() => cut(clients))
    },
  }
}
