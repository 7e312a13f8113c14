import { randomBytes } from 'node:crypto'
import { askPostgres } from '../tests/stores/ask.ts'
import { startPostgres } from '../tests/stores/own-postgres.ts'
import { startRedis } from '../tests/stores/own-redis.ts'
import { progress } from './report.ts'

/** An empty PostgreSQL database and an empty Redis, for one measurement. */
export interface Stores {
  databaseUrl: string
  env: Record<string, string>
  close(): Promise<void>
}

interface OwnDatabase {
  url: string
  close(): Promise<void>
}

/** A database of our own on the PostgreSQL that the environment names. */
const databaseOn = async (server: string): Promise<OwnDatabase> => {
  const name = `parasol_bench_${randomBytes(6).toString('hex')}`
  await askPostgres(server, `create database ${name} template template0 encoding 'UTF8'`, 60_000)
  const url = new URL(server)
  url.pathname = `/${name}`
  const drop = `drop database if exists ${name} with (force)`
  return { url: url.href, close: async () => void (await askPostgres(server, drop, 60_000)) }
}

const ownDatabase = async (): Promise<OwnDatabase> => {
  const server = await startPostgres()
  return { url: server.url, close: () => server.remove() }
}

/** Real stores: a throwaway Redis, and a throwaway PostgreSQL or a database of our own on TEST_DATABASE_URL. */
export const openStores = async (): Promise<Stores> => {
  const named = process.env.TEST_DATABASE_URL
  const database = await (named ? databaseOn(named) : ownDatabase())
  const redis = await startRedis()
  const [row] = await askPostgres(
    database.url,
    `select current_setting('server_version') as version, current_setting('fsync') as fsync`,
  )
  progress(
    `PostgreSQL ${row?.version}, fsync ${row?.fsync}${named ? ', of TEST_DATABASE_URL' : ', throwaway'}`,
  )
  return {
    databaseUrl: database.url,
    env: { DATABASE_URL: database.url, REDIS_URL: redis.url },
    async close() {
      await redis.remove()
      await database.close()
    },
  }
}
