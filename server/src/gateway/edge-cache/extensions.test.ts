import { describe, expect, it } from 'vitest'
import { Problem } from '../../../../contract/problems.ts'
import { outcomeOf, type Row, setUp } from './edge-cache.fixture.ts'

const tag = { etag: '"a"' }
const targeted = (name: string, value: string, plain = 'max-age=1') => ({
  answer: { 'cache-control': plain, [name]: value, ...tag },
  after: 30,
})
const cdn = (value: string, plain?: string) => targeted('cdn-cache-control', value, plain)
const rows: Row[] = [
  ['RFC 9213 §2.2', 'goes by CDN-Cache-Control instead of Cache-Control', cdn('max-age=60'), 'reused'],
  ['RFC 9213 §2.2', 'goes by it also where it is stricter', cdn('no-store', 'max-age=60'), 'fetched'],
  ['RFC 9213 §2.2', 'ignores private in Cache-Control then', cdn('max-age=60', 'private'), 'reused'],
  [
    'RFC 9213 §2.2',
    'ignores Expires then',
    { answer: { expires: '{+60}', 'cdn-cache-control': 'max-age=1', ...tag }, after: 30 },
    'validated',
  ],
  ['RFC 9213 §2.2', 'ignores an empty field', cdn('', 'max-age=60'), 'reused'],
  ['RFC 9213 §2.1', 'ignores a malformed field', cdn('max-age=60,, no-store', 'max-age=60'), 'reused'],
  ['RFC 9213 §2.1', 'takes no capital letters', cdn('Max-Age=60'), 'validated'],
  ['RFC 9213 §2.1', 'takes no quoted number', cdn('max-age="abc"'), 'validated'],
  ['RFC 9213 §2.1', 'takes no quoted number, be it one', cdn('max-age="60"', 'no-store'), 'fetched'],
  [
    'RFC 9213 §2.1',
    'ignores a field with a number of another kind',
    cdn('max-age=1.5', 'max-age=60'),
    'reused',
  ],
  ['RFC 9213 §2.1', 'passes over parameters', cdn('max-age=60;x="y"'), 'reused'],
  ['RFC 9213 §2.1', 'takes a member that is false for absent', cdn('no-store=?0, max-age=60'), 'reused'],
  [
    'RFC 9213 §2.2',
    'goes by its own field before that for all CDNs',
    { answer: { 'parasol-cache-control': 'max-age=60', 'cdn-cache-control': 'no-store', ...tag }, after: 30 },
    'reused',
  ],
  [
    'RFC 5861 §4',
    'needs an error before it gives something stale',
    { answer: { 'cache-control': 'max-age=1, stale-if-error=60', ...tag }, after: 30 },
    'validated',
  ],
  [
    'RFC 8246 §2',
    'does not validate what is immutable and fresh for max-age=0',
    {
      answer: { 'cache-control': 'max-age=60, immutable', ...tag },
      second: { 'cache-control': 'max-age=0' },
    },
    'reused',
  ],
  [
    'RFC 8246 §2',
    'validates it for no-cache',
    { answer: { 'cache-control': 'max-age=60, immutable', ...tag }, second: { 'cache-control': 'no-cache' } },
    'validated',
  ],
  [
    'RFC 8246 §2',
    'validates it when it is stale',
    { answer: { 'cache-control': 'max-age=60, immutable', ...tag }, after: 61 },
    'validated',
  ],
]

describe('directives beyond RFC 9111', () => {
  it.each(rows)('%s %s', async (_section, _requirement, given, expected) => {
    expect(await outcomeOf(given)).toBe(expected)
  })

  it('RFC 9213 §2.2 passes CDN-Cache-Control on, and keeps its own field to itself', async () => {
    const { get, answer, replies } = setUp()
    replies(() => answer({ 'cdn-cache-control': 'max-age=60', 'parasol-cache-control': 'max-age=30' }))
    for (const { headers } of [await get(), await get()]) {
      expect(headers.get('cdn-cache-control')).toBe('max-age=60')
      expect(headers.has('parasol-cache-control')).toBe(false)
    }
  })
})

describe('stale while it is being validated', () => {
  const first = { 'cache-control': 'max-age=10, stale-while-revalidate=30', etag: '"a"' }

  it('RFC 5861 §3 answers at once, and asks once', async () => {
    const { get, pass, replies, answer, asked } = setUp()
    replies(() => answer(first))
    await get()
    pass(20)
    const { text, headers } = await get({ 'if-none-match': '"x"', range: 'bytes=0-20' })
    expect([text, headers.get('age')]).toEqual(['body 1', '20'])
    expect(headers.get('cache-status')).toBe('parasol; hit; ttl=-10; detail=stale-while-revalidate')
    expect(asked[1]?.headers.get('if-none-match')).toBe('"a"')
    expect(asked[1]?.headers.has('range')).toBe(false)
    expect((await get()).text).toBe('body 2')
    expect(asked).toHaveLength(2)
  })

  it('RFC 5861 §3 not beyond the time it is allowed', async () => {
    const { get, pass, replies, answer } = setUp()
    replies(() => answer(first))
    await get()
    pass(40)
    expect((await get()).text).toBe('body 2')
  })

  it('RFC 5861 §3 asks once also for those who are authenticated', async () => {
    const { get, asked, answer, replies, pass } = setUp()
    const told = { 'cache-control': 'public, max-age=10, stale-while-revalidate=60' }
    const waiting: (() => void)[] = []
    replies(async (_, count) => {
      if (count > 1) await new Promise<void>((resolve) => waiting.push(resolve))
      return answer(told, 200, `body ${count}`)
    })
    await get()
    pass(20)
    for (const name of ['a', 'b', 'c']) expect((await get({ authorization: name })).text).toBe('body 1')
    for (const resolve of waiting) resolve()
    await new Promise((resolve) => setImmediate(resolve))
    expect([(await get()).text, asked.length]).toEqual(['body 2', 2])
  })

  it('RFC 5861 §3 tells of a refresh that failed, and goes on', async () => {
    const { get, pass, replies, answer, errors } = setUp()
    replies((_, count) => {
      if (count === 2) throw new Error('away')
      return answer(first)
    })
    await get()
    pass(20)
    expect((await get()).text).toBe('body 1')
    expect(errors).toHaveLength(1)
    expect((await get()).text).toBe('body 1')
    expect((await get()).text).toBe('body 3')
  })
})

describe('stale instead of an error', () => {
  const first = { 'cache-control': 'max-age=10, stale-if-error=30', etag: '"a"' }
  const failing = async (fail: (count: number) => Response | Promise<Response>) => {
    const all = setUp()
    all.replies((_, count) => (count === 1 ? all.answer(first) : fail(count)))
    await all.get()
    all.pass(20)
    return all
  }

  it.each([500, 502, 503, 504])('RFC 5861 §4 for %i', async (status) => {
    const { get } = await failing(() => new Response('down', { status }))
    const { status: got, text, headers } = await get()
    expect([got, text]).toEqual([200, 'body 1'])
    expect(headers.get('cache-status')).toBe(
      `parasol; fwd=stale; fwd-status=${status}; ttl=-10; detail=stale-if-error`,
    )
  })

  it.each([404, 501])('RFC 5861 §4 not for %i', async (status) => {
    const { get } = await failing(() => new Response('no', { status }))
    expect((await get()).status).toBe(status)
  })

  it('RFC 5861 §4 for an upstream that does not answer', async () => {
    const { get, errors } = await failing(() => Promise.reject(new Problem('upstream_unavailable')))
    expect((await get()).text).toBe('body 1')
    expect(errors).toHaveLength(1)
  })

  it('RFC 5861 §4 not for a refusal', async () => {
    const { get } = await failing(() => Promise.reject(new Problem('forbidden')))
    await expect(get()).rejects.toMatchObject({ status: 403 })
  })

  it('RFC 5861 §4 not beyond the time it is allowed', async () => {
    const { get, pass } = await failing(() => new Response('down', { status: 503 }))
    pass(20)
    expect((await get()).status).toBe(503)
  })

  it('RFC 5861 §4 where the client allows it', async () => {
    const { get, pass } = await failing(() => new Response('down', { status: 503 }))
    pass(20)
    expect((await get({ 'cache-control': 'stale-if-error=60' })).text).toBe('body 1')
  })

  it('RFC 5861 §4 not for who wants nothing unvalidated', async () => {
    const { get } = await failing(() => new Response('down', { status: 503 }))
    expect((await get({ 'cache-control': 'no-cache' })).status).toBe(503)
  })
})

describe('Cache-Status', () => {
  it('RFC 9211 §2 tells how each request was handled, after what those before have told', async () => {
    const { get, pass, replies, answer, send } = setUp({ name: 'edge' as 'parasol' })
    replies(({ headers }) =>
      answer(
        { 'cache-control': 'max-age=60', etag: '"a"', 'cache-status': 'origin; hit' },
        headers.has('if-none-match') ? 304 : 200,
      ),
    )
    const told = async (headers = {}) => (await get(headers)).headers.get('cache-status')
    expect(await told()).toBe('origin; hit, edge; fwd=uri-miss; fwd-status=200; stored')
    pass(10)
    expect(await told()).toBe('origin; hit, edge; hit; ttl=50')
    expect(await told({ 'cache-control': 'no-cache' })).toBe('origin; hit, edge; fwd=request; fwd-status=304')
    pass(60)
    expect(await told()).toBe('origin; hit, edge; fwd=stale; fwd-status=304')
    expect(await told({ 'if-match': '"a"' })).toBe('origin; hit, edge; fwd=bypass; fwd-status=200; stored')
    const { headers } = await send('/a', { method: 'POST' })
    expect(headers.get('cache-status')).toBe('origin; hit, edge; fwd=method')
  })

  it('adds the headers of a question to what is stored and to what is not', async () => {
    const { get } = setUp()
    const question = { headers: { ratelimit: '"burst";r=5;t=1' } }
    for (let turn = 0; turn < 2; turn += 1) {
      expect((await get({}, '/a', question)).headers.get('ratelimit')).toBe('"burst";r=5;t=1')
    }
    expect((await get()).headers.has('ratelimit')).toBe(false)
  })
})
