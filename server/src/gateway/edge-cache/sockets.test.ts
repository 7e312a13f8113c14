import { type IncomingMessage, type RequestListener, request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { startBackend } from '../../../../tests/backend.ts'
import { listen } from '../../platform/http/listen-node.ts'
import { observe } from '../../platform/http/observe.ts'
import { answerPrepared, prepareHeaders } from '../../platform/http/prepared-answer.ts'
import { takeRequestId } from '../../platform/http/request-context.ts'
import { openLog } from '../../platform/log/open-log.ts'
import { httpPeer } from '../../platform/peers/http-peer.ts'
import type { Peer } from '../../platform/peers/peer.ts'
import { createEdgeCache } from './edge-cache.ts'

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

const originOf = async (listener: RequestListener): Promise<Peer> => {
  const backend = await startBackend(listener)
  const { peer, close } = httpPeer({ name: 'origin', baseUrl: backend.url, timeoutMs: 5_000 })
  opened.push(close, backend.close)
  return peer
}

/** A gateway that is a cache alone. */
const cacheBefore = async (upstream: Peer) => {
  // Its clock stands still: what a busy machine lets pass between two requests is no matter of ages.
  const at = Date.now()
  const cache = createEdgeCache({
    ...{ maxBytes: 1_000_000, maxObjectBytes: 100_000, onError: () => {} },
    now: () => at,
  })
  const { log } = openLog('silent')
  const front = observe(
    (asked) => cache.fetch(asked, { upstream, headers: { ratelimit: '"b";r=1;t=1' } }),
    log,
  )
  const { url, close } = await listen(front, { host: '127.0.0.1', port: 0, onUnreadable: () => {} })
  opened.push(() => close(0))
  return { cache, url }
}

interface Received {
  status: number | undefined
  headers: IncomingMessage['headers']
  names: string[]
  body: Buffer
}

const ask = (url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Received> =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { headers, method }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () => {
        const names = incoming.rawHeaders
          .filter((_, place) => place % 2 === 0)
          .map((name) => name.toLowerCase())
        resolve({
          status: incoming.statusCode,
          headers: incoming.headers,
          names,
          body: Buffer.concat(chunks),
        })
      })
    })
    outgoing.on('error', reject).end()
  })

const json = JSON.stringify({ greeting: 'hello', letters: 'x'.repeat(500) })

describe('through real sockets', () => {
  it('gives each coding as it was stored, no header twice, with what changes', async () => {
    let count = 0
    const { url, cache } = await cacheBefore(
      await originOf((incoming, outgoing) => {
        count += 1
        const isGzip = incoming.headers['accept-encoding']?.includes('gzip')
        outgoing.setHeader('content-type', 'application/json')
        outgoing.setHeader('cache-control', 'max-age=60')
        outgoing.setHeader('etag', isGzip ? '"g"' : '"i"')
        outgoing.setHeader('vary', 'Accept-Encoding')
        outgoing.setHeader('ratelimit', '"origin";r=9;t=9')
        if (isGzip) outgoing.setHeader('content-encoding', 'gzip')
        outgoing.end(isGzip ? gzipSync(json) : json)
      }),
    )
    for (let turn = 0; turn < 2; turn += 1) {
      const plain = await ask(`${url}/a`)
      const zipped = await ask(`${url}/a`, { 'accept-encoding': 'gzip, br' })
      expect([plain.body.toString(), zipped.body]).toEqual([json, gzipSync(json)])
      expect([plain.headers.etag, zipped.headers.etag]).toEqual(['"i"', '"g"'])
    }
    const { headers, names } = await ask(`${url}/a`, { 'x-request-id': 'mine' })
    expect(headers).toMatchObject({
      'x-request-id': 'mine',
      ratelimit: '"b";r=1;t=1',
      age: expect.any(String),
    })
    expect(headers['cache-status']).toMatch(/^parasol; hit; ttl=\d+$/)
    expect(new Set(names).size).toBe(names.length)
    expect(count).toBe(2)
    expect(cache.size().entries).toBe(2)
  })

  it('answers conditions, HEAD, one part and no part', async () => {
    const { url } = await cacheBefore(
      await originOf((_, outgoing) => {
        outgoing.setHeader('cache-control', 'max-age=60')
        outgoing.setHeader('etag', '"a"')
        outgoing.setHeader('content-type', 'text/plain')
        outgoing.end('0123456789')
      }),
    )
    await ask(`${url}/a`)
    const unchanged = await ask(`${url}/a`, { 'if-none-match': '"a"' })
    expect([unchanged.status, unchanged.body.length, unchanged.headers.etag]).toEqual([304, 0, '"a"'])
    const head = await ask(`${url}/a`, {}, 'HEAD')
    expect([head.status, head.body.length, head.headers['content-length']]).toEqual([200, 0, '10'])
    const part = await ask(`${url}/a`, { range: 'bytes=2-4' })
    expect([part.status, part.body.toString(), part.headers['content-range']]).toEqual([
      206,
      '234',
      'bytes 2-4/10',
    ])
    const none = await ask(`${url}/a`, { range: 'bytes=90-' })
    expect([none.status, none.headers['content-range']]).toEqual([416, 'bytes */10'])
  })

  it('stores no answer whose connection broke', async () => {
    const { url, cache } = await cacheBefore(
      await originOf((_, outgoing) => {
        outgoing.setHeader('cache-control', 'max-age=60')
        outgoing.write('some')
        setImmediate(() => outgoing.destroy())
      }),
    )
    await expect(ask(`${url}/a`)).rejects.toThrow()
    expect(cache.size().entries).toBe(0)
  })

  it('keeps prepared answers of its own process as they are, with their lines', async () => {
    let count = 0
    const prepared = prepareHeaders({
      'content-type': 'application/json',
      'content-length': String(json.length),
      'cache-control': 'max-age=60',
      etag: '"a"',
      'cache-tag': 'app-a',
    })
    const { url, cache } = await cacheBefore((asked) => {
      count += 1
      const changing = { 'cache-status': 'parasol; hit; detail=memory', 'x-request-id': takeRequestId(asked) }
      return answerPrepared(200, Buffer.from(json), prepared, changing)
    })
    const first = await ask(`${url}/a`, { 'x-request-id': 'one' })
    const second = await ask(`${url}/a`, { 'x-request-id': 'two' })
    expect([first.body.toString(), second.body.toString()]).toEqual([json, json])
    expect([first.headers['x-request-id'], second.headers['x-request-id']]).toEqual(['one', 'two'])
    expect(first.headers['cache-status']).toBe(
      'parasol; hit; detail=memory, parasol; fwd=uri-miss; fwd-status=200; stored',
    )
    expect(second.headers['cache-status']).toMatch(/^parasol; hit; detail=memory, parasol; hit; ttl=(60|59)$/)
    expect(new Set(second.names).size).toBe(second.names.length)
    expect(count).toBe(1)
    expect(cache.purge(['app-a'])).toBe(1)
  })
})
