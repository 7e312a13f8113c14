import { expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { httpUpstream, rawUpstream } from '../peers/upstream.fixture.ts'
import { ask } from './ask.fixture.ts'
import { ConnectionPool } from './connection-pool.ts'
import { originOf } from './dial.ts'

const poolTo = (url: string, most = 256): ConnectionPool => {
  const base = new URL(url)
  const pool = new ConnectionPool(originOf(base, base.host), most)
  onTestFinished(() => pool.close())
  return pool
}

/** Answers each request with the number of its connection; those to `/held` when they are let go. */
const numbering = async () => {
  const numbers = new Map<unknown, number>()
  const held = Promise.withResolvers<void>()
  const asked: string[] = []
  let open = 0
  const { url } = await httpUpstream(async ({ url: target = '', socket }, response) => {
    asked.push(target)
    if (!numbers.has(socket)) {
      open += 1
      socket.on('close', () => (open -= 1))
      numbers.set(socket, numbers.size + 1)
    }
    if (target.startsWith('/held')) await held.promise
    response.end(String(numbers.get(socket)))
  })
  return { url, asked, letGo: held.resolve, open: () => open, made: () => numbers.size }
}
const whole = async ({ came }: ReturnType<typeof ask>): Promise<string | undefined> => (await came).whole

it('uses the connection again that became free last', async () => {
  const { url, letGo, asked } = await numbering()
  const pool = poolTo(url)
  const first = ask(pool, { path: '/held' })
  await eventually(() => expect(asked).toEqual(['/held']))
  expect(await whole(ask(pool))).toBe('2')
  letGo()
  expect(await whole(first)).toBe('1')
  for (let times = 0; times < 3; times += 1) expect(await whole(ask(pool))).toBe('1')
})

it('lets requests wait for one of the connections there may be, in their order', async () => {
  const { url, asked, letGo, made } = await numbering()
  const pool = poolTo(url, 1)
  const all = ['/held', '/b', '/c', '/d'].map((path) => ask(pool, { path }))
  await eventually(() => expect(asked).toEqual(['/held']))
  all[2]?.call.breakOff(new Error('it waited long enough'))
  expect(await all[2]?.came).toMatchObject({ failed: { message: 'it waited long enough' } })
  letGo()
  expect(await Promise.all([all[0], all[1], all[3]].map((one) => one && whole(one)))).toEqual(['1', '1', '1'])
  expect([asked, made()]).toEqual([['/held', '/b', '/d'], 1])
})

it('makes a connection for who waits when another is lost, and gives up who waits too long', async () => {
  const { url, asked, made } = await numbering()
  const pool = poolTo(url, 1)
  const first = ask(pool, { path: '/held' })
  const late = ask(pool, { connectMs: 20 })
  const next = ask(pool)
  await eventually(() => expect(asked).toEqual(['/held']))
  expect(await late.came).toMatchObject({ failed: { kind: 'unreachable' } })
  first.call.breakOff(new Error('nobody waits'))
  expect(await whole(next)).toBe('2')
  expect(made()).toBe(2)
})

it('tells all who wait where nobody can be reached', async () => {
  const { url, kill } = await rawUpstream(() => {})
  await kill()
  const pool = poolTo(url, 2)
  const all = await Promise.all(Array.from({ length: 6 }, () => ask(pool).came))
  expect(all).toMatchObject(all.map(() => ({ failed: { kind: 'unreachable', isReused: false } })))
})

it('closes what nobody uses, and all of it; who comes later is served', async () => {
  const { url, asked, open } = await numbering()
  const pool = poolTo(url, 2)
  await whole(ask(pool))
  const held = ask(pool, { path: '/held' })
  await eventually(() => expect(asked).toContain('/held'))
  await whole(ask(pool))
  expect(open()).toBe(2)
  pool.dropIdle()
  await eventually(() => expect(open()).toBe(1))
  const other = ask(pool, { path: '/held' })
  const waiting = ask(pool)
  await eventually(() => expect(open()).toBe(2))
  pool.close()
  for (const one of [held, other]) expect(await one.came).toMatchObject({ failed: { kind: 'broken' } })
  expect(await waiting.came).toMatchObject({ failed: { kind: 'unreachable' } })
  await eventually(() => expect(open()).toBe(0))
  expect(await whole(ask(pool))).toBe('4')
})

it.each([
  ['timeout=1', 2],
  ['max=5, timeout=0', 2],
  ['timeout=60', 1],
  ['max=1', 1],
])('takes Keep-Alive: %s for what it says: %d connections for two requests', async (hint, connections) => {
  const sockets = new Set<unknown>()
  const { url } = await httpUpstream(({ socket }, response) => {
    sockets.add(socket)
    response.writeHead(200, { connection: 'keep-alive', 'keep-alive': hint }).end('ok')
  })
  const pool = poolTo(url)
  for (let times = 0; times < 2; times += 1) expect(await whole(ask(pool))).toBe('ok')
  expect(sockets.size).toBe(connections)
})

it('lets 1,000 connections come and go, and keeps nothing of them', async () => {
  const { url } = await rawUpstream((socket) =>
    socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'),
  )
  const pool = poolTo(url, 100)
  const sockets = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
  const before = sockets()
  const all = await Promise.all(Array.from({ length: 1_000 }, () => whole(ask(pool, { connectMs: 60_000 }))))
  expect(new Set(all)).toEqual(new Set(['ok']))
  await eventually(() => expect(sockets()).toBeLessThanOrEqual(before))
})
