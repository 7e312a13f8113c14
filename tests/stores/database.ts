import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { askPostgres } from './ask.ts'

/** Makes an empty database on the suite's PostgreSQL. `drop` also ends the connections that are left. */
export const freshDatabase = async (): Promise<{ url: string; drop(): Promise<void> }> => {
  const server = inject('postgresUrl')
  const name = `parasol_test_${randomBytes(8).toString('hex')}`
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
