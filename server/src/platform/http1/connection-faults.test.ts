import { Buffer } from 'node:buffer'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { ownStream } from '../http/own-stream.ts'
import { addHeader, answerPrepared, prepareHeaders } from '../http/prepared-answer.ts'
import { connect, get, post } from './connection.fixture.ts'
import { goAhead } from './request-body.ts'

/** A body that begins, and of which more comes only when it is told. */
const begun = () => {
  let more: ReadableStreamDefaultController<Uint8Array> | undefined
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      more = controller
      controller.enqueue(Buffer.from('begun'))
    },
  })
  return { body, end: () => more?.close() }
}

const prepared = (status: number, body: string | null, fields = {}) =>
  answerPrepared(status, body === null ? null : Buffer.from(body), prepareHeaders(fields), {})

describe('a connection on which something goes wrong', () => {
  it('is cut where a body breaks its rules within the answer: a refusal there would be a part of it', async () => {
    const { wire, send } = connect(() => new Response(begun().body))
    send(post('Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n'))
    await eventually(() => expect(wire.text()).toContain('begun'))
    send('no size\r\n')
    expect(wire.isCut).toBe(true)
    expect(wire.text()).not.toContain('HTTP/1.1 400')
  })

  it.each([
    ['at once', () => undefined],
    ['later', async () => 'no Response'],
  ])('answers 500 where its handler gives no Response, %s', async (_when, handler) => {
    const { wire, send } = connect(handler as never)
    send(get() + get())
    await eventually(() => expect(wire.text().match(/HTTP\/1\.1 500 /g)).toHaveLength(2))
    expect(wire.isCut).toBe(false)
  })

  it('is cut where its answer cannot be sent', async () => {
    const broken = () => answerPrepared(200, null, prepareHeaders({}), { a: Symbol('b') as never })
    for (const handler of [broken, async () => broken()]) {
      const { wire, send } = connect(handler)
      send(get())
      await eventually(() => expect(wire.isCut).toBe(true))
    }
    const stream = { open: () => expect.unreachable(), closed: () => {} }
    const { wire, send } = connect(() => ownStream({}, stream as never))
    send(get())
    expect(wire.isCut).toBe(true)
  })

  it('is cut where nothing is answered for as long as nobody may be silent', () => {
    const { connection, state, send, wire } = connect(() => new Promise(() => {}))
    const { silenceMs } = state.limits
    send(get())
    wire.moved = 9
    const asked = state.now + silenceMs
    connection.look(asked)
    connection.look(asked + silenceMs - 1)
    expect(wire.isCut).toBe(false)
    connection.look(asked + silenceMs)
    expect(wire.isCut).toBe(true)
  })

  it('says 100 neither within an answer nor after it', async () => {
    const { body, end } = begun()
    let asked: Request | undefined
    const { wire, send } = connect((request) => {
      asked = request
      return new Response(body)
    })
    send(post('Expect: 100-continue\r\nContent-Length: 5\r\n'))
    await eventually(() => expect(wire.text()).toContain('begun'))
    void asked?.text().catch(() => {})
    await turn()
    end()
    await eventually(() => expect(wire.isOver).toBe(true))
    await turn()
    expect(wire.text()).not.toContain(goAhead.toString())
    expect(wire.text()).toMatch(/5\r\nbegun\r\n0\r\n\r\n$/)
  })

  it('answers a request whose handler wanted no more of its body', async () => {
    const answer = Promise.withResolvers<Response>()
    const { wire, send } = connect(async ({ body }) => {
      await body?.cancel()
      return answer.promise
    })
    send(post('Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n'))
    await turn()
    send('0\r\n\r\n')
    answer.resolve(new Response('enough'))
    await eventually(() => expect(wire.text()).toMatch(/^HTTP\/1\.1 200 .*enough$/s))
  })

  it('keeps no more of small chunks than of large ones', () => {
    const { wire, send } = connect(() => new Promise(() => {}))
    send(post('Transfer-Encoding: chunked\r\n', '1\r\na\r\n'.repeat(300)))
    expect(wire.isPaused).toBe(true)
  })

  it('waits for the next request after an empty line in two pieces', () => {
    const { connection, state, send, wire } = connect(() => prepared(200, 'a'))
    send(get())
    send('\r')
    send('\n')
    expect(connection.isIdle).toBe(true)
    connection.look(state.now + state.limits.headersTimeoutMs)
    expect(wire.text()).not.toContain('408')
  })

  it('gives all of its last answer to a client that has nothing more to say', () => {
    const { connection, send, wire } = connect(() => prepared(200, 'a'))
    wire.isRead = false
    send(get('/', 'Connection: close\r\n'))
    connection.ended()
    expect(wire.isCut).toBe(false)
    wire.pending = 0
    connection.ended()
    expect(wire.isCut).toBe(true)
  })

  it('lets what waits for a slow client take no more room than it has bytes', () => {
    const { send, wire } = connect(() => prepared(200, 'a'))
    wire.isRead = false
    const kept: ArrayBufferLike[] = []
    wire.write = (bytes) => {
      kept.push(bytes.buffer)
      wire.pending += bytes.byteLength
    }
    wire.writeFirst = (bytes, length) => wire.write(bytes.subarray(0, length))
    send(get().repeat(20))
    expect(kept.length).toBeGreaterThan(20)
    // The scratch of the first, and what small buffers share.
    expect(new Set(kept).size).toBeLessThan(5)
  })

  it('sends no byte of a body beyond the length that was said', async () => {
    const { send, wire } = connect(() => new Response('too long', { headers: { 'content-length': '3' } }))
    send(get())
    await eventually(() => expect(wire.isCut).toBe(true))
    expect(wire.text()).toBe('')
  })

  it('sends no body with 204 and 304', () => {
    const { send, wire } = connect(() => prepared(304, 'hidden'))
    send(get())
    expect(wire.text()).toMatch(/^HTTP\/1\.1 304 .*\r\n\r\n$/s)
  })

  it('gives a GET no body, as no Request has one', async () => {
    const { send, wire } = connect(({ url, body }) => Response.json([url, body === null]))
    send(get('/', 'Content-Length: 3\r\n').concat('abc'))
    await eventually(() => expect(wire.text()).toContain('["http://x/",true]'))
  })
})

describe('a stream', () => {
  const open = (cuts: boolean) => {
    let isClosed = false
    const source = {
      open: (outlet: { cut(): void }) => cuts && outlet.cut(),
      closed: () => (isClosed = true),
    }
    const all = connect(async () => ownStream({ 'content-length': '7', 'x-a': 'b' }, source as never))
    return { ...all, isClosed: () => isClosed }
  }

  it('hears of the end of its client, though that has sent more', async () => {
    const { send, wire } = open(false)
    send(get() + get('/more'))
    expect(wire.isPaused).toBe(true)
    await eventually(() => expect(wire.text()).toContain('x-a: b'))
    expect(wire.isPaused).toBe(false)
  })

  it('says no length beside its chunks', async () => {
    const { send, wire } = open(false)
    send(get())
    await eventually(() => expect(wire.text()).toContain('Transfer-Encoding: chunked'))
    expect(wire.text()).not.toMatch(/content-length/i)
  })

  it('is told of its end where it is cut while it is opened, on runtimes that tell at once', async () => {
    const { connection, send, wire, isClosed } = open(true)
    wire.destroy = () => connection.closed()
    send(get())
    await eventually(() => expect(isClosed()).toBe(true))
  })
})

it.each(['1.2.3.4.5', '999.1.1.1', 'a.256', '\xdf?aaaaa', 'x/y', 'x\\y'])('refuses the Host %j', (host) => {
  const { send, wire } = connect(() => prepared(200, null))
  send(`GET /a HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  expect(wire.text()).toMatch(/^HTTP\/1\.1 400 /)
})

it.each(['x', 'a.b:8080', '10.0.0.255', '[::1]:8080', 'EXAMPLE.org', 'a-1.b_2'])(
  'takes the Host %j',
  (host) => {
    const { send, wire } = connect(() => prepared(204, null))
    send(`GET /a HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    expect(wire.text()).toMatch(/^HTTP\/1\.1 204 /)
  },
)

it.each(["/a?b='c'", "/a'b?c", '/a(b);c,d?e[]=*&f=@:/?'])(
  'has the URL of %s as a parser writes it',
  (target) => {
    let url = ''
    connect((request) => {
      url = request.url
      return prepared(204, null)
    }).send(get(target))
    expect(url).toBe(new URL(target, 'http://x').href)
  },
)

it('has what was added to a prepared answer after its body was looked at', () => {
  const answer = prepared(200, 'a', { 'x-a': 'b' })
  expect(answer.body).not.toBeNull()
  addHeader(answer, 'x-b', 'c')
  expect(Object.fromEntries(answer.headers)).toMatchObject({ 'x-a': 'b', 'x-b': 'c' })
  expect(new Response(null, answer).headers.get('x-b')).toBe('c')
})
