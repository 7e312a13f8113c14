import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { listen } from '../http/listen.ts'
import { httpUpstream, poolOf, rawUpstream } from './upstream.fixture.ts'

const foreign = { isForeign: true }
const chunks = '2\r\nok\r\n0\r\n\r\n'

it.each([
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'],
  [
    'a length beside chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
  ],
  ['a coding beside chunks', `HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n${chunks}`],
  ['a coding that is nearly chunked', `HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n${chunks}`],
  ['chunks of HTTP/1.0', `HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`],
  ['a length with a sign', 'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok'],
  ['a folded header', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok'],
  ['a bare CR', 'HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok'],
  ['a bare LF', 'HTTP/1.1 200 OK\r\nX: a\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok'],
  ['U+0000', 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nok'],
  ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['headers without measure', `HTTP/1.1 200 OK\r\n${`X-Long: ${'x'.repeat(1_000)}\r\n`.repeat(80)}\r\n`],
  ['a status that there is not', 'HTTP/1.1 999 Strange\r\nContent-Length: 0\r\n\r\n'],
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
  ['nothing', ''],
  ['half of its headers', 'HTTP/1.1 200 OK\r\nContent-Le'],
])('that answers with %s is a 502', async (_, bytes) => {
  const { url } = await rawUpstream((socket) => socket.end(bytes))
  await expect(poolOf([url], foreign).ask()).rejects.toMatchObject({ code: 'upstream_failed', status: 502 })
  await expect(poolOf([url]).ask()).rejects.toMatchObject({ code: 'upstream_unavailable', status: 503 })
})

it('that is silent is a 504 after its time, and one that cannot be reached a 503', async () => {
  const { url, kill } = await rawUpstream(() => {})
  await expect(poolOf([url], { ...foreign, timeoutMs: 50, connectMs: 5_000 }).ask()).rejects.toMatchObject({
    code: 'upstream_timeout',
    status: 504,
  })
  await kill()
  await expect(poolOf([url], foreign).ask()).rejects.toMatchObject({
    code: 'upstream_unavailable',
    headers: { 'retry-after': '1' },
  })
})

it.each(['HTTP/1.1 103 Early Hints\r\n\r\n', 'X: a\r\n'])(
  'that says again and again %j but never begins its answer is a 504 too',
  async (piece) => {
    const { url } = await rawUpstream((socket) => {
      if (piece.startsWith('X')) socket.write('HTTP/1.1 200 OK\r\n')
      const again = setInterval(() => socket.write(piece), 10)
      socket.on('close', () => clearInterval(again))
    })
    const { ask } = poolOf([url], { ...foreign, timeoutMs: 200, connectMs: 5_000, retries: 0 })
    await expect(ask()).rejects.toMatchObject({ code: 'upstream_timeout', status: 504 })
  },
)

it('that sends a second answer nobody asked for gives it to nobody', async () => {
  const gone = Promise.withResolvers<void>()
  const { url } = await httpUpstream((request, response) => {
    response.end(request.url)
    if (request.url !== '/first') return
    request.socket.on('close', gone.resolve)
    setTimeout(() => request.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'), 10)
  })
  const { ask } = poolOf([url], foreign)
  expect(await (await ask('/first')).text()).toBe('/first')
  await gone.promise
  expect(await (await ask('/second')).text()).toBe('/second')
})

it('that nobody connects to is given up after the time for connecting', async () => {
  // 192.0.2.1 is kept for documents (RFC 5737): nobody is there.
  const { ask } = poolOf(['http://192.0.2.1:9'], { ...foreign, connectMs: 50 })
  await expect(ask()).rejects.toMatchObject({ code: 'upstream_unavailable' })
})

const lengthThenNothing = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'
const chunkThenNothing = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'

it.each([lengthThenNothing, chunkThenNothing])(
  'that breaks off in the middle is never passed on as if it were whole: %j',
  async (bytes) => {
    const { url } = await rawUpstream((socket) => {
      socket.write(bytes)
      setTimeout(() => socket.destroy(), 50)
    })
    const { peer, ask, upstreams } = poolOf([url], foreign)
    await expect(ask().then((answer) => answer.text())).rejects.toThrow()
    await eventually(() => expect(upstreams()).toMatchObject([{ lastError: 'broken' }]))
    const listener = await listen(peer, { host: '127.0.0.1', port: 0, onUnreadable: () => {} })
    onTestFinished(() => void listener.close(0))
    const socket = connect(Number(new URL(listener.url).port), '127.0.0.1').on('error', () => {})
    let got = ''
    socket.on('data', (data) => {
      got += data
    })
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await once(socket, 'close')
    expect(got).toContain('200 OK')
    expect(got).not.toMatch(/\r\n0\r\n\r\n$/)
    expect(got).not.toContain('Error')
  },
)

it('that is silent within a body for too long is broken off', async () => {
  const { url } = await rawUpstream((socket) => void socket.write(lengthThenNothing))
  const answer = await poolOf([url], { ...foreign, silenceMs: 50 }).ask()
  await expect(answer.text()).rejects.toThrow()
})

it('that answers before it has read the body is believed', async () => {
  const { url } = await rawUpstream((socket) => socket.end('HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno'))
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1_000)) })
  const answer = await poolOf([url], foreign).ask('/', {
    method: 'POST',
    body,
    duplex: 'half',
  } as RequestInit)
  expect([answer.status, await answer.text()]).toEqual([401, 'no'])
})

it('is counted out after five failures, and asked by one request a second later', async () => {
  let now = 0
  let asked = 0
  let isWell = false
  const { url } = await httpUpstream((request, response) => {
    asked += 1
    if (isWell) response.end('back')
    else request.socket.destroy()
  })
  const { ask, upstreams } = poolOf([url], { ...foreign, now: () => now })
  const post = { method: 'POST', body: 'x' }
  for (let i = 0; i < 5; i += 1) await expect(ask('/', post)).rejects.toMatchObject({ status: 502 })
  expect(upstreams()).toMatchObject([{ state: 'down', lastError: 'broken' }])
  now = 400
  await expect(ask()).rejects.toMatchObject({ code: 'upstream_unavailable', headers: { 'retry-after': '1' } })
  expect(asked).toBe(5)
  now = 1_000
  isWell = true
  expect(await (await ask()).text()).toBe('back')
  expect(upstreams()).toMatchObject([{ state: 'ok' }])
})

it('is not blamed for bodies that their clients do not go on with: those get 408, and the next is asked as ever', async () => {
  const { url } = await httpUpstream((request, response) => {
    request.resume().on('end', () => response.end('ok'))
  })
  const { ask, upstreams } = poolOf([url], { ...foreign, timeoutMs: 1_500, connectMs: 5_000 })
  const stalled = Array.from({ length: 6 }, () =>
    ask('/', { method: 'POST', body: new ReadableStream(), duplex: 'half' } as RequestInit),
  )
  for (const one of stalled) await expect(one).rejects.toMatchObject({ code: 'request_timeout', status: 408 })
  expect(upstreams()).toMatchObject([{ state: 'ok', lastError: null }])
  expect(await (await ask()).text()).toBe('ok')
})

it.each([
  ['among others', {}],
  ['beside others', { beside: () => true }],
])(
  'that closes one kept connection is asked on a new one, however many were kept, %s',
  async (_, options) => {
    const together = Promise.withResolvers<void>()
    let begun = 0
    const seen = new WeakSet<object>()
    const { url } = await httpUpstream(async ({ socket }, response) => {
      if (seen.has(socket)) return void socket.destroy()
      seen.add(socket)
      begun += 1
      if (begun === 4) together.resolve()
      await together.promise
      response.end('ok')
    })
    const { ask } = poolOf([url], { ...foreign, ...options })
    for (const answer of await Promise.all([ask(), ask(), ask(), ask()])) await answer.text()
    expect(await (await ask()).text()).toBe('ok')
  },
)

it('that sends a body without an end with 205, which has none, is left at once', async () => {
  const gone = Promise.withResolvers<void>()
  const { url } = await rawUpstream((socket) => {
    socket.write('HTTP/1.1 205 Reset\r\nTransfer-Encoding: chunked\r\n\r\n')
    const again = setInterval(() => socket.write('1\r\n.\r\n'), 10)
    socket.on('close', () => {
      clearInterval(again)
      gone.resolve()
    })
  })
  const answer = await poolOf([url], foreign).ask()
  expect([answer.status, await answer.text()]).toEqual([205, ''])
  await gone.promise
})
