import { describe, expect, it } from 'vitest'
import type { ProblemCode } from '../../contract/problems.ts'
import type { Answer } from './ask.ts'
import { type Evaluation, evaluate, evaluateOnce } from './ofrep-calls.ts'
import { createApp, createKey, freshId, manage, publishApp } from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'

/** A problem that clients of OFREP understand too, for all flags or for one. */
const expectRefused = (answer: Answer, code: ProblemCode, errorCode: string, key?: string) => {
  const members = ['errorCode', 'errorDetails']
  const body = expectProblem(answer, code, key === undefined ? members : ['key', ...members])
  expect(body).toMatchObject({ errorCode, errorDetails: body.detail, ...(key !== undefined && { key }) })
  expect(answer.headers['access-control-allow-origin']).toBe('*')
  expect(answer.headers['access-control-expose-headers']).toContain('Retry-After')
  expect(answer.headers['cache-control']).toBe('no-store')
  return body
}

const bodies = (shape: () => Shape): void => {
  it.each<[string, Evaluation['body'], string, ProblemCode, string]>([
    ['text', 'context', 'PARSE_ERROR', 'invalid_json', ''],
    ['nothing', '', 'PARSE_ERROR', 'invalid_json', ''],
    ['half of an object', '{"context":', 'PARSE_ERROR', 'invalid_json', ''],
    ['another encoding', Buffer.from([0x7b, 0xff, 0x7d]), 'PARSE_ERROR', 'invalid_json', ''],
    ['a list', '[]', 'INVALID_CONTEXT', 'invalid_request', ''],
    ['null', 'null', 'INVALID_CONTEXT', 'invalid_request', ''],
    ['a context that is a text', { context: 'ios' }, 'INVALID_CONTEXT', 'invalid_request', '/context'],
    ['a context that is a list', { context: [] }, 'INVALID_CONTEXT', 'invalid_request', '/context'],
    [
      'a targeting key of a number',
      { context: { targetingKey: 1 } },
      'INVALID_CONTEXT',
      'invalid_request',
      '/context/targetingKey',
    ],
    [
      'a bucket out of range',
      { context: { bucket: 10_000 } },
      'INVALID_CONTEXT',
      'invalid_request',
      '/context/bucket',
    ],
    [
      'a bucket of an object',
      { context: { bucket: {} } },
      'INVALID_CONTEXT',
      'invalid_request',
      '/context/bucket',
    ],
  ])('answers 400 to %s', async (_, body, errorCode, code, pointer) => {
    const { appId } = await publishApp(shape())
    const answer = await evaluate(shape(), appId, { body: body ?? '' })
    const { errors } = expectRefused(answer, code, errorCode)
    expect((errors ?? []).map((error) => error.pointer)).toEqual(code === 'invalid_json' ? [] : [pointer])
    expectRefused(await evaluate(shape(), appId, { body: body ?? '', flag: 'on' }), code, errorCode, 'on')
  })

  it('answers 413 to a body that no context needs, and 415 to what is no JSON', async () => {
    const { appId } = await publishApp(shape())
    const body = { context: { long: 'x'.repeat(70_000) } }
    expectRefused(await evaluate(shape(), appId, { body }), 'body_too_large', 'GENERAL')
    const headers = { 'content-type': 'text/plain' }
    expectRefused(
      await evaluate(shape(), appId, { headers, flag: 'on' }),
      'unsupported_media_type',
      'GENERAL',
      'on',
    )
    const packed = { 'content-encoding': 'gzip' }
    expectRefused(await evaluate(shape(), appId, { headers: packed }), 'unsupported_media_type', 'GENERAL')
  })
}

const absences = (shape: () => Shape): void => {
  it('answers 404 to a flag that the app has not, and to its keys that are null', async () => {
    const { appId } = await publishApp(shape(), { on: true, nothing: null })
    for (const flag of ['off', 'nothing', 'toString', '__proto__', 'on/more']) {
      const answer = await evaluate(shape(), appId, { flag })
      expectRefused(answer, 'flag_not_found', 'FLAG_NOT_FOUND', flag)
    }
  })

  it('answers 400, 404 and 410 for an app as a read does', async () => {
    const { appId: unreleased } = await createApp(shape())
    const { appId: archived } = await publishApp(shape())
    await manage(shape(), 'DELETE', `/apps/${archived}`)
    const cases: [string, ProblemCode][] = [
      ['-bad', 'invalid_parameter'],
      [freshId('unknown'), 'app_not_found'],
      [unreleased, 'config_not_released'],
      [archived, 'config_gone'],
    ]
    for (const [appId, code] of cases) {
      expectRefused(await evaluate(shape(), appId), code, 'GENERAL')
      expectRefused(await evaluate(shape(), appId, { flag: 'on' }), code, 'GENERAL', 'on')
    }
  })

  it('answers 404 to what is beside the protocol', async () => {
    const { appId } = await publishApp(shape())
    expectProblem(await evaluate(shape(), appId, { flag: '' }), 'route_not_found')
    expectProblem(await evaluate(shape(), appId, { api: 'v1' }), 'route_not_found')
    expectProblem(await evaluate(shape(), `${appId}/more`), 'route_not_found')
  })

  it('answers 503 rather than what is older than a stream told of', async () => {
    const { appId, revision } = await publishApp(shape())
    const answer = await evaluate(shape(), appId, { query: `?flagConfigEtag=${revision + 1_000_000}` })
    expectRefused(answer, 'revision_not_here', 'GENERAL')
    expect(answer.headers['retry-after']).toBe('1')
  })
}

const others = (shape: () => Shape): void => {
  it('answers 401 to a key that is not known, and 403 to that of another app', async () => {
    const { appId } = await publishApp(shape())
    const { appId: other } = await publishApp(shape())
    const { key } = await createKey(shape(), { role: 'client', appIds: [other], channel: 'stable' })
    const unknown = await evaluate(shape(), appId, { headers: { authorization: 'Bearer nonsense' } })
    expectRefused(unknown, 'unauthorized', 'GENERAL')
    expect(unknown.headers['www-authenticate']).toContain('Bearer')
    expectRefused(
      await evaluate(shape(), appId, { headers: { 'x-api-key': key }, flag: 'on' }),
      'forbidden',
      'GENERAL',
      'on',
    )
  })

  it.each(['GET', 'HEAD', 'PUT', 'DELETE'])('answers 405 to %s', async (method) => {
    const { appId } = await publishApp(shape())
    for (const flag of [undefined, 'on']) {
      const answer = await evaluate(shape(), appId, { method, ...(flag && { flag }) })
      expect([answer.status, answer.headers.allow]).toEqual([405, 'POST, OPTIONS'])
      if (method !== 'HEAD') expectRefused(answer, 'method_not_allowed', 'GENERAL', flag)
    }
  })

  it('lets pages of any origin ask', async () => {
    const { appId } = await publishApp(shape())
    const headers = {
      origin: 'https://shop.example.com',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,if-none-match',
    }
    for (const flag of [undefined, 'on']) {
      const answer = await evaluate(shape(), appId, { method: 'OPTIONS', headers, ...(flag && { flag }) })
      expect(answer.status).toBe(204)
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'POST, OPTIONS',
      })
      const allowed = String(answer.headers['access-control-allow-headers']).toLowerCase().split(', ')
      expect(allowed).toEqual(
        expect.arrayContaining(['authorization', 'content-type', 'if-none-match', 'x-api-key']),
      )
    }
  })

  it('answers 429 with whole seconds to who asks too often, and to nobody else', async () => {
    const { appId } = await publishApp(shape())
    const { appId: other } = await publishApp(shape())
    const { key } = await createKey(shape(), { role: 'client', appIds: [appId], channel: 'stable' })
    const all = await Promise.all(Array.from({ length: 300 }, () => evaluateOnce(shape(), appId)))
    const refused = all.filter(({ status }) => status === 429)
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200, 429]))
    for (const answer of refused.slice(0, 3)) {
      expectRefused(answer, 'too_many_evaluations', 'GENERAL')
      expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/)
    }
    expect((await evaluateOnce(shape(), other)).status).toBe(200)
    expect((await evaluateOnce(shape(), appId, { headers: { 'x-api-key': key } })).status).toBe(200)
    expect((await evaluate(shape(), appId)).status).toBe(200)
  })

  it('answers 429 also to who asks too often for what is not here yet, before it waits for that', async () => {
    const { appId } = await publishApp(shape())
    const early = () => evaluateOnce(shape(), appId, { query: '?flagConfigEtag=999999999' })
    const all = await Promise.all(Array.from({ length: 300 }, early))
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([503, 429]))
  })
}

/** What OFREP refuses, in the words of both protocols. */
export const ofrepRefusals = (shape: () => Shape): void => {
  describe('OFREP refusals', () => {
    bodies(shape)
    absences(shape)
    others(shape)
  })
}
