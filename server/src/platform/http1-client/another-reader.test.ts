import { Buffer } from 'node:buffer'
import { type IncomingMessage, request } from 'node:http'
import { Duplex } from 'node:stream'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { connection } from './client-connection.fixture.ts'

/** What a reader took an answer for. */
interface Read {
  status: number
  names: string[]
  values: string[]
  body: string
}

/** Answers with these bytes, and closes. */
const saying = (bytes: string): Duplex => {
  const socket = new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      done()
      socket.push(Buffer.from(bytes, 'latin1'))
      socket.push(null)
    },
  })
  return socket
}

const wholeOf = async (incoming: IncomingMessage): Promise<Read> => {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece)
  const { statusCode = 0, rawHeaders, complete } = incoming
  if (!complete) throw new Error('it is not whole')
  return {
    status: statusCode,
    names: rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()),
    values: rawHeaders.filter((_, at) => at % 2 === 1),
    body: Buffer.concat(pieces).toString('latin1'),
  }
}

/** What node:http takes it for; a text where it takes it for none. */
const theirs = (bytes: string, method: string): Promise<Read | string> =>
  new Promise((resolve) => {
    const asked = request({ method, createConnection: () => saying(bytes) as never })
    let isAnswered = false
    asked.on('response', (incoming) => {
      isAnswered = true
      wholeOf(incoming).then(resolve, (error) => resolve(String(error)))
    })
    asked.on('error', (error) => resolve(String(error))).on('close', () => isAnswered || resolve('closed'))
    asked.end()
  })

/** What we take it for, and the bytes that it is made of: what is behind them ends the connection, and is no part of it. */
const ours = (bytes: string, method: string): [Read | string, string] => {
  const { told, ask, send, own } = connection()
  ask(method)
  const [one] = told as [(typeof told)[0]]
  let size = 0
  for (; size < bytes.length && one.end === ''; size += 1) send(bytes[size] as string)
  own.ended()
  const { head, body, end } = one
  if (!head || end !== 'over') return [end, bytes]
  const { status, names, values } = head
  return [{ status, names, values, body }, bytes.slice(0, size)]
}

const piece = fc.constantFrom(
  ...[
    'HTTP/1.1',
    'HTTP/1.0',
    ' ',
    ' ',
    '200',
    '204',
    '304',
    'OK',
    '\r\n',
    '\r\n',
    '\r',
    '\n',
    ':',
    ': ',
    ';',
    ',',
  ],
  ...[
    'Content-Length',
    'Content-Length: 2\r\n',
    'Transfer-Encoding: chunked\r\n',
    'chunked',
    'identity',
    'X-A',
    'b',
  ],
  ...[
    'Connection: close\r\n',
    'Connection: upgrade\r\nUpgrade: x\r\n',
    '0',
    '2',
    '+',
    '\t',
    '\0',
    '\x0b',
    '\x7f',
    '\x80',
    '"',
  ],
)
const some = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''))
const line = fc.constantFrom(
  ...[
    '',
    '',
    'X-A: b\r\n',
    'Content-Length: 2\r\n',
    'Content-Length: 0\r\n',
    'Transfer-Encoding: chunked\r\n',
  ],
  ...[
    'Transfer-Encoding: gzip, chunked\r\n',
    'Set-Cookie: a\r\nSet-Cookie: b\r\n',
    'Connection: close\r\n',
    'X:\t y \t\r\n',
  ],
)
const first = fc.constantFrom(
  ...[
    'HTTP/1.1 200 OK',
    'HTTP/1.1 200 OK',
    'HTTP/1.0 200 OK',
    'HTTP/1.1 204 No Content',
    'HTTP/1.1 304 Not Modified',
  ],
  ...[
    'HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK',
    'HTTP/1.1 200',
    'HTTP/1.1 101 Switching',
    'HTTP/1.1 999 No',
    'HTTP/2.0 200 OK',
  ],
)
const body = fc.constantFrom(
  '',
  'ok',
  'okok',
  '2\r\nok\r\n0\r\n\r\n',
  '2;a=b\r\nok\r\n0\r\nX: y\r\n\r\n',
  '02\r\nok\r\n0\r\n\r\nmore',
  '2\r\nok\r\n',
)
const answer = fc
  .tuple(first, line, line, some, body, fc.constantFrom('head', 'line', 'body', 'nowhere'))
  .map(([status, a, b, strange, content, where]) => {
    const at = (place: string): string => (where === place ? strange : '')
    return `${status}${at('line')}\r\n${a}${at('head')}${b}\r\n${content}${at('body')}`
  })

/** Where we refuse what node:http takes, by what we say of it: exchange.ts refused these before, or each reader finds another end. */
const stricter = [
  /^broken: another protocol/,
  // A coding that nobody asked for, chunked twice, or chunks of HTTP/1.0.
  /^broken: Transfer-Encoding (?:gzip, chunked|chunked)$/,
  /^broken: no status line: HTTP\/(?:2\.0|1\.1 999) /,
  // Of all that is in a head node:http lets only the reason have them.
  /^broken: a head with controls/,
]

it('takes nothing that another reader takes for something else, and refuses what that takes only where it must', async () => {
  let taken = 0
  await fc.assert(
    fc.asyncProperty(answer, fc.constantFrom('GET', 'HEAD'), async (bytes, method) => {
      const [own, made] = ours(bytes, method)
      const other = await theirs(made, method)
      if (typeof own !== 'string') {
        taken += 1
        expect(other).toEqual(own)
      } else if (typeof other !== 'string') {
        expect([own, stricter.some((reason) => reason.test(own))]).toEqual([own, true])
      }
    }),
    { numRuns: 400 },
  )
  expect(taken).toBeGreaterThan(40)
})
