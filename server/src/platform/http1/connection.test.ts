import { Buffer } from 'node:buffer'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutAnswers } from '../../../../tests/contract/exchange.ts'
import { eventually } from '../../../../tests/eventually.ts'
import type { Peer } from '../peers/peer.ts'
import { connect, get, post } from './connection.fixture.ts'

const echo: Peer = async (request) =>
  new Response(`${request.method} ${new URL(request.url).pathname} ${JSON.stringify(await request.text())}`)

/** A body of which each piece is a moment later than the one before. */
const inPieces = (...pieces: string[]) =>
  new ReadableStream({
    async pull(controller) {
      await turn()
      const piece = pieces.shift()
      if (piece === undefined) controller.close()
      else controller.enqueue(Buffer.from(piece))
    },
  })

describe('a connection', () => {
  const body = fc.string({ unit: fc.constantFrom('a', '\r', '\n', '0', ' '), maxLength: 20 })
  const chunked = fc.array(fc.tuple(body, fc.constantFrom('', ';a=b', ';a="\t"')), { maxLength: 4 })
  const request = fc.oneof(
    fc.constant({ bytes: get('/a'), taken: 'GET /a ""' }),
    body.map((text) => ({
      bytes: post(`Content-Length: ${text.length}\r\n`, text),
      taken: `POST / ${JSON.stringify(text)}`,
    })),
    chunked.map((all) => {
      const parts = all.filter(([text]) => text !== '')
      const chunks = parts.map(([text, more]) => `${text.length.toString(16)}${more}\r\n${text}\r\n`)
      const text = parts.map(([one]) => one).join('')
      return {
        bytes: post('Transfer-Encoding: chunked\r\n', `${chunks.join('')}0\r\nX: y\r\n\r\n`),
        taken: `POST / ${JSON.stringify(text)}`,
      }
    }),
  )

  it('answers each of its requests, wherever their bytes are cut', async () => {
    const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), cuts, async (requests, where) => {
        const { wire, send } = connect(echo)
        const bytes = requests.map((one) => one.bytes).join('')
        const places = [0, ...where.filter((at) => at < bytes.length).sort((a, b) => a - b), bytes.length]
        for (let at = 1; at < places.length; at += 1) {
          send(bytes.slice(places[at - 1], places[at]))
          if (at % 3 === 0) await turn()
        }
        const methods = requests.map((one) => one.bytes.slice(0, 4).trim())
        const taken = () => cutAnswers(wire.text(), methods).map((one) => one.body)
        for (let turns = 0; taken().length < requests.length && turns < 1_000; turns += 1) await turn()
        expect(taken()).toEqual(requests.map((one) => one.taken))
      }),
      { numRuns: 60 },
    )
  })

  it('says 100 to a client that waits to send its body, once the body is read', async () => {
    const begin = Promise.withResolvers<void>()
    const { wire, send } = connect(async (request) => {
      await begin.promise
      return echo(request)
    })
    send(post('Expect: 100-continue\r\nContent-Length: 5\r\n'))
    await turn()
    expect(wire.text()).toBe('')
    begin.resolve()
    await eventually(() => expect(wire.text()).toBe('HTTP/1.1 100 Continue\r\n\r\n'))
    send('hello')
    await eventually(() => expect(wire.text()).toContain('POST / "hello"'))
  })

  it('ends after an answer that came before the whole body, and throws the rest away', async () => {
    const { wire, send } = connect(() => new Response(null, { status: 204 }))
    send(post('Expect: 100-continue\r\nContent-Length: 500000\r\n'))
    await eventually(() => expect(wire).toMatchObject({ isOver: true, isCut: false, isPaused: false }))
    expect(wire.text()).toMatch(/^HTTP\/1\.1 204 No Content\r\n.*Connection: close\r\n\r\n$/s)
    send(get('/hidden'))
    expect(wire.text()).not.toContain('hidden')
  })

  it('keeps no more of a body than is read', async () => {
    const { wire, send } = connect(() => new Promise(() => {}))
    send(post('Content-Length: 5000000\r\n', '.'.repeat(60_000)))
    expect(wire.isPaused).toBe(false)
    send('.'.repeat(10_000))
    expect(wire.isPaused).toBe(true)
  })

  it('answers HTTP/1.0 with a length or to the end, and goes on only where it is asked to', async () => {
    const first = connect(echo)
    first.send('GET /a HTTP/1.0\r\nHost: x\r\n\r\n')
    await eventually(() => expect(first.wire.isOver).toBe(true))
    expect(first.wire.text()).toMatch(/Content-Length: 9\r\nConnection: close\r\n\r\nGET \/a ""$/)
    const second = connect(echo)
    second.send('GET /a HTTP/1.0\r\nHost: x\r\nConnection: Keep-Alive\r\n\r\n')
    await eventually(() => expect(second.wire.text()).toMatch(/Connection: keep-alive\r\n.*GET \/a ""$/s))
    const third = connect(() => new Response(inPieces('la', 'ter')))
    third.send('GET /a HTTP/1.0\r\nHost: x\r\nConnection: Keep-Alive\r\n\r\n')
    await eventually(() => expect(third.wire.text()).toMatch(/Connection: close\r\n\r\nlater$/))
  })

  it('sends a body whose length is not known in chunks, and no body to HEAD', async () => {
    const { wire, send } = connect((request) =>
      request.method === 'HEAD'
        ? new Response('hello', { headers: { 'content-length': '5' } })
        : new Response(inPieces('one', 'two')),
    )
    send(get('/', 'A: b\r\n').replace('GET', 'HEAD') + get())
    await eventually(() => expect(wire.text()).toMatch(/3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/))
    expect(wire.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Content-Length: 5\r\n.*?\r\n\r\nHTTP\/1\.1 200/s)
  })

  it.each([
    ['fails', undefined],
    ['is shorter than was said', '6'],
    ['is longer than was said', '4'],
  ])('is cut where a body %s, so that nobody takes it for whole', async (_, length) => {
    const body = new ReadableStream({
      async pull(controller) {
        controller.enqueue(Buffer.from('hello'))
        await turn()
        if (length === undefined) controller.error(new Error('gone'))
        else controller.close()
      },
    })
    const { wire, send } = connect(
      () => new Response(body, length ? { headers: { 'content-length': length } } : {}),
    )
    send(get())
    await eventually(() => expect(wire.isCut).toBe(true))
  })

  it('makes no more of a body than its client takes, and stops when the client goes', async () => {
    let made = 0
    let isCancelled = false
    const body = new ReadableStream(
      {
        pull(controller) {
          made += 1
          controller.enqueue(Buffer.alloc(16_384))
        },
        cancel: () => {
          isCancelled = true
        },
      },
      { highWaterMark: 0 },
    )
    const { wire, connection, send } = connect(() => new Response(body))
    wire.isRead = false
    send(get())
    await eventually(() => expect(wire.pending).toBeGreaterThan(65_536))
    const madeThen = made
    for (let i = 0; i < 20; i += 1) await turn()
    expect(made).toBe(madeThen)
    wire.pending = 0
    connection.drained()
    await eventually(() => expect(made).toBeGreaterThan(madeThen))
    connection.closed()
    await eventually(() => expect(isCancelled).toBe(true))
  })

  it('asks for nothing more while its client does not take what it asked for', async () => {
    let asked = 0
    const { wire, connection, send } = connect(() => {
      asked += 1
      return new Response('.'.repeat(40_000))
    })
    wire.isRead = false
    for (let i = 0; i < 50; i += 1) {
      send(get())
      await turn()
    }
    expect(asked).toBe(2)
    expect(wire.isPaused).toBe(true)
    wire.pending = 0
    wire.isRead = true
    connection.drained()
    await eventually(() => expect(asked).toBe(50))
    expect(wire.isPaused).toBe(false)
  })

  it('lets a client take a last answer slowly, and waits for its end a moment only', async () => {
    const { wire, connection, state, send } = connect(() => new Response('.'.repeat(100_000)))
    wire.isRead = false
    send(get('/', 'Connection: close\r\n'))
    await eventually(() => expect(wire.isOver).toBe(true))
    connection.look(state.now + 60_000)
    expect(wire.isCut).toBe(false)
    wire.pending = 0
    connection.look(state.now + 61_000)
    expect(wire.isCut).toBe(false)
    connection.look(state.now + 63_000)
    expect(wire.isCut).toBe(true)
  })

  it('tells who makes an answer that its client is gone', async () => {
    const asked = Promise.withResolvers<AbortSignal>()
    const { connection, send } = connect((request) => {
      asked.resolve(request.signal)
      return new Promise(() => {})
    })
    send(get())
    const signal = await asked.promise
    expect(signal.aborted).toBe(false)
    connection.closed()
    expect(signal.aborted).toBe(true)
  })

  it('answers 400 to what is no HTTP at once, without waiting for more of it', () => {
    const { wire, send } = connect(echo)
    send('\x16\x03\x01\x02\x00')
    expect(wire.text()).toMatch(/^HTTP\/1\.1 400 .*"code":"invalid_request"/s)
    expect(wire.isOver).toBe(true)
  })

  it('sends what a handler throws as a problem', async () => {
    const { wire, send } = connect(() => {
      throw new Error('a fault')
    })
    send(get())
    await eventually(() => expect(wire.text()).toMatch(/^HTTP\/1\.1 500 .*"code":"internal_error"/s))
  })
})
