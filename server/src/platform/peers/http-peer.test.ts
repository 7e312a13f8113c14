import type { IncomingMessage, RequestListener } from 'node:http'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { type Backend, startBackend } from '../../../../tests/backend.ts'
import { httpPeer } from './http-peer.ts'
import type { Peer } from './peer.ts'

const opened: (() => void)[] = []
afterEach(() => {
  for (const close of opened.splice(0)) close()
})

const neighbour = async (listener: RequestListener): Promise<Backend> => {
  const backend = await startBackend(listener)
  opened.push(backend.close)
  return backend
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
    expect(brotliDecompressSync(Buffer.from(await response.arrayBuffer())).toString()).toBe('{"a":1}')
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

  it('goes on to answer what has connections beside, while others wait on all the rest', async () => {
    const { url } = await neighbour((request, response) => {
      if (request.url === '/manage') response.end('managed')
    })
    const { peer, close } = httpPeer({
      ...{ name: 'config', baseUrl: url, timeoutMs: 20_000, beside: (target) => target === '/manage' },
    })
    opened.push(close)
    const waiting = Array.from({ length: 260 }, () => peer(new Request('http://front.example/read')))
    for (const one of waiting) void Promise.resolve(one).catch(() => {})
    expect(await (await peer(new Request('http://front.example/manage'))).text()).toBe('managed')
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
      setTimeout(() => response.end(', the end'), 2_500)
    })
    const response = await peerTo(url, 2_000)(new Request('http://front.example/'))
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

describe('what a neighbour leaves open', () => {
  const heldOpenMs = (target: string): number | undefined =>
    target.startsWith('/stream') ? 0 : target.startsWith('/wait') ? 60_000 : undefined

  const open = async (listener: RequestListener, timeoutMs = 2_000) => {
    const { url } = await neighbour(listener)
    const { peer, drain, close } = httpPeer({ name: 'config', baseUrl: url, timeoutMs, heldOpenMs })
    opened.push(close)
    const ask = (path: string, signal?: AbortSignal) =>
      peer(new Request(`http://front.example${path}`, signal && { signal }))
    return { ask, drain }
  }
  const events = { 'content-type': 'text/event-stream' }
  const readerOf = (response: Response) => {
    const reader = response.body?.getReader()
    return async (): Promise<string | undefined> => {
      const { value } = (await reader?.read()) ?? {}
      return value && new TextDecoder().decode(value)
    }
  }

  it('passes each event on at once, and its end', async () => {
    const written = Promise.withResolvers<void>()
    const { ask } = await open(async (_, response) => {
      response.writeHead(200, events).write('id: 1\n\n')
      await written.promise
      response.end('id: 2\n\n')
    })
    const next = readerOf(await ask('/stream'))
    expect(await next()).toBe('id: 1\n\n')
    written.resolve()
    expect(await next()).toBe('id: 2\n\n')
    expect(await next()).toBeUndefined()
  })

  it('breaks off where the neighbour does', async () => {
    const { ask } = await open((request, response) => {
      response.writeHead(200, events).write('id: 1\n\n')
      setTimeout(() => request.socket.destroy(), 50)
    })
    const next = readerOf(await ask('/stream'))
    await next()
    await expect(next()).rejects.toThrow()
  })

  it('is left when the client goes', async () => {
    const left = Promise.withResolvers<void>()
    const { ask } = await open((_, response) => {
      response.on('close', left.resolve)
      response.writeHead(200, events).write('id: 1\n\n')
    })
    const response = await ask('/stream')
    const reader = response.body?.getReader()
    await reader?.read()
    await reader?.cancel()
    await left.promise
  })

  it('takes no connection from other requests, however much of it there is', async () => {
    const { ask } = await open((request, response) => {
      if (request.url === '/stream') response.writeHead(200, events).write('id: 1\n\n')
      else if (request.url === '/read') response.end('read')
    }, 50_000)
    const waiting = Array.from({ length: 150 }, () => ask('/wait'))
    for (const one of waiting) void Promise.resolve(one).catch(() => {})
    await Promise.all(Array.from({ length: 150 }, async () => readerOf(await ask('/stream'))()))
    expect(await (await ask('/read')).text()).toBe('read')
  })

  it('may be silent for longer than other answers, where it waits', async () => {
    const { ask } = await open((_, response) => void setTimeout(() => response.end('waited'), 300), 100)
    expect(await (await ask('/wait')).text()).toBe('waited')
    await expect(ask('/read')).rejects.toMatchObject({ code: 'upstream_unavailable' })
  })

  it('ends when this process stops: streams properly, with a time to come back; waits with 503', async () => {
    let asked = 0
    const { ask, drain } = await open((request, response) => {
      asked += 1
      if (request.url === '/stream') response.writeHead(200, events).write('id: 1\n\n')
      if (request.url === '/stream/amid') response.writeHead(200, events).write('data: {"a"')
    })
    const next = readerOf(await ask('/stream'))
    const amid = readerOf(await ask('/stream/amid'))
    expect([await next(), await amid()]).toEqual(['id: 1\n\n', 'data: {"a"'])
    const waiting = ask('/wait')
    await expect.poll(() => asked).toBe(3)
    drain()
    expect(await next()).toMatch(/^retry: \d+\n\n$/)
    expect(await next()).toBeUndefined()
    expect(await amid()).toBeUndefined()
    await expect(waiting).rejects.toMatchObject({ code: 'stopping', status: 503 })
    await expect(ask('/wait')).rejects.toMatchObject({ code: 'stopping' })
    const late = readerOf(await ask('/stream'))
    expect(await late()).toMatch(/retry: \d+\n\n$/)
  })
})
