import { expect, inject, it } from 'vitest'
import { askPostgres, askRedis } from './ask.ts'
import { freshDatabase } from './database.ts'
import { startPostgres } from './own-postgres.ts'
import { startRedis } from './own-redis.ts'
import { freshRedis } from './redis.ts'

it('runs on Node 26', () => {
  expect(process.versions.node).toMatch(/^26\./)
  expect(inject('postgresUrl')).toMatch(/^postgres/)
})

it('gives an empty database and drops it while it is in use', async () => {
  const database = await freshDatabase()
  await askPostgres(database.url, 'create table t (n int)')
  await database.drop()
  await expect(askPostgres(database.url, 'select 1')).rejects.toThrow('does not exist')
})

it('gives each asker a logical database of its own', async () => {
  const [one, two] = await Promise.all([freshRedis(), freshRedis()])
  expect(one.url).not.toBe(two.url)
  await askRedis(one.url, [['SET', 'k', '1']])
  expect(await askRedis(two.url, [['GET', 'k']])).toEqual([null])
  await one.release()
  await two.release()
})

it.each([
  ['PostgreSQL', startPostgres, (url: string) => askPostgres(url, 'select 1', 500)],
  ['Redis', startRedis, (url: string) => askRedis(url, [['PING']], 500)],
] as const)('stops, kills, pauses and starts a %s again', async (_, start, ping) => {
  const server = await start()
  await ping(server.url)
  server.pause()
  await expect(ping(server.url)).rejects.toThrow(/no answer|timeout/)
  server.resume()
  await ping(server.url)
  await server.stop()
  await expect(ping(server.url)).rejects.toThrow('ECONNREFUSED')
  await server.start()
  await server.kill()
  await expect(ping(server.url)).rejects.toThrow('ECONNREFUSED')
  await server.start()
  await ping(server.url)
  await server.remove()
})

it('starts a Redis in cluster mode that serves all slots', async () => {
  const server = await startRedis({ cluster: true })
  expect(await askRedis(server.url, [['SET', 'k', 'v']])).toEqual(['OK'])
  await server.remove()
})
