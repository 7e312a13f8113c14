import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { TestWire } from '../http1/connection.fixture.ts'
import { ask } from './ask.fixture.ts'
import { ClientConnection } from './client-connection.ts'
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

it('says nothing of a body whose end gave it up', async () => {
  const { pool } = await keeping()
  const start = (own: ReadableStreamDefaultController) => own.enqueue(Buffer.from('hello'))
  const stream = new ReadableStream({ start, cancel: () => asked.call.breakOff(new Error('given up')) })
  const asked = ask(pool, { method: 'POST', body: { stream, length: 5 } })
  await asked.over
  expect(asked.heard).toEqual(['failed', 'over'])
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

it('fails where its body is read by somebody else', async () => {
  const { pool, sockets } = await keeping()
  const { body } = givenLater()
  body.stream.getReader()
  const { came, over } = ask(pool, { method: 'POST', body })
  expect(await came).toMatchObject({ failed: expect.any(TypeError) })
  expect(await over).toBe(false)
  await eventually(() => expect(sockets[0]?.closed).toBe(true))
})

it('reads no more of a body than is taken', async () => {
  const { pool, sockets } = await keeping()
  let made = 0
  const paused = Promise.withResolvers<void>()
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await paused.promise
      made += 1
      if (made > 150) controller.close()
      else controller.enqueue(new Uint8Array(100_000))
    },
  })
  const { came } = ask(pool, { method: 'POST', body: { stream, length: undefined } })
  await eventually(() => expect(sockets).toHaveLength(1))
  sockets[0]?.pause()
  paused.resolve()
  let before = -1
  await eventually(() => {
    const last = before
    before = made
    expect(made).toBeGreaterThan(0)
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

/** A request whose time goes as the test says, and what the other side says. */
const timed = (asked: Parameters<typeof ask>[1], options: Parameters<typeof vi.useFakeTimers>[0] = {}) => {
  vi.useFakeTimers(options)
  onTestFinished(() => void vi.useRealTimers())
  const wire = new TestWire()
  const own = new ClientConnection(wire, { free() {}, closed() {} })
  const one = ask({ take: (waiter) => waiter.connected(own, false), forget() {} }, asked)
  const send = (text: string): void => own.taken(Buffer.from(text))
  /** Nearly as long as it may be silent. */
  const nearly = () => vi.advanceTimersByTimeAsync(900)
  return { ...one, wire, send, nearly }
}
const silent = { failed: { kind: 'silent' } }

it('breaks off an answer that is silent for too long, but not one that goes on', async () => {
  const { send, nearly, came, over, wire } = timed({ silenceMs: 1_000 })
  send('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n')
  const { read } = await came
  for (let times = 0; times < 5; times += 1) {
    await nearly()
    send('.')
  }
  expect(wire.isCut).toBe(false)
  await Promise.all([expect(read).rejects.toMatchObject({ kind: 'silent' }), nearly(), nearly()])
  expect(await over).toBe(true)
})

it('takes what came while this process was busy for longer than it waits', async () => {
  const { send, came } = timed(
    { headersMs: 1_000, silenceMs: 1_000 },
    { toFake: ['setTimeout', 'clearTimeout'] },
  )
  vi.advanceTimersByTime(1_000)
  send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n12')
  const { read } = await came
  await turn()
  vi.advanceTimersByTime(1_000)
  send('3')
  await turn()
  vi.advanceTimersByTime(1_000)
  send('4')
  expect(await read).toBe('1234')
})

it('ends an answer that went on late, and then no more', async () => {
  const { send, came, over, wire } = timed({ silenceMs: 1_000 }, { toFake: ['setTimeout', 'clearTimeout'] })
  send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n12')
  const cut = expect((await came).read).rejects.toMatchObject({ kind: 'silent' })
  vi.advanceTimersByTime(1_000)
  send('3')
  for (let turns = 0; turns < 3; turns += 1) await turn()
  expect(wire.isCut).toBe(false)
  vi.advanceTimersByTime(1_000)
  for (let turns = 0; turns < 3; turns += 1) await turn()
  await cut
  expect(await over).toBe(true)
})

it('begins the time of silence anew where it was the reader who took his time', async () => {
  const { send, nearly, came, wire } = timed({ path: '/slow', silenceMs: 1_000 })
  send(`HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n${'.'.repeat(70_000)}`)
  const { body } = await came
  const reader = body?.getReader()
  expect(wire.isPaused).toBe(true)
  await nearly()
  await reader?.read()
  expect(wire.isPaused).toBe(false)
  await nearly()
  expect(wire.isCut).toBe(false)
  await nearly()
  expect(wire.isCut).toBe(true)
})

it('does not blame the other side for the silence where nobody reads', async () => {
  const { send, nearly, over, wire } = timed({ path: '/unread', silenceMs: 1_000 })
  send(`HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n`)
  send('.'.repeat(70_000))
  send('.'.repeat(70_000))
  expect(wire.isPaused).toBe(true)
  await nearly()
  await nearly()
  expect([wire.isCut, await over]).toEqual([true, false])
})

it('gives a body that goes on all the time it takes, and one that does not none', async () => {
  const slow = givenLater()
  const { nearly, came, wire } = timed({ method: 'POST', body: slow.body, headersMs: 1_000 })
  for (let times = 0; times < 5; times += 1) {
    await nearly()
    slow.give('.')
  }
  await nearly()
  expect(wire.isCut).toBe(false)
  await nearly()
  expect(await came).toMatchObject({ failed: { name: 'BodyStalled' } })
  expect(wire.isCut).toBe(true)
})

it('blames the other side for the silence where it takes no more of a body', async () => {
  const { nearly, came, wire } = timed({ method: 'POST', body: bodyOf('x'), headersMs: 1_000 })
  wire.isRead = false
  await nearly()
  await nearly()
  expect(await came).toMatchObject(silent)
})

it.each(['HTTP/1.1 103 Early Hints\r\n\r\n', 'H'])(
  'gives an answer its time to begin once, whatever else comes: %j',
  async (piece) => {
    const { send, nearly, came } = timed({ headersMs: 1_000 })
    await nearly()
    send(piece)
    await nearly()
    expect(await came).toMatchObject(silent)
  },
)

it.each(['a\r\nX: b', 'a\nb', 'a\0b', '\u0100'])('cannot be made of the header %j', (value) => {
  expect(() => writeRequestHead('GET', '/', { 'x-a': value })).toThrow(TypeError)
  expect(() => writeRequestHead('GET', '/', { [value]: 'x' })).toThrow(TypeError)
  expect(() => writeRequestHead('GET', `/${value}`, {})).toThrow(TypeError)
})
