import { createCluster } from '@redis/client'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { askPostgres, askRedis } from './ask.ts'
import { startPostgres } from './own-postgres.ts'
import { startRedis } from './own-redis.ts'
import type { OwnServer } from './own-server.ts'

interface Way {
  start(): Promise<OwnServer>
  write(url: string): Promise<unknown>
  read(url: string, boundMs?: number): Promise<unknown>
  value: unknown
}

const ways: Record<string, Way> = {
  PostgreSQL: {
    start: startPostgres,
    write: (url) => askPostgres(url, 'create table written (n int); insert into written values (7)'),
    read: (url, boundMs) => askPostgres(url, 'select n from written', boundMs),
    value: [{ n: 7 }],
  },
  Redis: {
    start: startRedis,
    write: (url) => askRedis(url, [['SET', 'written', '7']]),
    read: (url, boundMs) => askRedis(url, [['GET', 'written']], boundMs),
    value: ['7'],
  },
}

describe.each(Object.entries(ways))('%s', (_, { start, write, read, value }) => {
  it('keeps port and data through a stop and a kill', async () => {
    const server = await start()
    await write(server.url)
    await server.stop()
    await expect(read(server.url)).rejects.toThrow('ECONNREFUSED')
    await server.start()
    expect(await read(server.url)).toEqual(value)
    await server.kill()
    await expect(read(server.url)).rejects.toThrow('ECONNREFUSED')
    await server.start()
    expect(await read(server.url)).toEqual(value)
    await server.remove()
  })

  it('is silent while it is paused, and goes on afterwards', async () => {
    const server = await start()
    await write(server.url)
    server.pause()
    await expect(read(server.url, 1000)).rejects.toThrow(/no answer|timeout/)
    server.resume()
    expect(await read(server.url)).toEqual(value)
    server.pause()
    await server.remove()
  })
})

it('pauses the PostgreSQL backend that serves an open connection', async () => {
  const server = await startPostgres()
  const client = new Client({ connectionString: server.url })
  await client.connect()
  server.pause()
  const answer = client.query('select 7 as n').then(({ rows }) => rows)
  const nap = new Promise((resolve) => setTimeout(() => resolve('silence'), 500))
  expect(await Promise.race([answer, nap])).toBe('silence')
  server.resume()
  expect(await answer).toEqual([{ n: 7 }])
  await client.end()
  await server.remove()
})

it('comes back empty, or with old data, as a Redis without its log of writes does', async () => {
  const server = await startRedis({ args: ['--appendonly', 'no'] })
  await askRedis(server.url, [['SET', 'k', 'old']])
  await server.kill()
  await server.start()
  expect(await askRedis(server.url, [['GET', 'k']])).toEqual([null])
  await askRedis(server.url, [['SET', 'k', 'old'], ['SAVE'], ['SET', 'k', 'new']])
  await server.kill()
  await server.start()
  expect(await askRedis(server.url, [['GET', 'k']])).toEqual(['old'])
  await server.remove()
})

it('forms a Redis cluster whose nodes share the slots, also after a restart', async () => {
  const server = await startRedis({ cluster: true })
  const set = async (value: string): Promise<void> => {
    const client = await createCluster({ rootNodes: [{ url: server.url }] }).connect()
    expect(client.masters).toHaveLength(3)
    for (const key of ['a', 'b', 'c', 'd']) await client.set(key, value)
    client.destroy()
  }
  await set('1')
  await server.kill()
  await server.start()
  await set('2')
  await server.remove()
})
