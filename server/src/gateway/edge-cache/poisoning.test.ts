import { describe, expect, it } from 'vitest'
import { contextOf } from '../../platform/http/request-context.ts'
import { type Fields, gotOf, setUp } from './edge-cache.fixture.ts'

const forAWhile = { 'cache-control': 'max-age=60', etag: '"a"' }

/** What others get after an attacker's request, and how often the upstream was asked in all. */
const attacked = async (attack: Fields, status: number, answer: Fields = forAWhile) => {
  const all = setUp()
  all.replies((_, count) => (count === 1 ? all.answer(answer, status) : all.answer(forAWhile)))
  await all.get(attack)
  const { status: got } = await all.get()
  return [got, all.asked.length]
}

describe('what one request brings', () => {
  it.each([401, 406, 408, 412, 413, 415, 416, 417, 421, 429, 431])(
    'RFC 9111 §7.1 is answered %i to nobody else',
    async (status) => {
      const saysSo = { 'cache-control': 'public, max-age=60' }
      expect(await attacked({ range: 'bytes=90-' }, status, saysSo)).toEqual([200, 2])
    },
  )

  it.each([
    [400, 'max-age=60', 2],
    [403, 'max-age=60', 2],
    [400, 'public, max-age=60', 1],
    [403, 's-maxage=60', 1],
  ])('RFC 9111 §7.1 answered %i with %s leads to %i requests', async (status, told, count) => {
    expect((await attacked({}, status, { 'cache-control': told }))[1]).toBe(count)
  })

  it.each(['x-http-method-override', 'x-original-url', 'x-rewrite-url', 'x-host'])(
    'RFC 9111 §7.1 is for nobody else where %s may have led elsewhere',
    async (name) => {
      expect(await attacked({ [name]: 'POST' }, 404, { 'cache-control': 'public, max-age=60' })).toEqual([
        200, 2,
      ])
    },
  )

  it('RFC 9111 §7.1 leaves what is stored where it is, and others waiting for each other', async () => {
    const { get, asked, answer, replies } = setUp()
    replies((_, count) => (count === 2 ? answer({}, 400) : answer(forAWhile)))
    await get()
    expect((await get({ 'cache-control': 'no-cache' })).status).toBe(400)
    expect((await get()).text).toBe('body 1')
    replies((_, count) => (count === 3 ? answer({}, 431) : answer({ 'cache-control': 'max-age=60' })))
    await get({}, '/b')
    const told = (await Promise.all([get({}, '/b'), get({}, '/b')])).map(({ text }) => text)
    expect([told, asked.length]).toEqual([['body 4', 'body 4'], 4])
  })
})

describe('scheme and host as trusted proxies tell of them', () => {
  it('RFC 9111 §7.1 stand in the key, as upstreams are told of them', async () => {
    const { cache, answer, replies, upstream } = setUp()
    replies((request) => {
      const { proto, host } = contextOf(request).client ?? {}
      return answer(forAWhile, 200, `${proto} ${host}`)
    })
    const ask = async (client: { proto?: 'http' | 'https'; host?: string }) => {
      const request = new Request('http://inner.example/a?b')
      contextOf(request).client = { address: '192.0.2.1', prefix: '192.0.2.1', ...client }
      return (await gotOf(await cache.fetch(request, { upstream }))).text
    }
    const clients = [
      {},
      { proto: 'https' },
      { host: 'a.example' },
      { proto: 'https', host: 'b.example' },
    ] as const
    for (const client of [...clients, ...clients]) {
      expect(await ask(client)).toBe(
        `${'proto' in client ? client.proto : undefined} ${'host' in client ? client.host : undefined}`,
      )
    }
    expect(await ask({ proto: 'http', host: 'INNER.example' })).toBe('undefined undefined')
    expect(cache.size().entries).toBe(4)
  })
})
