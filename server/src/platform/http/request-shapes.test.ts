import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cutAnswers, exchange } from '../../../../tests/contract/exchange.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const fixture = fileURLToPath(new URL('./listen.fixture.ts', import.meta.url))
const runtimes = { node: process.execPath, bun: `${root}node_modules/.bin/bun` } as const

const start = async (runtime: keyof typeof runtimes) => {
  const child = spawn(runtimes[runtime], [fixture], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await once(child.stdout, 'data')
  return { url: String(line).trim(), stop: () => child.stdin.end() }
}

const host = 'Host: x\r\n'
/** What ends the connection, so that nobody waits for more. */
const hidden = `GET /hidden HTTP/1.1\r\n${host}Connection: close\r\n\r\n`
const get = (target: string, lines = ''): string => `GET ${target} HTTP/1.1\r\n${host}${lines}\r\n`
const post = (lines: string, body: string, version = '1.1'): string =>
  `POST / HTTP/${version}\r\n${host}${lines}\r\n${body}`
const chunked = (body: string, lines = ''): string => post(`Transfer-Encoding: chunked\r\n${lines}`, body)

/** Each is followed by a request that must never be answered. */
const refused: [what: string, bytes: string | Buffer][] = [
  [
    'two lengths in one, length first',
    post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
  ],
  [
    'two lengths in one, chunks first',
    post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'),
  ],
  ['two Content-Lengths', post('Content-Length: 3\r\nContent-Length: 4\r\n', 'abcd')],
  ['the same Content-Length twice', post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc')],
  ['a list of lengths', post('Content-Length: 3, 3\r\n', 'abc')],
  ['a length with a sign', post('Content-Length: +3\r\n', 'abc')],
  ['a length below zero', post('Content-Length: -3\r\n', 'abc')],
  ['a length in hex', post('Content-Length: 0x3\r\n', 'abc')],
  ['a length of 2^64 + 3', post('Content-Length: 18446744073709551619\r\n', 'abc')],
  ['a length of two numbers', post('Content-Length: 3 3\r\n', 'abc')],
  ['an empty length', post('Content-Length:\r\n', 'abc')],
  ['Transfer-Encoding: identity', post('Transfer-Encoding: identity\r\n', '')],
  ['Transfer-Encoding: gzip', post('Transfer-Encoding: gzip\r\n', '')],
  ['Transfer-Encoding: gzip, chunked', post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n')],
  ['Transfer-Encoding: chunked, gzip', post('Transfer-Encoding: chunked, gzip\r\n', '0\r\n\r\n')],
  ['Transfer-Encoding twice', chunked('0\r\n\r\n', 'Transfer-Encoding: identity\r\n')],
  ['Transfer-Encoding: xchunked', post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n')],
  ['Transfer-Encoding after a vertical tab', post('Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n')],
  ['Transfer-Encoding with HTTP/1.0', post('Transfer-Encoding: chunked\r\n', '0\r\n\r\n', '1.0')],
  ['Transfer-Encoding on a second line', post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n')],
  ['a space before the colon', post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n')],
  ['a folded header', get('/', 'X: a\r\n b\r\n')],
  ['a header that begins with a space', `GET / HTTP/1.1\r\n X: a\r\n${host}\r\n`],
  ['a bare CR', get('/', 'X: a\rY: b\r\n')],
  ['a bare LF', get('/', 'X: a\nContent-Length: 5\r\n')],
  ['lines that end with LF alone', `GET / HTTP/1.1\n${host.replace('\r', '')}\n`],
  ['a CR more at the end of the headers', `GET / HTTP/1.1\r\n${host}\r\r\n`],
  ['a header without colon', get('/', 'Xyz\r\n')],
  ['a header without name', get('/', ': a\r\n')],
  ['a header name with a bracket', get('/', 'X(y: a\r\n')],
  ['U+0000 in a value', get('/', 'X: a\0b\r\n')],
  ['U+0000 in a name', get('/', 'X\0: b\r\n')],
  ['U+0000 in a path', get('/a\0b')],
  ['a space in a path', get('/a b')],
  ['bytes in a path that are no UTF-8', Buffer.from(get('/\xc0\xaf'), 'latin1')],
  ['HTTP/0.9', 'GET /\r\n\r\n'],
  ['HTTP/1.2', `GET / HTTP/1.2\r\n${host}\r\n`],
  ['HTTP/2.0 in the words of HTTP/1.1', `GET / HTTP/2.0\r\n${host}\r\n`],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
  ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
  ['two Hosts', get('/', 'Host: y\r\n')],
  ['the same Host twice', get('/', host)],
  ['a Host that is a list', 'GET / HTTP/1.1\r\nHost: x, y\r\n\r\n'],
  ['a Host with a path', 'GET / HTTP/1.1\r\nHost: x/y\r\n\r\n'],
  ['a Host with a user', 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n'],
  ['an address of another host than Host', get('http://elsewhere/a')],
  ['an address with a user', get('http://u:p@x/a')],
  ['an address of another scheme', get('ftp://x/a')],
  ['OPTIONS *', `OPTIONS * HTTP/1.1\r\n${host}\r\n`],
  ['CONNECT', `CONNECT x:80 HTTP/1.1\r\n${host}\r\n`],
  ['segments of dots', get('/a/../b')],
  ['encoded segments of dots', get('/a/%2e%2E/b')],
  ['a segment of dots at the end', get('/a/.')],
  ['a backslash', get('/a\\b')],
  ['a fragment', get('/a#b')],
  ['101 headers', get('/', 'a: b\r\n'.repeat(100))],
  ['250 headers', get('/', 'a: b\r\n'.repeat(250))],
  ['headers of 20 KB', get('/', `X: ${'a'.repeat(20_000)}\r\n`)],
  ['an address of 9,000 bytes', get(`/${'a'.repeat(9_000)}`)],
]

/** What shows only in the body: the request was begun, and must not be answered well, nor anything behind it. */
const brokenChunks: [what: string, body: string][] = [
  ['below zero', '-3\r\nabc\r\n0\r\n\r\n'],
  ['in C', '0x3\r\nabc\r\n0\r\n\r\n'],
  ['with a sign', '+3\r\nabc\r\n0\r\n\r\n'],
  ['before a space', '3 \r\nabc\r\n0\r\n\r\n'],
  ['of 68 bits', 'fffffffffffffffff\r\nabc\r\n0\r\n\r\n'],
  ['of 2^64 + 3', '10000000000000003\r\nabc\r\n0\r\n\r\n'],
  ['too small', '3\r\nabcdef\r\n0\r\n\r\n'],
  ['that is none', '\r\nabc\r\n0\r\n\r\n'],
  ['that ends with LF alone', '3\nabc\n0\n\n'],
  ['with an extension that ends with LF alone', '3;a\nabc\r\n0\r\n\r\n'],
  ['with an extension of 40 KB', `3;${'a'.repeat(40_000)}\r\nabc\r\n0\r\n\r\n`],
]

describe.each(['node', 'bun'] as const)('on %s', (runtime) => {
  let server: Awaited<ReturnType<typeof start>>
  beforeAll(async () => {
    server = await start(runtime)
  })
  afterAll(() => server.stop())
  const send = async (bytes: string | Buffer) => {
    const sent = Buffer.concat([Buffer.from(bytes), Buffer.from(hidden)])
    const received = await exchange(server.url, sent, { quietMs: 10_000 })
    return { received, answers: cutAnswers(received, ['GET', 'GET']) }
  }

  it.concurrent.each(refused)('refuses %s', async (_, bytes) => {
    const { received, answers } = await send(bytes)
    expect([400, 414, 431, 505]).toContain(answers[0]?.status)
    expect(received).not.toContain('/hidden')
    expect(answers[0]?.headers['content-type']).toContain('application/problem+json')
  })

  it.concurrent.each(brokenChunks)('refuses a chunk size %s', async (_, body) => {
    const { received } = await send(chunked(body))
    expect(received).toMatch(/^HTTP\/1\.1 4/)
    expect(received).not.toContain('hidden')
  })

  it.concurrent.each([
    ['a body in chunks', chunked('3;a=b\r\nabc\r\n0\r\n\r\n'), 'POST / "abc"'],
    ['a body with its length', post('Content-Length: 3 \r\n', 'abc'), 'POST / "abc"'],
    ['a GET with a body', get('/a', `Content-Length: ${hidden.length}\r\n`) + hidden, 'GET /a ""'],
    ['an absolute address of its Host', get('http://x/a'), 'GET /a ""'],
    ['dots that are no segments', get('/a.b/..c/d..?x=/../y'), 'GET /a.b/..c/d..?x=/../y ""'],
    ['99 headers', get('/', 'a: b\r\n'.repeat(98)), 'GET / ""'],
  ])('takes %s for what it is, and the next request for another', async (_, bytes, taken) => {
    const { answers } = await send(bytes)
    expect(answers.map(({ body }) => body)).toEqual([taken, 'GET /hidden ""'])
  })

  it('lets no trailer become a header, nor a second answer of it', async () => {
    const { answers } = await send(chunked('3\r\nabc\r\n0\r\nHost: y\r\nX-A: b\r\n\r\n'))
    expect(answers.map(({ body }) => body)).toEqual(['POST / "abc"', 'GET /hidden ""'])
  })
})
