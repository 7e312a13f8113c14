import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { ask } from './ask.fixture.ts'
import { ConnectionPool } from './connection-pool.ts'
import { originOf } from './dial.ts'
import { writeRequestHead } from './write-request-head.ts'

/** A server that keeps what it is sent, a connection at a time. */
const keeping = async () => {
  const got: string[] = []
  const reads: number[] = []
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    const at = sockets.push(socket) - 1
    got[at] = ''
    reads[at] = 0
    socket
      .on('error', () => {})
      .on('data', (bytes) => {
        got[at] += bytes.toString('latin1')
        reads[at] = (reads[at] ?? 0) + 1
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const pool = new ConnectionPool(originOf(base, base.host), 256)
  onTestFinished(() => {
    pool.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { pool, got, reads, sockets }
}
const bodyOf = (...pieces: string[]) => ({ stream: new Blob(pieces).stream(), length: undefined })
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
/** A body whose pieces come when they are given. */
const givenLater = (length?: number) => {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let reason: unknown
  const stream = new ReadableStream<Uint8Array>({
    start(own) {
      controller = own
    },
    cancel(given) {
      reason = given
    },
  })
  const give = (text: string): void => controller?.enqueue(Buffer.from(text))
  return {
    body: { stream, length },
    give,
    end: () => controller?.close(),
    fail: (e: Error) => controller?.error(e),
    reason: () => reason,
  }
}

it('sends a request, and its body where that is at hand, at once', async () => {
  const { pool, got, reads } = await keeping()
  ask(pool, { path: '/a' })
  await eventually(() => expect(got[0]).toBe('GET /a HTTP/1.1\r\nhost: a\r\nconnection: keep-alive\r\n\r\n'))
  ask(pool, { method: 'POST', body: { ...bodyOf('hello'), length: 5 } })
  await eventually(() => expect(got[1]).toMatch(/content-length: 5\r\n.*\r\n\r\nhello$/s))
  expect(reads.slice(0, 2)).toEqual([1, 1])
  ask(pool, { method: 'POST', body: bodyOf('hello') })
  await eventually(() => expect(got[2]).toMatch(/chunked\r\n.*\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/s))
})

it('does not wait for a body with the head, and sends what comes of it when it comes', async () => {
  const { pool, got } = await keeping()
  const later = givenLater()
  ask(pool, { method: 'POST', body: later.body })
  await eventually(() => expect(got[0]).toMatch(/\r\n\r\n$/))
  later.give('a')
  await eventually(() => expect(got[0]).toMatch(/\r\n\r\n1\r\na\r\n$/))
  later.end()
  await eventually(() => expect(got[0]).toMatch(/\r\n\r\n1\r\na\r\n0\r\n\r\n$/))
})

it.each([
  ['longer', 'abcdef'],
  ['shorter', 'abc'],
])(
  'never completes a body that is %s than was said: the next request would be a part of it',
  async (_, text) => {
    const { pool, got, sockets } = await keeping()
    const { came, over } = ask(pool, { method: 'POST', body: { ...bodyOf(text), length: 5 } })
    expect(await came).toMatchObject({ failed: { message: expect.stringContaining('a body of 5 bytes') } })
    expect(await over).toBe(false)
    await eventually(() => expect(sockets[0]?.closed).toBe(true))
    expect(got[0]).not.toContain('abcdef')
  },
)

it('breaks off where its body does, and tells the body when nobody takes it', async () => {
  const { pool, sockets } = await keeping()
  const failing = givenLater()
  const first = ask(pool, { method: 'POST', body: failing.body })
  failing.fail(new Error('the client is gone'))
  expect(await first.came).toMatchObject({ failed: { message: 'the client is gone' } })
  await eventually(() => expect(sockets[0]?.closed).toBe(true))
  const refused = givenLater()
  const second = ask(pool, { method: 'POST', body: refused.body })
  await eventually(() => expect(sockets).toHaveLength(2))
  sockets[1]?.write('HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno')
  expect(await second.came).toMatchObject({ head: { status: 413 }, whole: 'no' })
  await eventually(() => expect(refused.reason()).toBeInstanceOf(Error))
  expect(await second.over).toBe(false)
  await eventually(() => expect(sockets[1]?.closed).toBe(true))
})

it('reads no more of a body than is taken', async () => {
  const { pool, sockets } = await keeping()
  let made = 0
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      made += 1
      if (made > 150) controller.close()
      else controller.enqueue(new Uint8Array(100_000))
    },
  })
  const { came } = ask(pool, { method: 'POST', body: { stream, length: undefined } })
  await eventually(() => expect(sockets).toHaveLength(1))
  sockets[0]?.pause()
  let before = -1
  await eventually(() => {
    const last = before
    before = made
    expect(made).toBe(last)
  })
  expect(made).toBeLessThan(150)
  sockets[0]?.resume()
  await eventually(() => expect(made).toBe(151))
  sockets[0]?.write(ok)
  expect(await came).toMatchObject({ whole: 'ok' })
})

it('takes no more of an answer than is read', async () => {
  const { pool, sockets } = await keeping()
  const { came } = ask(pool)
  await eventually(() => expect(sockets).toHaveLength(1))
  const [socket] = sockets as [Socket]
  const size = 15_000_000
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
  socket.write(Buffer.alloc(size, '.'))
  const { read } = await came
  expect(socket.writableLength).toBeGreaterThan(0)
  expect((await read)?.length).toBe(size)
})

it('breaks off an answer that is silent for too long, but not one that goes on', async () => {
  const { pool, sockets } = await keeping()
  const { came, over } = ask(pool, { silenceMs: 300 })
  await eventually(() => expect(sockets).toHaveLength(1))
  sockets[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n')
  const again = setInterval(() => sockets[0]?.write('.'), 60)
  onTestFinished(() => clearInterval(again))
  const { read } = await came
  setTimeout(() => clearInterval(again), 600)
  await expect(read).rejects.toMatchObject({ kind: 'silent' })
  expect(await over).toBe(true)
  expect(sockets[0]?.bytesWritten).toBeGreaterThan(45)
})

it('gives a body that goes on all the time it takes, and one that does not none', async () => {
  const { pool, sockets } = await keeping()
  const slow = givenLater()
  const asked = ask(pool, { method: 'POST', body: slow.body, headersMs: 300 })
  const again = setInterval(() => slow.give('.'), 60)
  onTestFinished(() => clearInterval(again))
  const isOver = await Promise.race([
    asked.over,
    new Promise((resolve) => setTimeout(resolve, 700, 'goes on')),
  ])
  expect(isOver).toBe('goes on')
  clearInterval(again)
  expect(await asked.came).toMatchObject({ failed: { kind: 'silent' } })
  await eventually(() => expect(sockets[0]?.closed).toBe(true))
})

it.each(['a\r\nX: b', 'a\nb', 'a\0b', '\u0100'])('cannot be made of the header %j', (value) => {
  expect(() => writeRequestHead('GET', '/', { 'x-a': value })).toThrow(TypeError)
  expect(() => writeRequestHead('GET', '/', { [value]: 'x' })).toThrow(TypeError)
  expect(() => writeRequestHead('GET', `/${value}`, {})).toThrow(TypeError)
})
