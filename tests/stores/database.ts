import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { askPostgres } from './ask.ts'

const abandonedAfterSeconds = 6 * 3600

const now = (): number => Math.floor(Date.now() / 1000)

/** A name that no other has; the second it was made is in it, for `dropAbandonedDatabases`. */
export const databaseName = (): string => `parasol_test_${now()}_${randomBytes(6).toString('hex')}`

export interface FreshDatabase {
  url: string
  /** Also ends the connections that are left. */
  drop(): Promise<void>
}

/** Makes a database that is a copy of another one. */
export const copyDatabase = async (template: string): Promise<FreshDatabase> => {
  const server = inject('postgresUrl')
  const name = databaseName()
  await askPostgres(server, `create database ${name} template ${template} encoding 'UTF8'`, 60_000)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => dropDatabase(server, name) }
}

/** Drops a database; no error where there is none. */
export const dropDatabase = async (server: string, name: string): Promise<void> => {
  await askPostgres(server, `drop database if exists ${name} with (force)`, 60_000)
}

/** Makes an empty database on the suite's PostgreSQL. */
export const freshDatabase = (): Promise<FreshDatabase> => copyDatabase('template0')

/** Drops what killed test runs left on a server: databases of `freshDatabase` that are older than six hours. */
export const dropAbandonedDatabases = async (server: string): Promise<void> => {
  const rows = await askPostgres(
    server,
    `select datname from pg_database where datname like 'parasol\\_test\\_%'`,
  )
  for (const { datname } of rows) {
    const made = Number(/^parasol_test_(\d+)_[0-9a-f]+$/.exec(String(datname))?.[1] ?? Number.NaN)
    if (now() - made > abandonedAfterSeconds) {
      await dropDatabase(server, String(datname))
    }
  }
}
