import { randomBytes } from 'node:crypto'
import { askPostgres } from '../tests/stores/ask.ts'

export interface OwnDatabase {
  url: string
  close(): Promise<void>
}

/** A database of our own on the PostgreSQL of this URL; dropped when it is closed. */
export const freshDatabase = async (server: string): Promise<OwnDatabase> => {
  const name = `parasol_bench_${randomBytes(6).toString('hex')}`
  await askPostgres(server, `create database ${name} template template0 encoding 'UTF8'`, 60_000)
  const url = new URL(server)
  url.pathname = `/${name}`
  const drop = `drop database if exists ${name} with (force)`
  return { url: url.href, close: async () => void (await askPostgres(server, drop, 60_000)) }
}
