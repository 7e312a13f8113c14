import { once } from 'node:events'
import { Client } from 'pg'
import { expect, inject, it } from 'vitest'
import { askPostgres } from './ask.ts'
import { dropAbandonedDatabases, freshDatabase } from './database.ts'

it('gives an empty database, and drops it while it is in use', async () => {
  const database = await freshDatabase()
  await askPostgres(database.url, 'create table t (n int)')
  const user = new Client({ connectionString: database.url })
  const ended = once(user, 'error')
  user.on('error', () => {}) // pg tells it twice: the server's farewell, then the closed socket
  await user.connect()
  await database.drop()
  expect(String(await ended)).toMatch(/terminat/)
  await expect(askPostgres(database.url, 'select 1')).rejects.toThrow('does not exist')
})

it('drops databases that a killed run left hours ago, and no younger one', async () => {
  const server = inject('postgresUrl')
  const young = await freshDatabase()
  const abandoned = `parasol_test_1700000000_${Date.now().toString(16)}`
  await askPostgres(server, `create database ${abandoned} template template0`, 30_000)
  await dropAbandonedDatabases(server)
  const rows = await askPostgres(server, 'select datname from pg_database')
  const names = rows.map((row) => row.datname)
  expect(names).not.toContain(abandoned)
  expect(names).toContain(new URL(young.url).pathname.slice(1))
  await young.drop()
})
