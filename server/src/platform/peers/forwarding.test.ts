import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { listen } from '../http/listen.ts'
import { observe } from '../http/observe.ts'
import { contextOf } from '../http/request-context.ts'
import { openLog } from '../log/open-log.ts'
import type { HttpPeerOptions } from './pool.ts'
import { httpUpstream, poolOf, rawUpstream } from './upstream.fixture.ts'

/** Answers with what it got. */
const mirror = () =>
  httpUpstream(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ method: request.method, headers: request.headers, body }))
  })
type Seen = { method: string; headers: Record<string, string>; body: string }
const seenBy = async (answer: Response) => (await answer.json()) as Seen

/** The whole way: a listener of ours before the upstream. Sends bytes, and resolves with all that comes back. */
const overSockets = async (upstream: string, options: Partial<HttpPeerOptions> = {}) => {
  const { log } = openLog('silent')
  const { peer } = poolOf([upstream], { isForeign: true, ...options })
  const listener = await listen(observe(peer, log), { host: '127.0.0.1', port: 0, onUnreadable: () => {} })
  onTestFinished(() => void listener.close(0))
  /** `body` is sent when it is asked for. */
  return async (text: string, body = ''): Promise<string> => {
    const socket = connect(Number(new URL(listener.url).port), '127.0.0.1')
    let got = ''
    socket.on('data', (bytes) => {
      got += bytes.toString('latin1')
      if (body !== '' && got.endsWith('100 Continue\r\n\r\n')) socket.write(body)
    })
    socket.on('error', () => {})
    socket.write(text)
    await once(socket, 'close')
    return got
  }
}

it('leaves out what is of one connection, in what goes there and in what comes back', async () => {
  const { url } = await rawUpstream((socket) =>
    socket.end(
      'HTTP/1.1 200 OK\r\nConnection: close, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\n' +
        'Upgrade: h2c\r\nTrailer: x-sum\r\nX-Kept: 2\r\nContent-Length: 2\r\n\r\nok',
    ),
  )
  const answer = await poolOf([url]).ask()
  const names = [...answer.headers.keys()].sort()
  expect(names).toEqual(['content-length', 'via', 'x-kept', 'x-request-id'])
  const { headers } = await seenBy(
    await poolOf([(await mirror()).url]).ask('/', {
      headers: {
        ...{ connection: 'keep-alive, X-Mine', 'x-mine': '1', te: 'trailers', upgrade: 'websocket' },
        ...{ 'proxy-authorization': 'Basic eA==', 'keep-alive': 'timeout=5', 'x-kept': '2' },
      },
    }),
  )
  for (const name of ['x-mine', 'te', 'upgrade', 'proxy-authorization', 'keep-alive']) {
    expect(headers).not.toHaveProperty(name)
  }
  expect(headers['x-kept']).toBe('2')
})

it('names itself in Via, behind those that were there, on both ways', async () => {
  const { url } = await httpUpstream((request, response) =>
    response.writeHead(200, { via: '1.0 inner', 'x-seen': request.headers.via ?? '' }).end(),
  )
  const { headers } = await poolOf([url]).ask('/', { headers: { via: '1.1 cdn' } })
  expect(headers.get('x-seen')).toBe('1.1 cdn, 1.1 parasol')
  expect(headers.get('via')).toBe('1.0 inner, 1.1 parasol')
})

it('tells of the client as it is known here, and nothing of what the client says of itself', async () => {
  const { url } = await mirror()
  const clientOf = () => ({ address: '2001:db8::7', proto: 'https', host: 'shop.example:8443' }) as const
  const { headers } = await seenBy(
    await poolOf([url], { clientOf }).ask('/', {
      headers: {
        ...{ forwarded: 'for=1.2.3.4', 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'http' },
        ...{ 'x-forwarded-port': '80', 'x-real-ip': '1.2.3.4' },
      },
    }),
  )
  expect(headers).toMatchObject({
    forwarded: 'for="[2001:db8::7]";host="shop.example:8443";proto=https',
    'x-forwarded-for': '2001:db8::7',
    'x-forwarded-host': 'shop.example:8443',
    'x-forwarded-proto': 'https',
  })
  expect(JSON.stringify(headers)).not.toContain('1.2.3.4')
  expect(headers).not.toHaveProperty('x-forwarded-port')
})

it('tells of the client that the guard found behind trusted proxies', async () => {
  const request = new Request('http://front.example/')
  const client = {
    address: '203.0.113.9',
    prefix: '203.0.113.9',
    proto: 'https',
    host: 'shop.example',
  } as const
  contextOf(request).client = client
  const { headers } = await seenBy(await poolOf([(await mirror()).url]).peer(request))
  expect(headers.forwarded).toBe('for=203.0.113.9;host="shop.example";proto=https')
})

it('names whoever is at the other end of the connection where it is told nothing else', async () => {
  const send = await overSockets((await mirror()).url)
  const got = await send('GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n')
  expect(got).toContain('for=127.0.0.1;host=\\"a.example\\";proto=http')
})

it('sets and leaves out the headers that the rules name', async () => {
  const { url } = await httpUpstream((request, response) => {
    const seen = JSON.stringify([request.headers['x-team'], request.headers.cookie, request.headers.host])
    response.writeHead(200, { server: 'inner', 'set-cookie': ['a=1', 'b=2'], 'x-seen': seen }).end()
  })
  const rules = {
    requestRules: { set: { 'x-team': 'shop', host: 'inner.example' }, strip: ['cookie'] },
    answerRules: { set: { 'x-frame-options': 'DENY' }, strip: ['server'] },
  }
  const { headers } = await poolOf([url], rules).ask('/', { headers: { 'x-team': 'x', cookie: 'c=1' } })
  expect(JSON.parse(headers.get('x-seen') ?? '')).toEqual(['shop', null, 'inner.example'])
  expect([headers.get('x-frame-options'), headers.has('server')]).toEqual(['DENY', false])
  expect(headers.getSetCookie()).toEqual(['a=1', 'b=2'])
})

it('passes each cookie of an event stream on', async () => {
  const cookies = ['a=1', 'b=2']
  const { url } = await httpUpstream((_, response) =>
    response
      .writeHead(200, { 'content-type': 'text/event-stream', 'set-cookie': cookies })
      .end('data: 1\n\n'),
  )
  const answer = await poolOf([url]).ask()
  expect([answer.headers.getSetCookie(), await answer.text()]).toEqual([cookies, 'data: 1\n\n'])
  const send = await overSockets(url)
  const got = await send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  expect(got.match(/^set-cookie: .*$/gim)).toEqual(['set-cookie: a=1', 'set-cookie: b=2'])
})

it('sends a body of any method as it comes, also one of DELETE whose length is not known', async () => {
  const send = await overSockets((await mirror()).url)
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const head = `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n`
    const chunked = await send(`${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`)
    expect(chunked).toContain('"body":"abc"')
    expect(await send(`${head}Content-Length: 3\r\n\r\nabc`)).toContain('"content-length":"3"')
  }
})

it('passes no length on with an answer that has no body: the next answer would be taken for it', async () => {
  for (const status of [204, 205]) {
    const { url } = await rawUpstream((socket) =>
      socket.end(`HTTP/1.1 ${status} X\r\nContent-Length: 5\r\nConnection: close\r\n\r\n`),
    )
    const send = await overSockets(url)
    const got = await send(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    expect(got).toContain(`HTTP/1.1 ${status} `)
    expect(got.toLowerCase()).not.toContain('content-length: 5')
  }
})

it('passes every header of an answer on, whatever its name and however many there are', async () => {
  const { url } = await rawUpstream((socket) =>
    socket.end(
      `HTTP/1.1 200 OK\r\nConstructor: x\r\n${'a: b\r\n'.repeat(3_000)}Cache-Control: no-store\r\nContent-Length: 0\r\n\r\n`,
    ),
  )
  const { headers } = await poolOf([url]).ask()
  expect([headers.get('constructor'), headers.get('cache-control')]).toEqual(['x', 'no-store'])
})

it.each([
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'a=1'],
  ['00-00000000000000000000000000000000-b7ad6b7169203331-01', undefined],
])('passes tracestate on with a traceparent that is one alone: %s', async (traceparent, tracestate) => {
  const { headers } = await seenBy(
    await poolOf([(await mirror()).url]).ask('/', { headers: { traceparent, tracestate: 'a=1' } }),
  )
  expect(headers.tracestate).toBe(tracestate)
  if (tracestate) expect(headers.traceparent).toBe(traceparent)
})

it('passes no header on that an upstream could take for one of the gateway', async () => {
  const requestRules = { set: { 'x-team': 'shop' }, strip: ['x-debug'] }
  const { headers } = await seenBy(
    await poolOf([(await mirror()).url], { requestRules }).ask('/', {
      headers: {
        ...{
          x_forwarded_for: '6.6.6.6',
          x_real_ip: '6.6.6.6',
          content_length: '6',
          x_team: 'me',
          x_debug: '1',
        },
        ...{ transfer_encoding: 'chunked', x_own: 'kept', connection: 'x-forwarded-for, via, host' },
      },
    }),
  )
  expect(Object.keys(headers).filter((name) => name.includes('_'))).toEqual(['x_own'])
  expect(headers).toMatchObject({ 'x-team': 'shop', via: '1.1 parasol' })
})

it('answers Expect: 100-continue itself, and asks nothing of the kind from the upstream', async () => {
  const send = await overSockets((await mirror()).url)
  const got = await send(
    'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n',
    'abc',
  )
  expect(got).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/)
  expect(got).toContain('"body":"abc"')
  expect(got).not.toContain('"expect"')
})

it.each([2, 3, 50])('passes an answer on as a whole that comes in %d pieces at once', async (pieces) => {
  const chunks = Array.from({ length: pieces }, (_, index) => `${index},`)
  const { url } = await rawUpstream((socket) => {
    const body = chunks.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join('')
    socket.end(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}0\r\n\r\n`)
  })
  expect(await (await poolOf([url]).ask()).text()).toBe(chunks.join(''))
})

it('passes a large answer on before it is there as a whole, and bodies while they are sent', async () => {
  const wanted = Promise.withResolvers<void>()
  const { url } = await httpUpstream(async (request, response) => {
    for await (const chunk of request) {
      response.write(chunk)
      break
    }
    await wanted.promise
    response.end('end')
  })
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  void writer.write(new TextEncoder().encode('begin,'))
  const answer = await poolOf([url]).ask('/', {
    method: 'POST',
    body: readable,
    duplex: 'half',
  } as RequestInit)
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  expect(await reader?.read()).toMatchObject({ value: 'begin,' })
  wanted.resolve()
  expect(await reader?.read()).toMatchObject({ value: 'end' })
  await writer.close().catch(() => {})
})

it('refuses a body that is too long: by what it says, and as it comes', async () => {
  const { url } = await mirror()
  const { ask } = poolOf([url], { maxBodyBytes: 4 })
  const lengthOf = (body: string) => ({
    method: 'POST',
    body,
    headers: { 'content-length': String(body.length) },
  })
  expect((await ask('/', lengthOf('abcd'))).status).toBe(200)
  await expect(ask('/', lengthOf('abcde'))).rejects.toMatchObject({ code: 'body_too_large' })
  const body = new Blob(['abcde']).stream()
  await expect(ask('/', { method: 'POST', body, duplex: 'half' } as RequestInit)).rejects.toMatchObject({
    code: 'body_too_large',
  })
})

it('lets OPTIONS go as many steps as it may, and answers the one that may go no further', async () => {
  const { ask } = poolOf([(await mirror()).url])
  const step = (forwards: string) => ask('/', { method: 'OPTIONS', headers: { 'max-forwards': forwards } })
  expect((await seenBy(await step('2'))).headers['max-forwards']).toBe('1')
  expect((await step('0')).status).toBe(204)
})

it('refuses what goes round in a circle', async () => {
  let url = ''
  const inner = await httpUpstream(async (request, response) => {
    const { ask } = poolOf([url])
    const headers = { via: request.headers.via ?? '' }
    const answer = await ask('/', { headers }).catch((error) => new Response(error.code))
    response.end(await answer.text())
  })
  url = inner.url
  expect(await (await poolOf([url]).ask()).text()).toBe('loop_detected')
})
