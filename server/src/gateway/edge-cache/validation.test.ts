import { describe, expect, it } from 'vitest'
import { type Fields, setUp } from './edge-cache.fixture.ts'

/** A cache with one stale answer, and what the upstream says when asked again. */
const withStale = async (first: Fields, then: Fields, status = 304, body = 'new') => {
  const all = setUp()
  const { get, answer, replies, pass } = all
  replies((_, count) =>
    count === 1
      ? answer({ 'cache-control': 'max-age=10', ...first }, 200, 'old')
      : answer(then, status, body),
  )
  await get()
  pass(20)
  return all
}
const seen = ({ asked }: { asked: Request[] }, name: string) => asked[1]?.headers.get(name)

describe('validation', () => {
  it('§4.3.1 sends the tag that is stored', async () => {
    const all = await withStale({ etag: '"a"' }, { etag: '"a"' })
    expect((await all.get()).text).toBe('old')
    expect(seen(all, 'if-none-match')).toBe('"a"')
  })

  it('§4.3.1 sends a weak tag as it is', async () => {
    const all = await withStale({ etag: 'W/"a"' }, { etag: 'W/"a"' })
    expect((await all.get()).text).toBe('old')
    expect(seen(all, 'if-none-match')).toBe('W/"a"')
  })

  it('§4.3.1 sends the time of the last change that is stored, as it is written', async () => {
    const modified = 'Wed, 31 Dec 2025 12:00:00 GMT'
    const all = await withStale({ 'last-modified': modified }, {})
    expect((await all.get()).text).toBe('old')
    expect(seen(all, 'if-modified-since')).toBe(modified)
  })

  it('§4.3.1 sends both where both are stored', async () => {
    const modified = 'Wed, 31 Dec 2025 12:00:00 GMT'
    const all = await withStale({ etag: '"a"', 'last-modified': modified }, { etag: '"a"' })
    await all.get()
    expect([seen(all, 'if-none-match'), seen(all, 'if-modified-since')]).toEqual(['"a"', modified])
  })

  it('§4.3.1 sends no condition where no validator is stored', async () => {
    const all = await withStale({}, {}, 200)
    expect((await all.get()).text).toBe('new')
    expect([seen(all, 'if-none-match'), seen(all, 'if-modified-since')]).toEqual([null, null])
  })

  it('§4.3.1 sends the headers of the request that is to be satisfied', async () => {
    const all = await withStale({ etag: '"a"' }, { etag: '"a"' })
    await all.get({ 'accept-encoding': 'br', 'x-own': '1' })
    expect([seen(all, 'accept-encoding'), seen(all, 'x-own')]).toEqual(['br', '1'])
  })

  it("§4.3.2 judges the client's own condition after a validation by the outcome of it", async () => {
    const all = await withStale({ etag: '"a"' }, { etag: '"a"', 'cache-control': 'max-age=10' })
    expect((await all.get({ 'if-none-match': '"a"' })).status).toBe(304)
    expect((await all.get({ 'if-none-match': '"b"' })).text).toBe('old')
    expect(seen(all, 'if-none-match')).toBe('"a"')
  })

  it('§4.3.2 gives 200 where the 304 names what is stored and not what the client has', async () => {
    const all = await withStale({ etag: '"a"' }, { etag: '"a"' })
    const { status, text } = await all.get({ 'if-none-match': '"client"' })
    expect([status, text]).toEqual([200, 'old'])
  })

  it('§4.3.2 gives 304 where the client already holds what is new', async () => {
    const all = await withStale({ etag: '"a"' }, { etag: '"b"', 'cache-control': 'max-age=10' }, 200)
    expect((await all.get({ 'if-none-match': '"b"' })).status).toBe(304)
    expect((await all.get()).text).toBe('new')
    expect(all.asked).toHaveLength(2)
  })

  it('§4.3.3 gives and stores a whole answer instead of what is stored', async () => {
    const all = await withStale({ etag: '"a"' }, { etag: '"b"', 'cache-control': 'max-age=10' }, 200)
    expect((await all.get()).text).toBe('new')
    expect((await all.get()).text).toBe('new')
    expect(all.asked).toHaveLength(2)
  })

  it('§4.3.3 forgets what is stored where the whole answer may not be stored', async () => {
    const all = await withStale({ etag: '"a"' }, { 'cache-control': 'no-store' }, 200)
    expect((await all.get()).text).toBe('new')
    expect(all.cache.size().entries).toBe(0)
  })

  it('§4.3.3 hands a 5xx on where nothing stale is allowed', async () => {
    const all = await withStale({ etag: '"a"' }, {}, 503, 'down')
    const { status, text } = await all.get()
    expect([status, text]).toEqual([503, 'down'])
  })

  it('§4.3.3 keeps what is stored in spite of a 5xx, and validates it the next time', async () => {
    const all = await withStale({ etag: '"a"' }, {}, 503)
    await all.get()
    all.replies(() => all.answer({ etag: '"a"' }, 304))
    expect((await all.get()).text).toBe('old')
  })

  it('§4.3.4 takes a 304 with the same tag for fresh again', async () => {
    const all = await withStale({ etag: '"a"' }, { etag: '"a"' })
    await all.get()
    await all.get()
    expect(all.asked).toHaveLength(2)
  })

  it('§4.3.4 asks for the whole where the 304 names another tag', async () => {
    const all = await withStale({ etag: '"a"' }, { etag: '"other"' })
    all.replies((_, count) =>
      count === 2 ? all.answer({ etag: '"other"' }, 304) : all.answer({}, 200, 'whole'),
    )
    expect((await all.get()).text).toBe('whole')
    expect(all.asked[2]?.headers.has('if-none-match')).toBe(false)
  })

  it('§4.3.4 takes a 304 with a weak tag for what is stored with it', async () => {
    const all = await withStale({ etag: '"a"' }, { etag: 'W/"a"' })
    expect((await all.get()).text).toBe('old')
  })

  it('§4.3.4 takes a 304 without validators for the one that it was asked about', async () => {
    const all = await withStale({ etag: '"a"' }, {})
    expect((await all.get()).text).toBe('old')
  })

  it('§3.2, §4.3.4 replaces the fields that the 304 brings and adds new ones', async () => {
    const first = { etag: '"a"', 'x-kept': '1', 'x-new': 'old' }
    const all = await withStale(first, {
      etag: '"a"',
      'x-new': 'new',
      'x-added': '1',
      'cache-control': 'max-age=99',
    })
    const { headers } = await all.get()
    expect(headers.get('x-kept')).toBe('1')
    expect(headers.get('x-new')).toBe('new')
    expect(headers.get('x-added')).toBe('1')
    all.pass(98)
    await all.get()
    expect(all.asked).toHaveLength(2)
  })

  it('§3.2 leaves alone what speaks of the stored bytes', async () => {
    const first = { etag: '"a"', 'content-encoding': 'br' }
    const told = { etag: 'W/"a"', 'content-length': '99', 'content-encoding': 'gzip', 'content-type': 'x/y' }
    const all = await withStale(first, told)
    const { headers } = await all.get()
    expect(headers.get('content-length')).toBe('3')
    expect(headers.get('content-encoding')).toBe('br')
    expect(headers.get('content-type')).toBe('x/y')
    expect(headers.get('etag')).toBe('W/"a"')
  })

  it('§3.2 takes no field of one connection from a 304', async () => {
    const all = await withStale({ etag: '"a"' }, { connection: 'x-once', 'x-once': '1' })
    const { headers } = await all.get()
    expect([headers.has('x-once'), headers.has('connection')]).toEqual([false, false])
  })

  it('§3.2 gives the cookies of a 304 to the one who asked, and to nobody else', async () => {
    const all = await withStale({ etag: '"a"' }, { etag: '"a"', 'cache-control': 'max-age=10' })
    all.replies((_, count) => {
      const response = all.answer({ etag: '"a"' }, count === 2 ? 304 : 200, 'whole')
      if (count === 2) for (const cookie of ['a=b', 'c=d']) response.headers.append('set-cookie', cookie)
      return response
    })
    const { headers, text } = await all.get()
    expect([headers.getSetCookie(), headers.get('age'), text]).toEqual([['a=b', 'c=d'], '0', 'old'])
    const next = await all.get()
    expect([next.headers.getSetCookie(), next.text]).toEqual([[], 'whole'])
  })

  it('§3.2 keeps to what a 304 does not repeat, also to the field for this cache alone', async () => {
    const own = { 'parasol-cache-control': 'max-age=10', 'cache-control': 'private, max-age=5' }
    for (const repeated of [{}, own]) {
      const all = await withStale({ etag: '"a"', ...own }, { etag: '"a"', ...repeated })
      for (let turn = 0; turn < 3; turn += 1) {
        const { text, headers } = await all.get()
        expect([text, headers.has('parasol-cache-control')]).toEqual(['old', false])
      }
      expect(all.asked).toHaveLength(2)
    }
  })

  it('stores no update that the caller does not want stored', async () => {
    const all = await withStale({ etag: '"a"' }, { etag: '"a"', 'x-sequence': '3' })
    const question = { mayStore: ({ headers }: Response) => headers.get('x-sequence') !== '3' }
    expect((await all.get({}, '/a', question)).text).toBe('old')
    expect(all.cache.size().entries).toBe(0)
  })

  it('§4.3.4 freshens all answers of the address that have the same strong tag', async () => {
    const { get, answer, replies, pass, asked } = setUp()
    const headers = { 'cache-control': 'max-age=10', etag: '"a"', vary: 'X-A' }
    replies(() => answer(headers))
    await get({ 'x-a': '1' })
    await get({ 'x-a': '2' })
    pass(20)
    replies(() => answer(headers, 304))
    expect((await get({ 'x-a': '1' })).text).toBe('body 1')
    expect((await get({ 'x-a': '2' })).text).toBe('body 2')
    expect(asked).toHaveLength(3)
  })

  it('§4.3.4 freshens only the one with a weak tag', async () => {
    const { get, answer, replies, pass, asked } = setUp()
    const headers = { 'cache-control': 'max-age=10', etag: 'W/"a"', vary: 'X-A' }
    replies((_, count) => answer(headers, count > 2 ? 304 : 200))
    await get({ 'x-a': '1' })
    await get({ 'x-a': '2' })
    pass(20)
    await get({ 'x-a': '1' })
    await get({ 'x-a': '2' })
    expect(asked).toHaveLength(4)
  })

  it('§4.3.4 forgets what a 304 says is not to be stored any more', async () => {
    const all = await withStale({ etag: '"a"' }, { 'cache-control': 'private' })
    expect((await all.get()).text).toBe('old')
    expect(all.cache.size().entries).toBe(0)
  })
})

describe('HEAD', () => {
  const stale = (news: Fields, status = 200) => withStale({ etag: '"a"' }, news, status, '')

  it('§4 is answered by what is stored for GET, without a body', async () => {
    const { get, head, asked } = setUp()
    await get()
    const { status, text, headers } = await head()
    expect([status, text, headers.get('content-length')]).toEqual([200, '', '6'])
    expect(asked).toHaveLength(1)
  })

  it('§4.3.5 brings what is stored up to date where all fits', async () => {
    const all = await stale({
      etag: '"a"',
      'content-length': '3',
      'x-new': '1',
      'cache-control': 'max-age=50',
    })
    await all.head()
    const { text, headers } = await all.get()
    expect([text, headers.get('x-new')]).toEqual(['old', '1'])
    expect(all.asked.map(({ method }) => method)).toEqual(['GET', 'HEAD'])
  })

  it.each([
    ['another tag', { etag: '"b"' }],
    ['another length', { etag: '"a"', 'content-length': '4' }],
  ])('§4.3.5 makes what is stored useless where it has %s', async (_what, news) => {
    const all = await stale({ ...news, 'cache-control': 'max-age=50' })
    await all.head()
    expect(all.cache.size().entries).toBe(0)
  })

  it('§4.3.5 changes nothing by an error', async () => {
    const all = await stale({ etag: '"b"' }, 500)
    await all.head()
    expect(all.cache.size().entries).toBe(1)
  })

  it('§4.3.5 changes nothing for others by what one who is authenticated is told', async () => {
    const all = await stale({ etag: '"b"' })
    await all.head({ authorization: 'Bearer k' })
    expect(all.cache.size().entries).toBe(1)
  })
})
