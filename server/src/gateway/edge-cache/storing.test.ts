import { describe, expect, it } from 'vitest'
import { longFresh, outcomeOf, type Row, setUp } from './edge-cache.fixture.ts'

const old = { 'last-modified': '{-100000}' }
const key = { authorization: 'Bearer k' }
const rows: Row[] = [
  ['3', 'stores the answer to a GET with max-age', { answer: longFresh }, 'reused'],
  ['3', 'stores what has s-maxage', { answer: { 'cache-control': 's-maxage=60' } }, 'reused'],
  ['3', 'stores what has Expires', { answer: { expires: '{+60}' } }, 'reused'],
  [
    '3',
    'stores what is public, of any status',
    { answer: { 'cache-control': 'public', ...old }, status: 299 },
    'reused',
  ],
  [
    '3',
    'stores nothing of a status that is not heuristically cacheable and says nothing',
    { answer: old, status: 302 },
    'fetched',
  ],
  ['3', 'stores what says for how long, of any final status', { answer: longFresh, status: 302 }, 'reused'],
  ['3', 'stores an error that says for how long', { answer: longFresh, status: 500 }, 'reused'],
  [
    '3',
    'stores no 206',
    { answer: { ...longFresh, 'content-range': 'bytes 0-5/6' }, status: 206 },
    'fetched',
  ],
  [
    '3',
    'stores nothing that says no-store',
    { answer: { 'cache-control': 'max-age=60, no-store' } },
    'fetched',
  ],
  ['3', 'stores nothing that is private', { answer: { 'cache-control': 'max-age=60, private' } }, 'fetched'],
  [
    '3',
    'stores nothing to a request with no-store',
    { answer: longFresh, first: { 'cache-control': 'no-store' }, second: {} },
    'fetched',
  ],
  ['3', 'stores nothing that has neither a lifetime nor a validator', { answer: {} }, 'fetched'],
  ['3', 'stores what has a validator only, and validates it', { answer: { etag: '"a"' } }, 'validated'],
  [
    '3',
    'stores an unknown status with must-understand never',
    { answer: { 'cache-control': 'max-age=60, must-understand' }, status: 299 },
    'fetched',
  ],
  [
    '3',
    'stores no answer with Set-Cookie, be it public',
    { answer: { 'cache-control': 'public, max-age=60', 'set-cookie': 'a=b' } },
    'fetched',
  ],
  [
    '3',
    'stores an answer without its cookie where that is told to be left out',
    { answer: { 'cache-control': 'max-age=60, no-cache="Set-Cookie"', 'set-cookie': 'a=b' } },
    'reused',
  ],
  [
    '3',
    'ignores unknown directives',
    { answer: { 'cache-control': 'max-age=60, community="UCI", x' } },
    'reused',
  ],
  [
    '3.5',
    'does not store the answer to a request with Authorization',
    { answer: longFresh, first: key, second: {} },
    'fetched',
  ],
  [
    '3.5',
    'treats X-API-Key as Authorization',
    { answer: longFresh, first: { 'x-api-key': 'k' }, second: {} },
    'fetched',
  ],
  [
    '3.5',
    'stores it where it is public',
    { answer: { 'cache-control': 'public, max-age=60' }, first: key },
    'reused',
  ],
  [
    '3.5',
    'stores it where it has must-revalidate',
    { answer: { 'cache-control': 'must-revalidate, max-age=60' }, first: key },
    'reused',
  ],
  [
    '3.5',
    'stores it where it has s-maxage',
    { answer: { 'cache-control': 's-maxage=60' }, first: key },
    'reused',
  ],
  [
    '3.5',
    'validates it when stale, as must-revalidate demands',
    {
      answer: { 'cache-control': 'must-revalidate, max-age=60', etag: '"a"' },
      first: key,
      second: {},
      after: 61,
    },
    'validated',
  ],
  [
    '3.5',
    'gives nothing to a request with Authorization that does not allow it',
    { answer: longFresh, first: {}, second: key },
    'fetched',
  ],
  ['3.5', 'stores it for a partition', { answer: longFresh, first: key, partition: 'shop:beta' }, 'reused'],
  [
    '3.5',
    'stores nothing private for a partition either',
    { answer: { 'cache-control': 'private, max-age=60' }, first: key, partition: 'shop:beta' },
    'fetched',
  ],
  [
    '3.5',
    'stores for a partition what a field for this cache allows',
    {
      answer: {
        'cache-control': 'private, max-age=60',
        'parasol-cache-control': 'max-age=60',
        vary: 'Authorization, X-API-Key',
      },
      first: key,
      second: { authorization: 'Bearer other' },
      partition: 'shop:beta',
    },
    'reused',
  ],
]

describe('storing', () => {
  it.each(rows)('§%s %s', async (_section, _requirement, given, expected) => {
    expect(await outcomeOf(given)).toBe(expected)
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])(
    '§3 stores no answer to %s',
    async (method) => {
      const { send, asked } = setUp()
      await send('/a', { method })
      await send('/a', { method })
      await send('/a')
      expect(asked).toHaveLength(3)
    },
  )

  it('§3 stores no answer to HEAD', async () => {
    const { head, get, asked } = setUp()
    await head()
    await head()
    await get()
    expect(asked.map(({ method }) => method)).toEqual(['HEAD', 'HEAD', 'GET'])
  })

  it.each([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])(
    '§3 stores %i by a heuristic',
    async (status) => {
      expect(await outcomeOf({ answer: old, status })).toBe('reused')
    },
  )

  it.each([200, 302, 404, 410, 503])(
    '§5.2.2.3 stores %i with must-understand in spite of no-store',
    async (status) => {
      const answer = { 'cache-control': 'must-understand, no-store, max-age=60' }
      expect(await outcomeOf({ answer, status })).toBe('reused')
    },
  )

  it('§2 keeps answers apart by address, with its query, its host and its scheme', async () => {
    const { get, asked } = setUp()
    for (const url of [
      '/a',
      '/b',
      '/a?x',
      '/a?y',
      '/A',
      'http://other.example/a',
      'https://shop.example/a',
    ]) {
      await get({}, url)
      await get({}, url)
    }
    expect(asked).toHaveLength(7)
  })

  it('§2 keeps partitions apart, and from what is for everybody', async () => {
    const { get, asked } = setUp()
    for (const partition of ['', 'shop:beta', 'shop:stable', '']) await get({}, '/a', { partition })
    expect(asked).toHaveLength(3)
  })

  it('§3.1 keeps all fields of an answer, unknown ones too', async () => {
    const { get, answer, replies } = setUp()
    replies(() => answer({ ...longFresh, 'x-unknown': 'v', etag: 'W/"a"', link: '</b>; rel="next"' }))
    const { headers } = await get()
    const again = await get()
    for (const [name, value] of headers)
      if (name !== 'cache-status') expect(again.headers.get(name)).toBe(value)
    expect(again.headers.get('x-unknown')).toBe('v')
  })

  it('§3.1 does not keep Connection, what it lists, nor other fields of one connection', async () => {
    const { get, answer, replies } = setUp()
    const once = {
      connection: 'X-Once',
      'x-once': '1',
      'keep-alive': 'timeout=5',
      upgrade: 'h2c',
      trailer: 'x',
    }
    replies(() => answer({ ...longFresh, ...once }))
    await get()
    const { headers } = await get()
    for (const name of Object.keys(once)) expect(headers.has(name)).toBe(false)
  })

  it('§3.1 does not keep fields of a proxy for its client', async () => {
    const { get, answer, replies } = setUp()
    replies(() => answer({ ...longFresh, 'proxy-authenticate': 'Basic', 'proxy-authentication-info': 'a' }))
    await get()
    const { headers } = await get()
    expect(headers.has('proxy-authenticate')).toBe(false)
    expect(headers.has('proxy-authentication-info')).toBe(false)
  })

  it('§3 gives no cookie and no request id of one client to another', async () => {
    const { get, answer, replies } = setUp()
    const cacheControl = 'max-age=60, private="set-cookie"'
    replies(() => answer({ 'cache-control': cacheControl, 'set-cookie': 'a=b', 'x-request-id': 'first' }))
    expect((await get()).headers.get('set-cookie')).toBe('a=b')
    const { headers } = await get({ 'x-request-id': 'second' })
    expect(headers.has('set-cookie')).toBe(false)
    expect(headers.get('x-request-id')).toBe('second')
  })

  it('§3 stores nothing that the caller does not want stored', async () => {
    const { get, asked } = setUp()
    await get({}, '/a', { mayStore: () => false })
    await get()
    expect(asked).toHaveLength(2)
  })

  it.each([
    ['§3.3', 'fewer bytes than announced', { 'content-length': '100' }],
    ['§3.3', 'more bytes than announced', { 'content-length': '2' }],
  ])('%s never answers from what was incomplete: %s', async (_section, _how, headers) => {
    const { get, answer, replies, asked } = setUp()
    replies(() => answer({ ...longFresh, ...headers }))
    await get()
    await get()
    expect(asked).toHaveLength(2)
  })

  it('§3.3, §3.4 neither stores parts nor completes them: a request for one goes on as it is', async () => {
    const { get, answer, replies, asked } = setUp()
    replies(() => answer({ ...longFresh, 'content-range': 'bytes 0-3/9' }, 206, 'body'))
    const { status, text } = await get({ range: 'bytes=0-3' })
    expect([status, text]).toEqual([206, 'body'])
    expect(asked[0]?.headers.get('range')).toBe('bytes=0-3')
    await get({ range: 'bytes=0-3' })
    expect(asked).toHaveLength(2)
  })
})
