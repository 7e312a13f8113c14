import { expect, it } from 'vitest'
import { askRedis } from './ask.ts'
import { startRedis } from './own-redis.ts'
import { freshRedis, freshRedisOn } from './redis.ts'

it('gives each asker a logical database of its own', async () => {
  const [one, two] = await Promise.all([freshRedis(), freshRedis()])
  expect(one.url).not.toBe(two.url)
  await askRedis(one.url, [['SET', 'k', '1']])
  expect(await askRedis(two.url, [['GET', 'k']])).toEqual([null])
  await one.flush()
  expect(await askRedis(one.url, [['DBSIZE']])).toEqual([0])
  await Promise.all([one.release(), two.release()])
})

it('leaves logical databases alone that hold data of somebody else, and empties what a killed test left', async () => {
  const server = await startRedis()
  await askRedis(`${server.url}/1`, [['SET', 'precious', '1']])
  const killed = await freshRedisOn(server.url)
  expect(killed.url).toBe(`${server.url}/2`)
  await askRedis(killed.url, [['SET', 'rubbish', '1']])
  await askRedis(server.url, [['DEL', 'parasol-test:db:2']])
  const next = await freshRedisOn(server.url)
  expect(next.url).toBe(killed.url)
  expect(await askRedis(next.url, [['DBSIZE']])).toEqual([0])
  await next.release()
  expect(await askRedis(`${server.url}/1`, [['GET', 'precious']])).toEqual(['1'])
  expect(await askRedis(server.url, [['DBSIZE']])).toEqual([0])
  await server.remove()
})

it('waits while all logical databases are taken', async () => {
  const server = await startRedis()
  const all = await Promise.all(Array.from({ length: 15 }, () => freshRedisOn(server.url)))
  expect(new Set(all.map((database) => database.url)).size).toBe(15)
  const waiting = freshRedisOn(server.url)
  await all[6]?.release()
  expect((await waiting).url).toBe(all[6]?.url)
  await server.remove()
})
