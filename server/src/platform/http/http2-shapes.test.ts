import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listen } from './listen-node.ts'
import type { Listener } from './listener.ts'

type Line = [name: string, value: string]

const [dataFrame, headersFrame, resetFrame, goAwayFrame] = [0, 1, 3, 7]
const [endStream, endHeaders] = [1, 4]

const frame = (type: number, flags: number, stream: number, payload: Buffer): Buffer => {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** HPACK as it is without tables and Huffman codes (RFC 7541 §6.2.2); for texts below 127 bytes. */
const text = (value: string): Buffer =>
  Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')])
const literal = ([name, value]: Line): Buffer => Buffer.concat([Buffer.from([0]), text(name), text(value)])

const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(4, 0, 0, Buffer.alloc(0)),
])

const folder = mkdtempSync(join(tmpdir(), 'parasol-http2-shapes-'))
const begun: string[] = []
const taken: string[] = []
let listener: Listener
beforeAll(async () => {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=x']
  execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  const peer = async (request: Request): Promise<Response> => {
    begun.push(`${request.url} ${JSON.stringify([...request.headers])}`)
    taken.push(`${request.url} ${await request.text()}`)
    return new Response(null, { status: 204 })
  }
  const options = { host: '127.0.0.1', port: 0, onUnreadable: () => {} }
  listener = await listen(peer, { ...options, tls: { cert, key, onReload: () => {} } })
})
afterAll(async () => {
  await listener.close(0)
  rmSync(folder, { recursive: true })
})

/** What a request of these lines comes to: a status, as far as it has a code of its own in HPACK, or the end of its stream. */
const send = async (lines: readonly Line[], body?: string): Promise<string> => {
  begun.length = 0
  taken.length = 0
  const port = Number(new URL(listener.url).port)
  const client = connect({ host: '127.0.0.1', port, ALPNProtocols: ['h2'], rejectUnauthorized: false })
  client.on('error', () => {})
  const flags = endHeaders | (body === undefined ? endStream : 0)
  const request = [preface, frame(headersFrame, flags, 1, Buffer.concat(lines.map(literal)))]
  if (body !== undefined) request.push(frame(dataFrame, endStream, 1, Buffer.from(body)))
  await once(client, 'secureConnect')
  client.write(Buffer.concat(request))
  let received = Buffer.alloc(0)
  try {
    for await (const chunk of client) {
      received = Buffer.concat([received, chunk])
      while (received.length >= 9 && received.length >= 9 + received.readUIntBE(0, 3)) {
        const type = received.readUInt8(3)
        if (type === headersFrame) return { 137: '204', 140: '400' }[received.readUInt8(9)] ?? 'other'
        if (type === resetFrame || type === goAwayFrame) return 'ended'
        received = received.subarray(9 + received.readUIntBE(0, 3))
      }
    }
    return 'ended'
  } finally {
    client.destroy()
  }
}

const usual: Line[] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'x'],
  [':path', '/a'],
]
const withLines = (...more: Line[]): Line[] => [...usual, ...more]
const instead = (name: string, ...values: string[]): Line[] =>
  usual.flatMap((line): Line[] => (line[0] === name ? values.map((value) => [name, value]) : [line]))
const post = (...more: Line[]): Line[] => [...instead(':method', 'POST'), ...more]

it('is taken where there is nothing wrong with it', async () => {
  expect(await send(withLines(['host', 'x'], ['te', 'trailers']))).toBe('204')
  expect(taken).toEqual(['https://x/a '])
  expect(await send(post(['content-length', '3']), 'abc')).toBe('204')
  expect(taken).toEqual(['https://x/a abc'])
})

/** nghttp2 leaves these out of the request, and tells nobody: what is there then is a request without them. */
const leftOut: [what: string, lines: Line[]][] = [
  ['a value with CR and LF', withLines(['x-a', 'b\r\nx-b: c'])],
  ['a value with LF', withLines(['x-a', 'b\nx-b: c'])],
  ['a value with CR', withLines(['x-a', 'b\rc'])],
  ['a value with U+0000', withLines(['x-a', 'b\0c'])],
  ['a name with a blank', withLines(['x a', 'b'])],
  ['a name with a colon', withLines(['x:a', 'b'])],
  ['a name with CR and LF', withLines(['x\r\na', 'b'])],
  ['no name', withLines(['', 'b'])],
]

const refused: [what: string, lines: Line[]][] = [
  ['a name in capitals', withLines(['X-A', 'b'])],
  ['Transfer-Encoding', withLines(['transfer-encoding', 'chunked'])],
  ['Connection', withLines(['connection', 'x-a'])],
  ['Keep-Alive', withLines(['keep-alive', 'timeout=5'])],
  ['Proxy-Connection', withLines(['proxy-connection', 'close'])],
  ['Upgrade', withLines(['upgrade', 'h2c'])],
  ['TE of something else', withLines(['te', 'gzip'])],
  ['a path with a blank', instead(':path', '/a b')],
  ['a path with the end of a request line', instead(':path', '/a HTTP/1.1\r\nx-b: c')],
  ['a path with U+0000', instead(':path', '/a\0b')],
  ['an address of another host', instead(':path', 'https://y/a')],
  ['a path that begins otherwise', instead(':path', 'a')],
  ['a path of *', instead(':path', '*')],
  ['an empty path', instead(':path', '')],
  ['a path with a fragment', instead(':path', '/a#b')],
  ['a path with dots', instead(':path', '/a/../b')],
  ['no path', instead(':path')],
  ['two paths', instead(':path', '/a', '/b')],
  ['no method', instead(':method')],
  ['two methods', instead(':method', 'GET', 'POST')],
  ['a method with a blank', instead(':method', 'GET /b HTTP/1.1')],
  ['CONNECT', instead(':method', 'CONNECT')],
  ['no scheme', instead(':scheme')],
  ['no host', instead(':authority')],
  ['two hosts', [...instead(':authority'), ['host', 'x'], ['host', 'x']]],
  ['two authorities', instead(':authority', 'x', 'y')],
  ['an authority and another host', withLines(['host', 'y'])],
  ['an authority with a user', instead(':authority', 'y@x')],
  ['an authority with a path', instead(':authority', 'x/y')],
  ['an authority with a blank', instead(':authority', 'x y')],
  ['a pseudo-header behind the others', [...instead(':path'), ['x-a', 'b'], [':path', '/a']]],
  ['a pseudo-header that there is not', withLines().toSpliced(1, 0, [':x', 'y'])],
  ['a length without a body', withLines(['content-length', '5'])],
  ['two lengths', post(['content-length', '3'], ['content-length', '4'])],
  ['a length with a sign', post(['content-length', '+3'])],
  ['a length that is a list', post(['content-length', '3, 3'])],
]

it.each(refused)('is refused before anything sees it: %s', async (_what, lines) => {
  expect(['400', 'ended']).toContain(await send(lines))
  expect(begun).toEqual([])
})

it.each(leftOut)('is without a header that is none: %s', async (_what, lines) => {
  expect(await send(lines)).toBe('204')
  expect(begun).toEqual(['https://x/a []'])
})

it.each([
  ['longer', 'abcd'],
  ['shorter', 'ab'],
])('is never whole where its body is %s than its length', async (_what, body) => {
  expect(await send(post(['content-length', '3']), body)).toBe('ended')
  expect(taken).toEqual([])
})
