import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { connection } from './client-connection.fixture.ts'

const chunkOf = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`
const chunks = (...texts: string[]): string => `${texts.map(chunkOf).join('')}0\r\n\r\n`
const ok = 'HTTP/1.1 200 OK\r\n'
const whole = `${ok}Content-Length: 2\r\n\r\nok`

describe('a connection to another server', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\r', '\n', '0', ' ', '\xff'), maxLength: 20 })
  const lines = fc.constantFrom('', 'X-A: b\r\n', 'Set-Cookie: a\r\nSet-Cookie: b\r\n', 'X:\t c \t\r\n')
  const before = fc.constantFrom(
    '',
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n',
  )
  const more = fc.constantFrom('', ';a=b', ';a="\t"', '  ; a')
  const answer = fc.oneof(
    text.map((body) => ({ bytes: `Content-Length: ${body.length}\r\n\r\n${body}`, body })),
    fc
      .tuple(fc.array(fc.tuple(text, more), { maxLength: 4 }), fc.constantFrom('', 'X: y\r\n'))
      .map(([all, trailer]) => {
        const parts = all.filter(([part]) => part !== '')
        const sent = parts.map(([part, extra]) => chunkOf(part).replace('\r\n', () => `${extra}\r\n`))
        const bytes = `Transfer-Encoding: Chunked\r\n\r\n${sent.join('')}0\r\n${trailer}\r\n`
        return { bytes, body: parts.map(([part]) => part).join('') }
      }),
  )

  it('hears the same answers, wherever their bytes are cut', () => {
    const one = fc.tuple(before, lines, answer)
    const cuts = fc.array(fc.nat({ max: 300 }), { maxLength: 12 })
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 3 }), cuts, (answers, where) => {
        const { told, ask, send, isFree } = connection()
        for (const [first, head, { bytes, body }] of answers) {
          const all = `${first}${ok}${head}${bytes}`
          const places = [0, ...where.filter((at) => at < all.length).sort((a, b) => a - b), all.length]
          ask()
          for (let at = 1; at < places.length; at += 1) send(all.slice(places[at - 1], places[at]))
          expect(told.at(-1)).toMatchObject({ head: { status: 200 }, body, bodyEnd: 'end', end: 'over' })
          const names = head.match(/^[\w-]+(?=:)/gm)?.map((name) => name.toLowerCase()) ?? []
          expect(told.at(-1)?.head?.names.slice(0, -1)).toEqual(names)
          expect(isFree()).toBe(true)
        }
      }),
      { numRuns: 200 },
    )
  })

  it.each([
    ['HEAD', `${ok}Content-Length: 0\r\n\r\n`],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
    ['GET', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n'],
  ])('waits for no body where there is none: %s, %j', (method, bytes) => {
    const { told, ask, send, isFree } = connection()
    ask(method)
    send(bytes)
    expect(told[0]).toMatchObject({ body: '', bodyEnd: 'end', end: 'over' })
    expect(isFree()).toBe(true)
  })

  it.each([
    `${ok}Connection: close\r\nContent-Length: 2\r\n\r\nok`,
    `${ok}Connection: x, Close\r\nContent-Length: 2\r\n\r\nok`,
    'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok',
    `${whole}HTTP/1.1 200 OK\r\n`,
    'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n',
  ])('is closed behind %j', (bytes) => {
    const { told, ask, send, isFree, wire } = connection()
    ask()
    send(bytes)
    expect(told[0]).toMatchObject({ bodyEnd: 'end', end: 'over' })
    expect([wire.isCut, isFree()]).toEqual([true, false])
  })

  it.each(['Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', ''])(
    'is closed behind a HEAD: who sends the body all the same would answer the next request with it: %j',
    (lines) => {
      const { told, ask, send, isFree, wire } = connection()
      ask('HEAD')
      send(`${ok}${lines}\r\n`)
      expect(told[0]).toMatchObject({ body: '', bodyEnd: 'end', end: 'over' })
      expect([wire.isCut, isFree()]).toEqual([true, false])
    },
  )

  it('is used again behind HTTP/1.0 that says so', () => {
    const { ask, send, isFree } = connection()
    ask()
    send('HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok')
    expect(isFree()).toBe(true)
  })

  it.each([`${ok}\r\n`, 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n'])(
    'reads a body without a length to the end, and tells that from one that broke off: %j',
    (head) => {
      const first = connection()
      first.ask()
      first.send(`${head}to the`)
      first.send(' end')
      expect(first.told[0]).toMatchObject({ body: 'to the end', bodyEnd: '', end: '' })
      first.own.ended()
      expect(first.told[0]).toMatchObject({ bodyEnd: 'end', end: 'over' })
      const second = connection()
      second.ask()
      second.send(`${head}to the`)
      second.own.closed(new Error('reset'))
      expect(second.told[0]).toMatchObject({ bodyEnd: 'cut', end: 'broken: reset' })
    },
  )

  it('is closed where something comes that nobody asked for', () => {
    const { ask, send, wire, told } = connection()
    ask()
    send(whole)
    expect(wire.isCut).toBe(false)
    send(whole)
    expect(wire.isCut).toBe(true)
    expect(told).toMatchObject([{ body: 'ok', end: 'over' }])
  })

  it('is closed by an answer that comes before its request is begun: it is to nothing, and would be taken for one to it', () => {
    const { ask, send, wire, told } = connection()
    ask()
    send(whole)
    ask('POST', false, false)
    send(whole)
    expect(told[1]).toMatchObject({ head: undefined, body: '', end: expect.stringContaining('broken: ') })
    expect(told[1]?.isUntouched).toBe(true)
    expect(wire.isCut).toBe(true)
  })

  it('tells whether a single byte came before it broke off', () => {
    for (const [bytes, isUntouched] of [
      ['', true],
      ['HTTP/1.1 103 Early Hints\r\n\r\n', false],
      ['H', false],
    ] as const) {
      const { ask, send, own, told } = connection()
      ask()
      send(whole)
      ask()
      if (bytes) send(bytes)
      own.ended()
      expect(told[1]).toMatchObject({ head: undefined, isUntouched, end: expect.stringContaining('broken') })
    }
  })

  it('is not used again where its request was not sent to the end', () => {
    const { ask, send, wire, told } = connection()
    ask('POST', false)
    send(whole)
    expect(told[0]).toMatchObject({ body: 'ok', end: 'over' })
    expect(wire.isCut).toBe(true)
  })
})

const head = (lines: string, version = '1.1'): string => `HTTP/${version} 200 OK\r\n${lines}\r\n`
const coded = (coding: string, version = '1.1') =>
  head(`Transfer-Encoding: ${coding}\r\n`, version) + chunks('ok')

it.each([
  ['two lengths', `${head('Content-Length: 2\r\nContent-Length: 3\r\n')}abc`],
  ['the same length twice', `${head('Content-Length: 2\r\nContent-Length: 2\r\n')}ok`],
  ['a list of lengths', `${head('Content-Length: 2, 2\r\n')}ok`],
  ['a length with a sign', `${head('Content-Length: +2\r\n')}ok`],
  ['a length in hex', `${head('Content-Length: 0x2\r\n')}ok`],
  ['a length of 2^64', `${head('Content-Length: 18446744073709551616\r\n')}ok`],
  ['an empty length', `${head('Content-Length:\r\n')}ok`],
  ['a length, then chunks', head('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n') + chunks('ok')],
  ['chunks, then a length', head('Transfer-Encoding: chunked\r\nContent-Length: 2\r\n') + chunks('ok')],
  ['gzip, chunked', coded('gzip, chunked')],
  ['chunked, gzip', coded('chunked, gzip')],
  ['identity', coded('identity')],
  ['xchunked', coded('xchunked')],
  ['chunked twice', coded('chunked\r\nTransfer-Encoding: chunked')],
  ['chunked behind a vertical tab', coded('\x0bchunked')],
  ['chunks of HTTP/1.0', coded('chunked', '1.0')],
  ['a folded header', head('X: a\r\n b\r\n')],
  ['a header that begins with a space', head(' X: a\r\n')],
  ['a space before the colon', head('Content-Length : 2\r\n')],
  ['a bare CR', head('X: a\rY: b\r\n')],
  ['a bare LF', head('X: a\nY: b\r\n')],
  ['LF alone', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok\r\n\r\n'],
  ['U+0000', head('X: a\0b\r\n')],
  ['a header without a name', head(': b\r\n')],
  ['a header without a colon', head('Xyz\r\n')],
  ['a name in brackets', head('X(a): b\r\n')],
  ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
  ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n'],
  ['http in small letters', 'http/1.1 200 OK\r\n\r\n'],
  ['two digits of a status', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['four digits of a status', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ['a status of 600', 'HTTP/1.1 600 No\r\n\r\n'],
  ['a status below 100', 'HTTP/1.1 099 No\r\n\r\n'],
  ['two spaces before the status', 'HTTP/1.1  200 OK\r\n\r\n'],
  ['no status line', 'Content-Length: 2\r\n\r\nok'],
  ['a request', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ['101', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
  ['a head of more than 64 KiB', `${ok}X: ${'x'.repeat(65_536)}`],
])('is broken by an answer with %s', (_, bytes) => {
  const { told, ask, send, wire } = connection()
  ask()
  send(bytes)
  expect(told[0]).toMatchObject({ head: undefined, end: expect.stringContaining('broken: ') })
  expect(wire.isCut).toBe(true)
})

it.each([
  ['no size', '\r\nok\r\n'],
  ['a size with a sign', '+2\r\nok\r\n'],
  ['a size in 0x', '0x2\r\nok\r\n'],
  ['a space before the size', ' 2\r\nok\r\n'],
  ['a size of 2^64', '10000000000000002\r\nok\r\n'],
  ['a chunk longer than its size', '2\r\nokk\r\n'],
  ['a size that ends with LF alone', '2\nok\r\n'],
  ['data that ends with LF alone', '2\r\nok\n0\r\n\r\n'],
  ['a CR within an extension', '2;a\rb\r\nok\r\n'],
  ['extensions without measure', `2;${'a'.repeat(4_096)}\r\nok\r\n`],
  ['a trailer that is none', '0\r\nxyz\r\n\r\n'],
  ['trailers without measure', `0\r\n${'x: abcdefgh\r\n'.repeat(400)}\r\n`],
])('is broken by chunks with %s', (_, bytes) => {
  const { told, ask, send, wire } = connection()
  ask()
  send(head('Transfer-Encoding: chunked\r\n') + chunkOf('first'))
  send(bytes)
  expect(told[0]).toMatchObject({ bodyEnd: 'cut', end: expect.stringContaining('broken: ') })
  expect(wire.isCut).toBe(true)
})
