import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { listen } from './listen-node.ts'
import type { ListenOptions } from './listener.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const serve = async (
  answer: (request: Request) => Response | Promise<Response>,
  options: Partial<ListenOptions> = {},
) => {
  const listener = await listen(answer, { host: '127.0.0.1', port: 0, onUnreadable: () => {}, ...options })
  ends.push(() => listener.close(0))
  return listener
}

const open = async ({ url }: { url: string }, bytes = '') => {
  const client: Socket = connect(Number(new URL(url).port), '127.0.0.1')
  let received = ''
  client
    .on('error', () => {})
    .on('data', (chunk) => {
      received += chunk
    })
  const closed = once(client, 'close').then(() => received)
  ends.push(() => client.destroy())
  await once(client, 'connect')
  client.write(bytes)
  return { client, closed, received: () => received }
}

const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const post = (length: number): string => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`

it('answers 408 to headers that arrive too slowly', async () => {
  const listener = await serve(() => new Response('hello'), { limits: { headersTimeoutMs: 50 } })
  const { closed } = await open(listener, 'GET / HTTP/1.1\r\nHost:')
  expect(await closed).toContain('"code":"request_timeout"')
})

it('answers 408 to a body that arrives too slowly, and takes one that is at hand', async () => {
  const limits = { bodySpanMs: 300, bodyBytes: 1_000 }
  const listener = await serve(async (request) => new Response(`${(await request.text()).length}`), {
    limits,
  })
  const slow = await open(listener, post(100_000))
  const fast = await open(listener, post(100_000) + '.'.repeat(100_000))
  const dripping = setInterval(() => slow.client.write('.'), 20)
  ends.push(() => clearInterval(dripping))
  expect(await slow.closed).toMatch(/^HTTP\/1\.1 408 .*"code":"request_timeout"/s)
  await expect.poll(fast.received).toMatch(/^HTTP\/1\.1 200 .*100000$/s)
})

it('waits for a body while it is we who do not read it', async () => {
  const limits = { bodySpanMs: 40, bodyBytes: 1_000 }
  const begin = Promise.withResolvers<void>()
  const listener = await serve(
    async (request) => {
      await begin.promise
      return new Response(await request.text())
    },
    { limits },
  )
  const { client, received } = await open(listener, post(5))
  // Some spans pass.
  await new Promise((resolve) => setTimeout(resolve, 200))
  client.write('hello')
  begin.resolve()
  await expect.poll(received).toMatch(/^HTTP\/1\.1 200 .*hello$/s)
})

it('closes a connection too many of one client, tells it once, and lets another in when one ends', async () => {
  const told: string[] = []
  const listener = await serve(() => new Response('hello'), {
    connectionsPerClient: 2,
    onCrowd: (address) => told.push(address),
  })
  const first = await open(listener, get)
  const second = await open(listener, get)
  await expect.poll(second.received).toContain('hello')
  for (let i = 0; i < 3; i += 1) expect(await (await open(listener, get)).closed).toBe('')
  expect(told).toEqual(['127.0.0.1'])
  first.client.destroy()
  await expect
    .poll(async () => {
      const next = await open(listener, `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      return next.closed
    })
    .toContain('hello')
})

it('counts no connection of a trusted proxy', async () => {
  const isTrusted = (address: string): boolean => address === '127.0.0.1'
  const listener = await serve(() => new Response('hello'), { connectionsPerClient: 1, isTrusted })
  await open(listener)
  const { received } = await open(listener, get)
  await expect.poll(received).toContain('hello')
})

it('makes one answer of a connection at a time, however many are asked for, and reads no more meanwhile', async () => {
  let asked = 0
  const answers: ((answer: Response) => void)[] = []
  const listener = await serve(() => {
    asked += 1
    return new Promise((resolve) => answers.push(resolve))
  })
  const { client, received } = await open(listener, get.repeat(3))
  for (let i = 1; i <= 3; i += 1) {
    await expect.poll(() => asked).toBe(i)
    answers[i - 1]?.(new Response(`answer ${i}`))
    await expect.poll(received).toContain(`answer ${i}`)
  }
  client.write(get.repeat(1_000_000))
  await expect.poll(() => asked).toBe(4)
  // What does not fit into the system's buffers stays with the client.
  expect(client.writableLength).toBeGreaterThan(0)
})

it('asks for another connection while it drains, and answers what is on its way when it closes', async () => {
  const listener = await serve(() => new Response('hello'))
  const busy = await open(listener, get)
  const idle = await open(listener, get)
  await expect.poll(() => busy.received() + idle.received()).toMatch(/hello.*hello/s)
  expect(busy.received()).toContain('Connection: keep-alive')
  listener.drain()
  busy.client.write(get)
  expect(await busy.closed).toMatch(/Connection: close.*hello$/s)
  const closed = listener.close(5_000)
  idle.client.write(get)
  expect(await idle.closed).toMatch(/Connection: close.*hello$/s)
  await closed
})
