import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { ask } from './ask.ts'
import { freshId, manage, publishApp, readConfig } from './operator.ts'
import { expectProblem } from './problem.ts'
import { requestLines } from './request-lines.ts'
import type { Shape } from './shapes.ts'
import { whenWell } from './when-calm.ts'

/** The processes that see a request for a config or for management: without the analytics service. */
const onTheWay = ({ apart, processes }: Shape) => processes.slice(0, apart ? 2 : 1)

const ids = (shape: () => Shape): void => {
  it('gives each request an id of its own', async () => {
    const { appId } = await publishApp(shape())
    const answers = await Promise.all([1, 2, 3].map(() => readConfig(shape(), appId)))
    const given = answers.map((answer) => answer.headers['x-request-id'])
    for (const id of given) expect(id).toMatch(/^[0-9a-f]{32}$/)
    expect(new Set(given).size).toBe(3)
  })

  it('takes the id a client sends, in every kind of answer', async () => {
    const { appId } = await publishApp(shape())
    const { etag = '' } = (await readConfig(shape(), appId)).headers
    const questions: [string, string, Record<string, string>, number][] = [
      ['GET', `/v1/api/config/${appId}`, {}, 200],
      ['HEAD', `/v1/api/config/${appId}`, {}, 200],
      ['GET', `/v1/api/config/${appId}`, { 'if-none-match': etag }, 304],
      ['OPTIONS', `/v1/api/config/${appId}`, {}, 204],
      ['GET', '/v1/api/config/nobody', {}, 404],
      ['GET', '/nothing', {}, 404],
      ['PUT', '/livez', {}, 405],
      ['GET', '/manage/v1/apps', {}, 401],
      ['GET', '/health', {}, 200],
      ['GET', '/openapi.json', {}, 200],
      ['GET', '/docs', {}, 200],
    ]
    for (const [method, path, headers, status] of questions) {
      const id = `Client.${randomBytes(4).toString('hex')}:7/a+b=@-_`
      const asked = () => ask(shape().url + path, { method, headers: { ...headers, 'x-request-id': id } })
      const answer = await (path === '/health' ? whenWell(asked) : asked())
      expect([method, path, answer.status]).toEqual([method, path, status])
      expect(answer.headers['x-request-id']).toBe(id)
      if (status >= 400) expect(answer.json()).toMatchObject({ requestId: id })
    }
  })

  it.each(['', 'a b', 'x'.repeat(129), '"quoted"', '<script>'])('makes an id instead of %j', async (sent) => {
    const answer = await readConfig(shape(), freshId(), { 'x-request-id': sent })
    const { requestId } = expectProblem(answer, 'app_not_found')
    expect(requestId).toMatch(/^[0-9a-f]{32}$/)
  })
}

const lines = (shape: () => Shape): void => {
  it('logs exactly one line a request in each process, with what was asked and answered', async () => {
    const { appId } = await publishApp(shape())
    const requestId = freshId('line')
    const path = `/v1/api/config/${appId}`
    await ask(`${shape().url}${path}?secret=of-a-user`, { headers: { 'x-request-id': requestId } })
    const refused = freshId('line')
    await manage(shape(), 'GET', '/apps/none', { headers: { 'x-request-id': refused } })
    for (const process of onTheWay(shape())) {
      await eventually(() => {
        expect(requestLines(process, requestId)).toHaveLength(1)
        expect(requestLines(process, refused)).toHaveLength(1)
      })
      const [line] = requestLines(process, requestId)
      expect(Object.keys(line ?? {})).toEqual([
        'level',
        'time',
        'requestId',
        'traceId',
        'method',
        'path',
        'status',
        'durationMs',
        ...(process === shape().front ? ['appId'] : []),
        'cache',
        ...(process === shape().front ? ['client'] : []),
        'msg',
      ])
      expect(line).toMatchObject({
        level: 'info',
        method: 'GET',
        path,
        status: 200,
        durationMs: expect.any(Number),
        ...(process === shape().front && { client: '127.0.0.0/24', appId }),
      })
      expect(requestLines(process, refused)[0]).toMatchObject({ path: '/manage/v1/apps/none', status: 404 })
    }
  })

  it('logs nothing of what a client may say in confidence, wherever it says it', async () => {
    const { appId } = await publishApp(shape())
    const secret = `tok-${randomBytes(12).toString('hex')}`
    const headers = {
      ...{ authorization: `Basic ${secret}`, 'proxy-authorization': secret, cookie: `session=${secret}` },
      ...{ 'x-api-key': secret, referer: `https://${secret}.example/?q=${secret}`, 'user-agent': secret },
      ...{
        from: `${secret}@example.com`,
        'x-forwarded-for': secret,
        forwarded: `for=${secret};by=${secret}`,
      },
      ...{
        'x-custom': secret,
        'if-none-match': `"${secret}"`,
        'last-event-id': secret,
        tracestate: `a=${secret}`,
      },
      ...{ 'x-request-id': `bad id ${secret}`, traceparent: secret, 'content-type': 'application/json' },
    }
    const config = `/api/config/${appId}`
    const paths = [
      ...[
        `/v1${config}?user=${secret}`,
        `/v2${config}?custom=${secret}&keys=${secret}`,
        `/nothing?${secret}`,
      ],
      ...[`/v2${config}/stream?key=${secret}`, `/v2${config}/ofrep/v1/evaluate/flags?key=${secret}`],
      ...[`/manage/v1/apps?token=${secret}`, `/manage/v1/apps/none?a=b#${secret}`, `/docs?${secret}`],
    ]
    for (const path of paths) {
      for (const [method, body] of [
        ['HEAD'],
        ['POST', JSON.stringify({ context: { email: secret } })],
        ['PUT', secret],
      ]) {
        await ask(shape().url + path, { method: `${method}`, headers, ...(body && { body }) })
      }
    }
    // The log is written in order: with this line all those before it are there.
    const last = await ask(`${shape().url}/manage/v1/apps`)
    const { requestId } = expectProblem(last, 'unauthorized')
    for (const process of onTheWay(shape())) {
      await eventually(() => expect(requestLines(process, requestId)).toHaveLength(1))
    }
    for (const process of shape().processes) expect(process.logs()).not.toContain(secret)
  })

  it('logs no token, no store password and nothing of a query', async () => {
    await manage(shape(), 'GET', '/apps')
    const secret = `tok-${randomBytes(12).toString('hex')}`
    const answer = await ask(`${shape().url}/manage/v1/apps?token=${secret}`, {
      headers: { authorization: `Bearer ${secret}`, cookie: `session=${secret}`, 'x-api-key': secret },
    })
    const { requestId } = expectProblem(answer, 'unauthorized')
    for (const process of onTheWay(shape())) {
      await eventually(() => expect(requestLines(process, requestId)).toHaveLength(1))
    }
    for (const process of shape().processes) {
      expect(process.logs()).not.toContain(secret)
      expect(process.logs()).not.toContain(shape().token)
    }
  })
}

const traces = (shape: () => Shape): void => {
  it('takes the trace of a client, the same in the lines of all processes', async () => {
    const { appId } = await publishApp(shape())
    const traceId = randomBytes(16).toString('hex')
    const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-01`
    const answer = await readConfig(shape(), appId, { traceparent })
    const id = String(answer.headers['x-request-id'])
    // Without an id of the client's own the trace names the request too.
    expect(id).toBe(traceId)
    for (const process of onTheWay(shape())) {
      await eventually(() => expect(requestLines(process, id)).toMatchObject([{ traceId }]))
    }
  })

  it('makes a trace where the client has none, the same in the lines of all processes', async () => {
    const answer = await readConfig(shape(), freshId(), { 'x-request-id': freshId('trace') })
    const id = String(answer.headers['x-request-id'])
    const seen = new Set<string | undefined>()
    for (const process of onTheWay(shape())) {
      await eventually(() => expect(requestLines(process, id)).toHaveLength(1))
      seen.add(requestLines(process, id)[0]?.traceId)
    }
    expect([...seen]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)])
  })

  it.each([
    'nonsense',
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`,
    'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
  ])('makes a trace instead of %s', async (traceparent) => {
    const answer = await readConfig(shape(), freshId(), { traceparent })
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/)
    expect(traceparent).not.toContain(answer.headers['x-request-id'])
  })
}

/** Request ids, W3C trace context, and the one log line a request. */
export const tracing = (shape: () => Shape): void => {
  describe('tracing', () => {
    ids(shape)
    lines(shape)
    traces(shape)
  })
}
