import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { askRedis } from './ask.ts'
import { startPostgres } from './own-postgres.ts'
import { startRedis } from './own-redis.ts'
import type { OwnServer } from './own-server.ts'
import { startProxy } from './proxy.ts'

let redis: OwnServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.remove())

const ping = (port: number, boundMs?: number): Promise<unknown> =>
  askRedis(`redis://127.0.0.1:${port}`, [['PING']], boundMs)

it('passes what it gets, late when told so', async () => {
  const proxy = await startProxy(redis.port)
  expect(await ping(proxy.port)).toEqual(['PONG'])
  proxy.delay(1000)
  await expect(ping(proxy.port, 500)).rejects.toThrow('no answer')
  proxy.heal()
  expect(await ping(proxy.port)).toEqual(['PONG'])
  await proxy.close()
  await expect(ping(proxy.port)).rejects.toThrow('ECONNREFUSED')
})

it('stalls old and new connections, and passes what it held back when healed', async () => {
  const postgres = await startPostgres()
  const proxy = await startProxy(postgres.port)
  const client = new Client({ connectionString: postgres.url.replace(`${postgres.port}`, `${proxy.port}`) })
  await client.connect()
  proxy.stall()
  const answer = client.query('select 7 as n')
  await expect(ping(proxy.port, 500)).rejects.toThrow('no answer')
  proxy.heal()
  expect((await answer).rows).toEqual([{ n: 7 }])
  await client.end()
  await proxy.close()
  await postgres.remove()
})

it('cuts old connections, refuses new ones and listens again when healed', async () => {
  const proxy = await startProxy(redis.port)
  const subscriber = askRedis(`redis://127.0.0.1:${proxy.port}`, [['BLPOP', 'nothing', '0']], 20_000)
  const cut = expect(subscriber).rejects.toThrow()
  while (!/cmd=blpop/.test(String(await askRedis(redis.url, [['CLIENT', 'LIST']]))));
  proxy.cut()
  await cut
  await expect(ping(proxy.port)).rejects.toThrow('ECONNREFUSED')
  proxy.heal()
  expect(await ping(proxy.port)).toEqual(['PONG'])
  await proxy.close()
})
