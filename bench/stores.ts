import { askPostgres } from '../tests/stores/ask.ts'
import { startPostgres } from '../tests/stores/own-postgres.ts'
import { startRedis } from '../tests/stores/own-redis.ts'
import { freshDatabase, type OwnDatabase } from './fresh-database.ts'
import { progress } from './report.ts'

/** An empty PostgreSQL database and an empty Redis, for one measurement. */
export interface Stores {
  databaseUrl: string
  env: Record<string, string>
  close(): Promise<void>
}

const ownDatabase = async (waitsForDisk: boolean): Promise<OwnDatabase> => {
  const server = await startPostgres({ waitsForDisk })
  return { url: server.url, close: () => server.remove() }
}

/**
 * Real stores: a throwaway Redis, and a throwaway PostgreSQL or a database of our own on TEST_DATABASE_URL. A throwaway one waits for
 * the disk only where that is what is measured.
 */
export const openStores = async ({ waitsForDisk = false } = {}): Promise<Stores> => {
  const named = process.env.TEST_DATABASE_URL
  const database = await (named ? freshDatabase(named) : ownDatabase(waitsForDisk))
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
