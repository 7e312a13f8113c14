import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { httpPeer } from './http-peer.ts'
import type { Peer } from './peer.ts'

const opened: (() => void)[] = []
afterEach(() => {
  for (const close of opened.splice(0)) close()
})

const neighbour = async (listener: RequestListener): Promise<{ url: string; server: Server }> => {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

const peerTo = (baseUrl: string, timeoutMs = 2_000): Peer => {
  const { peer, close } = httpPeer({ name: 'config', baseUrl, timeoutMs })
  opened.push(close)
  return peer
}

const text = async (incoming: IncomingMessage): Promise<string> => {
  let body = ''
  for await (const chunk of incoming) body += chunk
  return body
}

describe('a neighbour over HTTP', () => {
  it('gets method, path, query, headers and body as they came, and no header of one connection', async () => {
    const { url } = await neighbour(async (request, response) => {
      const { method, url: target, headers } = request
      response.end(JSON.stringify({ method, target, headers, body: await text(request) }))
    })
    const response = await peerTo(`${url}/base/`)(
      new Request('http://front.example/manage/v1/apps?limit=2', {
        method: 'POST',
        headers: { authorization: 'Bearer t', te: 'trailers', 'x-own': 'a', 'x-request-id': 'r-1' },
        body: '{"a":1}',
      }),
    )
    const seen = (await response.json()) as { headers: Record<string, string> }
    expect(seen).toMatchObject({ method: 'POST', target: '/base/manage/v1/apps?limit=2', body: '{"a":1}' })
    expect(seen.headers).toMatchObject({ authorization: 'Bearer t', 'x-own': 'a', 'x-request-id': 'r-1' })
    expect(seen.headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/)
    expect(seen.headers).not.toHaveProperty('te')
  })

  it('answers with the bytes it sent: a content coding is not undone', async () => {
    const bytes = brotliCompressSync('{"a":1}')
    const { url } = await neighbour((_, response) =>
      response.writeHead(200, { 'content-encoding': 'br' }).end(bytes),
    )
    const response = await peerTo(url)(new Request('http://front.example/'))
    expect(response.headers.get('content-encoding')).toBe('br')
    expect(brotliDecompressSync(await response.bytes()).toString()).toBe('{"a":1}')
  })

  it.each([304, 204])('answers %d without a body', async (status) => {
    const { url } = await neighbour((_, response) => response.writeHead(status, { etag: '"1"' }).end())
    const response = await peerTo(url)(new Request('http://front.example/'))
    expect(response.status).toBe(status)
    expect(response.headers.get('etag')).toBe('"1"')
    expect(response.body).toBeNull()
  })

  it('that is not there is a 503 with Retry-After', async () => {
    const { url, server } = await neighbour(() => {})
    server.close()
    await expect(peerTo(url)(new Request('http://front.example/'))).rejects.toMatchObject({
      code: 'upstream_unavailable',
      status: 503,
      headers: { 'retry-after': '1' },
    })
  })

  it('that never answers is a 503 too', async () => {
    const { url } = await neighbour(() => {})
    await expect(peerTo(url, 100)(new Request('http://front.example/'))).rejects.toMatchObject({
      code: 'upstream_unavailable',
    })
  })

  it('that never answers keeps nobody waiting for one of the connections it holds', async () => {
    let asked = 0
    const { url } = await neighbour((_, response) => {
      asked += 1
      if (asked > 256) response.end('late')
    })
    const peer = peerTo(url, 300)
    const requests = Array.from({ length: 300 }, () => peer(new Request('http://front.example/')))
    const answers = await Promise.allSettled(requests)
    expect(answers.filter(({ status }) => status === 'fulfilled')).toEqual([])
  })

  it('is left alone when nobody waits any more, and is not asked again', async () => {
    let asked = 0
    const left = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    const { url } = await neighbour((_, response) => {
      asked += 1
      if (asked === 1) return response.end('ok')
      response.on('close', left.resolve)
      reached.resolve()
    })
    const peer = peerTo(url, 50_000)
    // On the connection that this leaves behind, a failure of a read is otherwise tried again.
    await (await peer(new Request('http://front.example/'))).text()
    const client = new AbortController()
    const answer = peer(new Request('http://front.example/', { signal: client.signal }))
    await Promise.race([reached.promise, answer])
    client.abort()
    await expect(answer).rejects.toMatchObject({ code: 'invalid_request' })
    await left.promise
    expect(asked).toBe(2)
  })

  it('may take its time once its answer has begun, as while a client reads slowly', async () => {
    const { url } = await neighbour((_, response) => {
      response.write('the beginning')
      setTimeout(() => response.end(', the end'), 400)
    })
    const response = await peerTo(url, 200)(new Request('http://front.example/'))
    expect(await response.text()).toBe('the beginning, the end')
  })

  it('stops sending when nobody reads any more', async () => {
    const left = Promise.withResolvers<void>()
    const { url } = await neighbour((_, response) => {
      response.on('close', left.resolve)
      response.write('the beginning')
    })
    const client = new AbortController()
    const response = await peerTo(
      url,
      50_000,
    )(new Request('http://front.example/', { signal: client.signal }))
    expect(response.status).toBe(200)
    client.abort()
    await expect(response.text()).rejects.toThrow()
    await left.promise
  })

  it('that closes a kept connection just now is asked once more, for a read', async () => {
    let answers = 0
    const { url } = await neighbour((request, response) => {
      answers += 1
      if (answers === 2) request.socket.destroy()
      else response.end('ok')
    })
    const peer = peerTo(url)
    expect(await (await peer(new Request('http://front.example/'))).text()).toBe('ok')
    expect(await (await peer(new Request('http://front.example/'))).text()).toBe('ok')
    expect(answers).toBe(3)
  })

  it('that closes the connection on a write is not asked again', async () => {
    let writes = 0
    const { url } = await neighbour((request, response) => {
      if (request.method === 'GET') return response.end('ok')
      writes += 1
      request.socket.destroy()
    })
    const peer = peerTo(url)
    await (await peer(new Request('http://front.example/'))).text()
    await expect(
      peer(new Request('http://front.example/', { method: 'POST', body: 'x' })),
    ).rejects.toMatchObject({
      status: 503,
    })
    expect(writes).toBe(1)
  })
})
