import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cutAnswers, exchange } from '../../../../tests/contract/exchange.ts'
import { connectionLimits } from '../http/listener.ts'
import { type Head, readHead } from './read-head.ts'

/** Another reader of HTTP, much used: says what it took a request for. */
const other = createServer((request, response) => {
  const { method, url, rawHeaders } = request
  const body = JSON.stringify({ method, url, rawHeaders })
  response.writeHead(200, { connection: 'close', 'content-length': body.length })
  response.end(body, 'latin1')
})
let url = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
})
afterAll(() => other.close())

const read = (text: string) => readHead(text, connectionLimits)

it('reads what a client sends', () => {
  expect(read('GET /a?b=c HTTP/1.1\r\nHost: x:80\r\nX-A:\t b c \t\r\nIf-None-Match: "1"')).toEqual({
    method: 'GET',
    target: '/a?b=c',
    isHttp10: false,
    names: ['host', 'x-a', 'if-none-match'],
    values: ['x:80', 'b c', '"1"'],
    host: 'x:80',
    length: 0,
    keepsAlive: true,
    expectsContinue: false,
  })
})

it.each([
  ['Connection: close', false],
  ['Connection: keep-alive, Close', false],
  ['Connection: x-close', true],
])('goes on after %s: %s', (line, keepsAlive) => {
  expect(read(`GET / HTTP/1.1\r\nHost: x\r\n${line}`)).toMatchObject({ keepsAlive })
})

it.each([
  ['Connection: keep-alive', true],
  ['Connection: keep-alive\r\nConnection: close', false],
  ['Connection: close\r\nConnection: keep-alive', false],
])('goes on with HTTP/1.0 after %j: %s', (lines, keepsAlive) => {
  expect(read(`GET / HTTP/1.0\r\nHost: x\r\n${lines}`)).toMatchObject({ keepsAlive })
})

it('takes nothing that another reader takes for something else', async () => {
  const piece = fc.constantFrom(
    ...[
      'GET',
      'POST',
      ' ',
      ' ',
      '/',
      '/a',
      '?b',
      'HTTP/1.1',
      'HTTP/1.0',
      '\r\n',
      '\r\n',
      '\r',
      '\n',
      ':',
      ': ',
    ],
    ...[
      'Host',
      'Host: x\r\n',
      'X-A',
      'b',
      ',',
      ';',
      '"',
      '\t',
      '\x00',
      '\x0b',
      '\x7f',
      '\x80',
      'Content-Length: 0\r\n',
    ],
  )
  const line = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(''))
  const head = fc
    .tuple(fc.constantFrom('GET / HTTP/1.1', 'GET /a?b HTTP/1.1', 'HEAD /a HTTP/1.1'), line, line)
    .chain(([first, a, b]) =>
      fc.constantFrom(
        `${first}\r\nHost: x\r\n${a}\r\n${b}`,
        `${first}${a}\r\nHost: x${b}`,
        `${first}\r\n${a}Host: x`,
      ),
    )
  let taken = 0
  await fc.assert(
    fc.asyncProperty(head, async (text) => {
      // What is behind the first empty line is not of this request.
      const own = text.split('\r\n\r\n', 1)[0] as string
      const ours = read(own)
      if (Array.isArray(ours)) return
      taken += 1
      const { method, target, names, values }: Head = ours
      const sent = Buffer.from(`${own}\r\n\r\n`, 'latin1')
      const [answer] = cutAnswers(await exchange(url, sent, { methods: [method] }), ['GET'])
      if (method === 'HEAD') {
        expect(answer?.status).toBe(200)
        return
      }
      const theirs = JSON.parse(answer?.body ?? '')
      const theirNames = theirs.rawHeaders.filter((_: string, at: number) => at % 2 === 0)
      const theirValues = theirs.rawHeaders.filter((_: string, at: number) => at % 2 === 1)
      expect({ method: theirs.method, target: theirs.url, values: theirValues }).toEqual({
        method,
        target,
        values,
      })
      expect(theirNames.map((name: string) => name.toLowerCase())).toEqual(names)
    }),
    { numRuns: 400 },
  )
  expect(taken).toBeGreaterThan(10)
})
