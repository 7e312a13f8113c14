import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { askPostgres } from './ask.ts'

const abandonedAfterSeconds = 6 * 3600

const now = (): number => Math.floor(Date.now() / 1000)

/** Makes an empty database on the suite's PostgreSQL. `drop` also ends the connections that are left. */
export const freshDatabase = async (): Promise<{ url: string; drop(): Promise<void> }> => {
  const server = inject('postgresUrl')
  // The second it was made is in its name, for `dropAbandonedDatabases`.
  const name = `parasol_test_${now()}_${randomBytes(6).toString('hex')}`
  await askPostgres(server, `create database ${name} template template0 encoding 'UTF8'`, 60_000)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    url: url.href,
    drop: async () => {
      await askPostgres(server, `drop database if exists ${name} with (force)`, 60_000)
    },
  }
}

/** Drops what killed test runs left on a server: databases of `freshDatabase` that are older than six hours. */
export const dropAbandonedDatabases = async (server: string): Promise<void> => {
  const rows = await askPostgres(
    server,
    `select datname from pg_database where datname like 'parasol\\_test\\_%'`,
  )
  for (const { datname } of rows) {
    const made = Number(/^parasol_test_(\d+)_[0-9a-f]+$/.exec(String(datname))?.[1] ?? Number.NaN)
    if (now() - made > abandonedAfterSeconds) {
      await askPostgres(server, `drop database if exists ${datname} with (force)`, 60_000)
    }
  }
}
