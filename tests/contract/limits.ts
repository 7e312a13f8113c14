import { connect } from 'node:net'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { ask } from './ask.ts'
import { cutAnswers, exchange } from './exchange.ts'
import { createApp, freshId, manage, type Page, publishApp, readConfig } from './operator.ts'
import { expectProblem } from './problem.ts'
import { faultsOf, logLines } from './request-lines.ts'
import type { Shape } from './shapes.ts'

const host = 'Host: parasol.example\r\n'
const get = (path: string, extra = ''): string => `GET ${path} HTTP/1.1\r\n${host}${extra}\r\n`

/** The body of a version that is this many bytes long. */
const bodyOfBytes = (bytes: number): string => {
  const frame = '{"configVersion":"1.0.0","data":{"t":""}}'
  return frame.replace('""', `"${'x'.repeat(bytes - frame.length)}"`)
}

const post = (shape: Shape, path: string, headers: string, body: string): string =>
  `POST /manage/v1${path} HTTP/1.1\r\n${host}Authorization: Bearer ${shape.token}\r\n` +
  `Content-Type: application/json\r\n${headers}\r\n${body}`

const bodies = (shape: () => Shape): void => {
  it('takes a body of exactly a mebibyte, and serves it', async () => {
    const { appId } = await createApp(shape())
    const body = bodyOfBytes(1_048_576)
    expect((await manage(shape(), 'POST', `/apps/${appId}/configs`, { body })).status).toBe(201)
    await manage(shape(), 'POST', `/apps/${appId}/releases`, { body: { configVersion: '1.0.0' } })
    const answer = await readConfig(shape(), appId)
    expect(answer.headers['content-length']).toBe(String(answer.body.byteLength))
    expect(answer.json()).toMatchObject(JSON.parse(body))
  })

  it('answers 413 to a byte more, announced or in chunks, and the connection goes on or closes cleanly', async () => {
    const { appId } = await createApp(shape())
    const body = bodyOfBytes(1_048_577)
    expectProblem(await manage(shape(), 'POST', `/apps/${appId}/configs`, { body }), 'body_too_large')
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    for (const [header, sent] of [
      [`Content-Length: ${body.length}\r\n`, body],
      ['Transfer-Encoding: chunked\r\n', chunked],
    ] as const) {
      const bytes = post(shape(), `/apps/${appId}/configs`, header, sent)
      const [refused, next] = cutAnswers(await exchange(shape().url, bytes + get('/livez')), ['POST', 'GET'])
      expect(refused?.status).toBe(413)
      expect(refused?.body).toContain('"code":"body_too_large"')
      if (next) expect(next.body).toBe('{"status":"alive"}')
    }
    const stored = await manage(shape(), 'GET', `/apps/${appId}/configs`)
    expect(stored.json<Page<object>>().items).toEqual([])
  })

  it('refuses what is announced far too large without waiting for it', async () => {
    const received = await exchange(
      shape().url,
      post(shape(), '/apps', 'Content-Length: 99999999999\r\n', '{'),
    )
    expect(cutAnswers(received, ['POST'])[0]?.status).toBe(413)
  })

  it('lives on when a client breaks off its upload', async () => {
    const before = new Set(faultsOf(shape().processes))
    const { appId } = await createApp(shape())
    const begun = post(shape(), `/apps/${appId}/configs`, 'Content-Length: 1000\r\n', '{"configVersion"')
    const { hostname, port } = new URL(shape().url)
    for (let i = 0; i < 3; i++) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () => {
          socket.write(begun)
          // Long enough for the body to be asked for.
          setTimeout(() => socket.resetAndDestroy(), 100)
        })
        socket.on('close', () => resolve())
      })
    }
    // Each process has seen it through: what comes later is answered by the same process.
    await eventually(async () =>
      expect((await ask(`${shape().url}/livez`, { fresh: true })).status).toBe(200),
    )
    expect((await manage(shape(), 'GET', `/apps/${appId}/configs`)).json<Page<object>>().items).toEqual([])
    expect(faultsOf(shape().processes).filter((fault) => !before.has(fault))).toEqual([])
  })

  it('takes a body in chunks, also after Expect: 100-continue', async () => {
    const id = freshId()
    const body = JSON.stringify({ appId: id, name: 'In chunks' })
    const chunks = [...body].map((letter) => `1\r\n${letter}\r\n`).join('')
    const header = 'Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n'
    const bytes = post(shape(), '/apps', header, `${chunks}0\r\n\r\n`)
    const received = await exchange(shape().url, bytes, { methods: ['POST'] })
    expect(received).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /)
  })

  it('never takes the body of a GET for the next request, in any process', async () => {
    const { appId } = await publishApp(shape())
    for (let i = 0; i < 3; i++) {
      for (const method of ['GET', 'HEAD', 'OPTIONS']) {
        await ask(`${shape().url}/v1/api/config/${appId}`, { method, body: 'GET /none HTTP/1.1\r\n\r\n' })
        const body = { appId: freshId(), name: 'After a body' }
        expect((await manage(shape(), 'POST', '/apps', { body })).status).toBe(201)
      }
    }
    const path = `/v1/api/config/${appId}`
    const sent = `${get(path, 'Content-Length: 5\r\n')}hello${get(path)}`
    const methods = ['GET', 'GET']
    const answers = cutAnswers(await exchange(shape().url, sent, { methods }), methods)
    expect(answers.map((answer) => answer.status)).toEqual([200, 200])
  })
}

const connections = (shape: () => Shape): void => {
  it('answers pipelined requests in their order, without bodies where there is none', async () => {
    const { appId } = await publishApp(shape())
    const { etag = '' } = (await readConfig(shape(), appId)).headers
    const path = `/v1/api/config/${appId}`
    const questions: [method: string, request: string, status: number][] = [
      ['GET', get(path), 200],
      ['HEAD', get(path).replace('GET', 'HEAD'), 200],
      ['GET', get(path, `If-None-Match: ${etag}\r\n`), 304],
      ['OPTIONS', get(path).replace('GET', 'OPTIONS'), 204],
      ['DELETE', get(path).replace('GET', 'DELETE'), 405],
      ['GET', get(path), 200],
      // Bun drops what was pipelined behind an answer that it had to wait for.
      ['HEAD', get('/v1/api/config/none').replace('GET', 'HEAD'), 404],
      ...(shape().runtime === 'node' ? ([['GET', get('/livez'), 200]] as [string, string, number][]) : []),
    ]
    const sent = questions.map(([, request]) => request).join('')
    const methods = questions.map(([method]) => method)
    const answers = cutAnswers(await exchange(shape().url, sent, { methods }), methods)
    expect(answers.map((answer) => answer.status)).toEqual(questions.map(([, , status]) => status))
    expect(answers[0]?.body).toBe(answers[5]?.body)
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ configVersion: '1.0.0' })
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PURGE', 'PROPFIND', 'QUERY'])(
    'answers 405 with Allow to %s of a config',
    async (method) => {
      const answer = await ask(`${shape().url}/v1/api/config/shop`, { method })
      expectProblem(answer, 'method_not_allowed')
      expect(answer.headers.allow).toBe('GET, HEAD, OPTIONS')
    },
  )

  it.each([
    ['PUT', '/manage/v1/apps', 'GET, HEAD, OPTIONS, POST'],
    ['DELETE', '/manage/v1/apps', 'GET, HEAD, OPTIONS, POST'],
    ['POST', '/manage/v1/apps/shop', 'DELETE, GET, HEAD, OPTIONS, PATCH'],
    ['PUT', '/manage/v1/apps/shop/configs/1.0.0', 'GET, HEAD, OPTIONS'],
    ['PATCH', '/manage/v1/apps/shop/releases', 'GET, HEAD, OPTIONS, POST'],
    ['POST', '/manage/v1/audit', 'GET, HEAD, OPTIONS'],
    ['POST', '/openapi.json', 'GET, HEAD, OPTIONS'],
    ['PUT', '/docs', 'GET, HEAD, OPTIONS'],
  ])('answers 405 with Allow to %s %s', async (method, path, allow) => {
    const answer = await ask(shape().url + path, { method, body: {} })
    expectProblem(answer, 'method_not_allowed')
    expect(answer.headers.allow).toBe(allow)
  })

  it.each([
    '/',
    '/nothing',
    '/v1',
    '/v1/api',
    '/v1/api/config',
    '/v3/api/config/shop',
    '/manage',
    '/manage/v1/nothing',
    '/manage/v1/apps/',
    '/manage/v1/apps/shop/nothing',
    '/livez/',
    '/LIVEZ',
  ])('answers 404 for %s', async (path) => {
    expectProblem(await ask(shape().url + path), 'route_not_found')
  })

  it('answers 400 for an empty segment', async () => {
    expectProblem(await ask(`${shape().url}//livez`), 'invalid_request')
  })

  it('takes an absolute address of its Host', async () => {
    for (const target of ['http://parasol.example/livez', '/livez?x=/../y', '/livez?x=1']) {
      const [answer] = cutAnswers(await exchange(shape().url, get(target)), ['GET'])
      expect([target, answer?.status, answer?.body]).toEqual([target, 200, '{"status":"alive"}'])
    }
  })

  it('refuses an address that could be taken for another', async () => {
    for (const target of ['http://elsewhere.example/livez', '/v1/../livez', '/v1/%2e%2e/livez', '/livez#x']) {
      const [answer] = cutAnswers(await exchange(shape().url, get(target)), ['GET'])
      expect([target, answer?.status]).toEqual([target, 400])
      expect(answer?.body).toContain('"code":"invalid_request"')
    }
  })
}

const malformed: [what: string, bytes: string, status: number][] = [
  ['what is no HTTP', 'HELLO\r\n\r\n', 400],
  ['a request without Host', 'GET /livez HTTP/1.1\r\n\r\n', 400],
  ['a bad Host', 'GET /livez HTTP/1.1\r\nHost: a b/c\r\n\r\n', 400],
  ['a header with U+0000', get('/livez', 'X-A: a\0b\r\n'), 400],
  ['two ways to tell the length', get('/livez', 'Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'), 400],
  ['two lengths', get('/livez', 'Content-Length: 1\r\nContent-Length: 2\r\n'), 400],
  ['a length that is none', get('/livez', 'Content-Length: abc\r\n'), 400],
  ['headers of 20 KB', get('/livez', `X-Big: ${'x'.repeat(20_000)}\r\n`), 431],
  ['an address of 20 KB', get(`/${'x'.repeat(20_000)}`), 431],
]

const malformedRequests = (shape: () => Shape): void => {
  it.each(malformed)('refuses %s', async (_, bytes, status) => {
    const [answer] = cutAnswers(await exchange(shape().url, bytes), ['GET'])
    expect(answer?.status).toBe(status)
    expect(answer?.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    const problem = JSON.parse(answer?.body ?? '')
    expect(problem).toMatchObject({ status, requestId: answer?.headers['x-request-id'] })
    await eventually(() => {
      const lines = logLines(shape().front).filter((line) => line.requestId === problem.requestId)
      expect(lines).toMatchObject([{ level: 'info', msg: 'request', status }])
    })
  })

  it('takes headers of 15 KB', async () => {
    const answer = await ask(`${shape().url}/livez`, { headers: { 'x-big': 'x'.repeat(15_000) } })
    expect(answer.status).toBe(200)
  })
}

/** Headers that never end; begun before all other tests, because it takes longer than most of them together. */
const beginSlowly = (shape: () => Shape): (() => Promise<string> | undefined) => {
  let slow: Promise<string> | undefined
  beforeAll(() => {
    // Bun has no bound for the time of headers, only one for idle connections.
    if (shape().runtime === 'node') slow = exchange(shape().url, 'GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ')
  })
  return () => slow
}

const slowness = (slow: () => Promise<string> | undefined): void => {
  it('answers 408 to headers that do not end', async () => {
    const received = await slow()
    if (received === undefined) return
    const [answer] = cutAnswers(received, ['GET'])
    expect(answer?.status).toBe(408)
    expect(answer?.body).toContain('"code":"request_timeout"')
  })
}

/** The bounds of bodies, headers, methods and addresses, and what breaks the rules of HTTP. */
export const limits = (shape: () => Shape): void => {
  const slow = beginSlowly(shape)
  describe('limits', () => {
    bodies(shape)
    connections(shape)
    malformedRequests(shape)
    slowness(slow)
  })
}
