import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { ask } from './ask.ts'
import { listen } from './listen.ts'
import { createApp, freshId, manage, publishApp, readConfig } from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'

const origin = { origin: 'https://shop.example.com' }

const expectReadable = (headers: Record<string, unknown>): void => {
  expect(headers['access-control-allow-origin']).toBe('*')
  const exposed = String(headers['access-control-expose-headers']).split(', ')
  expect(exposed).toEqual(
    expect.arrayContaining(['ETag', 'Last-Modified', 'Cache-Status', 'X-Request-Id', 'Retry-After']),
  )
  expect(headers).not.toHaveProperty('access-control-allow-credentials')
}

/** A page of any origin may read configs, and sees the headers it needs. */
export const cors = (shape: () => Shape): void => {
  describe('CORS', () => {
    it('lets pages read 200 and 304', async () => {
      const { appId } = await publishApp(shape())
      const answer = await readConfig(shape(), appId, origin)
      expect(answer.status).toBe(200)
      expectReadable(answer.headers)
      const tag = answer.headers.etag ?? ''
      const unchanged = await readConfig(shape(), appId, { ...origin, 'if-none-match': tag })
      expect(unchanged.status).toBe(304)
      expectReadable(unchanged.headers)
      // One answer for all origins: it must not vary by who asks.
      expect(answer.headers.vary).toBe('Accept-Encoding')
    })

    it('lets pages read 400, 404, 405 and 410', async () => {
      const { appId } = await publishApp(shape())
      await manage(shape(), 'DELETE', `/apps/${appId}`)
      const { appId: unreleased } = await createApp(shape())
      const refused: [string, string, number][] = [
        ['-bad', 'GET', 400],
        [freshId(), 'GET', 404],
        [unreleased, 'GET', 404],
        [appId, 'POST', 405],
        [appId, 'GET', 410],
      ]
      for (const [id, method, status] of refused) {
        const answer = await readConfig(shape(), id, origin, method)
        expect(answer.status).toBe(status)
        expectReadable(answer.headers)
      }
    })

    it('answers a preflight with the methods and headers a page may use, kept for a day', async () => {
      const answer = await readConfig(
        shape(),
        freshId(),
        {
          ...origin,
          'access-control-request-method': 'GET',
          'access-control-request-headers': 'if-none-match, x-request-id',
        },
        'OPTIONS',
      )
      expect(answer.status).toBe(204)
      expect(answer.body.byteLength).toBe(0)
      expect(answer.headers['access-control-allow-origin']).toBe('*')
      expect(answer.headers['access-control-allow-methods']).toBe('GET, HEAD, OPTIONS')
      const allowed = String(answer.headers['access-control-allow-headers']).toLowerCase().split(', ')
      expect(allowed).toEqual(expect.arrayContaining(['if-none-match', 'x-request-id', 'traceparent']))
      expect(answer.headers['access-control-max-age']).toBe('86400')
      expect(answer.headers.vary).toContain('Access-Control-Request-Headers')
    })

    it('lets pages of the origins that an app names read it, and no others, from the next read on', async () => {
      const { appId } = await publishApp(shape())
      const before = await readConfig(shape(), appId, origin)
      const allowedOrigins = [origin.origin, 'https://*.example.org']
      const body = { allowedOrigins }
      expect((await manage(shape(), 'PATCH', `/apps/${appId}`, { body })).status).toBe(200)
      const preflight = { 'access-control-request-method': 'GET' }
      const tag = { 'if-none-match': before.headers.etag ?? '' }
      await eventually(async () => expect((await readConfig(shape(), appId, tag)).status).toBe(200))
      for (const [asks, allowed] of [
        [origin.origin, origin.origin],
        ['https://a.example.org', 'https://a.example.org'],
        ['https://evil.example', undefined],
      ] as const) {
        const of = { origin: asks }
        const asked = { headers: { ...of, 'content-type': 'application/json' } }
        const v2 = `${shape().url}/v2/api/config/${appId}`
        const stream = await listen(`${v2}/stream`, of)
        stream.leave()
        const answers = [
          await readConfig(shape(), appId, of),
          await readConfig(shape(), appId, of, 'HEAD'),
          await ask(v2, { headers: of }),
          await ask(`${v2}/flagd.json`, { headers: of }),
          await ask(`${v2}/ofrep/v1/evaluate/flags/on`, { ...asked, method: 'POST', body: { context: {} } }),
          await ask(`${v2}/ofrep/v1/evaluate/flags`, { ...asked, method: 'POST', body: { context: {} } }),
          stream,
        ]
        for (const answer of answers) {
          expect(answer.status).toBe(200)
          expect(answer.headers['access-control-allow-origin']).toBe(allowed)
          expect(answer.headers.vary).toMatch(/(?:^|, )Origin$/)
        }
        const asks204 = await readConfig(shape(), appId, { ...of, ...preflight }, 'OPTIONS')
        expect(asks204.status).toBe(204)
        expect(asks204.headers['access-control-allow-origin']).toBe(allowed)
        expect(asks204.headers['access-control-allow-methods']).toBe(allowed && 'GET, HEAD, OPTIONS')
        expect(asks204.headers.vary).toMatch(/^Origin, /)
      }
    })

    it('answers OPTIONS that is no preflight with Allow', async () => {
      const answer = await readConfig(shape(), freshId(), {}, 'OPTIONS')
      expect(answer.status).toBe(204)
      expect(answer.headers.allow).toBe('GET, HEAD, OPTIONS')
      expect(answer.headers).not.toHaveProperty('access-control-max-age')
    })

    it('keeps pages of other origins out of the management API', async () => {
      const answer = await ask(`${shape().url}/manage/v1/apps`, {
        method: 'OPTIONS',
        headers: { ...origin, 'access-control-request-method': 'POST' },
      })
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
      expect(answer.headers.allow).toBe('GET, HEAD, OPTIONS, POST')
      expectProblem(await ask(`${shape().url}/manage/v1/apps`, { headers: origin }), 'unauthorized')
    })
  })
}
