import { describe, expect, it } from 'vitest'
import { type Fields, setUp } from './edge-cache.fixture.ts'

const modified = 'Wed, 31 Dec 2025 12:00:00 GMT'
const earlier = 'Wed, 31 Dec 2025 11:59:59 GMT'
const later = 'Wed, 31 Dec 2025 12:00:01 GMT'

const withStored = async (headers: Fields = {}, status = 200) => {
  const all = setUp()
  all.replies(() => all.answer({ 'cache-control': 'max-age=60', ...headers }, status, '0123456789'))
  await all.get()
  return all
}

describe('conditions judged by what is stored', () => {
  it.each([
    [{ 'if-none-match': '"a"' }, 304],
    [{ 'if-none-match': 'W/"a"' }, 304],
    [{ 'if-none-match': '"x", "a"' }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"b"' }, 200],
    [{ 'if-none-match': 'a' }, 200],
    [{ 'if-modified-since': modified }, 304],
    [{ 'if-modified-since': later }, 304],
    [{ 'if-modified-since': earlier }, 200],
    [{ 'if-modified-since': 'yesterday' }, 200],
    [{ 'if-none-match': '"b"', 'if-modified-since': later }, 200],
    [{ 'if-none-match': '"a"', 'if-modified-since': earlier }, 304],
  ])('§4.3.2, RFC 9110 §13 %o is answered %i', async (condition, status) => {
    const { get, head, asked } = await withStored({ etag: '"a"', 'last-modified': modified })
    expect((await get(condition)).status).toBe(status)
    expect((await head(condition)).status).toBe(status)
    expect(asked).toHaveLength(1)
  })

  it('§4.3.2 compares with Date where nothing tells of the last change', async () => {
    const { get, at } = await withStored()
    expect((await get({ 'if-modified-since': at(0) })).status).toBe(304)
    expect((await get({ 'if-modified-since': at(-1) })).status).toBe(200)
  })

  it('RFC 9110 §13.2.1 ignores conditions where the answer is no 2xx', async () => {
    const { get } = await withStored({ etag: '"a"' }, 404)
    expect((await get({ 'if-none-match': '"a"' })).status).toBe(404)
  })

  it.each(['if-match', 'if-unmodified-since'])('§4.3.2 leaves %s to the origin', async (name) => {
    const { get, asked } = await withStored({ etag: '"a"', 'last-modified': modified })
    await get({ [name]: name === 'if-match' ? '"a"' : modified })
    expect(asked[1]?.headers.has(name)).toBe(true)
  })

  it('RFC 9110 §15.4.5 a 304 has what caches go by, and nothing of a body', async () => {
    const { get } = await withStored({
      etag: '"a"',
      vary: 'X-A',
      'content-location': '/b',
      expires: later,
      'cache-tag': 't',
    })
    const { headers, text } = await get({ 'if-none-match': '"a"' })
    for (const name of ['cache-control', 'content-location', 'date', 'etag', 'expires', 'vary', 'age']) {
      expect(headers.has(name)).toBe(true)
    }
    for (const name of ['content-length', 'content-type', 'cache-tag']) expect(headers.has(name)).toBe(false)
    expect(text).toBe('')
  })

  it('a first request with a condition brings the whole for others, and is judged by it', async () => {
    const { get, asked, answer, replies } = setUp()
    replies(() => answer({ 'cache-control': 'max-age=60', etag: '"a"' }))
    expect((await get({ 'if-none-match': '"a"' })).status).toBe(304)
    expect(asked[0]?.headers.has('if-none-match')).toBe(false)
    expect((await get()).text).toBe('body 1')
    expect(asked).toHaveLength(1)
  })
})

describe('parts of what is stored', () => {
  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=4-', '456789', 'bytes 4-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-30', '0123456789', 'bytes 0-9/10'],
    ['bytes=8-30', '89', 'bytes 8-9/10'],
    ['BYTES=0-0', '0', 'bytes 0-0/10'],
    ['bytes=0-0, 90-', '0', 'bytes 0-0/10'],
  ])('RFC 9110 §14 %s', async (range, text, contentRange) => {
    const { get, asked } = await withStored({ etag: '"a"' })
    const got = await get({ range })
    expect([got.status, got.text]).toEqual([206, text])
    expect(got.headers.get('content-range')).toBe(contentRange)
    expect(got.headers.get('content-length')).toBe(String(text.length))
    expect(got.headers.get('etag')).toBe('"a"')
    expect(asked).toHaveLength(1)
  })

  it.each([
    'items=0-3',
    'bytes=',
    'bytes=a-b',
    'bytes=3-1',
    'bytes=-',
    'bytes=0-9,0-9',
    `bytes=${'0-0,'.repeat(17)}`,
  ])('RFC 9110 §14.2 ignores %s', async (range) => {
    const { get } = await withStored()
    const { status, text } = await get({ range })
    expect([status, text]).toEqual([200, '0123456789'])
  })

  it.each(['bytes=10-', 'bytes=-0', 'bytes=20-30,40-'])(
    'RFC 9110 §15.5.17 refuses %s with the length',
    async (range) => {
      const { get } = await withStored()
      await expect(get({ range })).rejects.toMatchObject({
        ...{ status: 416, code: 'range_not_satisfiable' },
        headers: { 'content-range': 'bytes */10' },
      })
    },
  )

  it('RFC 9110 §14.6 several parts are multipart/byteranges', async () => {
    const { get } = await withStored()
    const { status, headers, text } = await get({ range: 'bytes=0-1, -2' })
    const boundary = /^multipart\/byteranges; boundary=(.+)$/.exec(headers.get('content-type') ?? '')?.[1]
    expect(status).toBe(206)
    const part = (range: string, body: string) =>
      `\r\n--${boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes ${range}/10\r\n\r\n${body}`
    expect(text).toBe(`${part('0-1', '01')}${part('8-9', '89')}\r\n--${boundary}--\r\n`)
    expect(headers.get('content-length')).toBe(String(text.length))
    expect(headers.has('content-range')).toBe(false)
  })

  it.each([
    [{ etag: '"a"' }, '"a"', 206],
    [{ etag: '"b"' }, '"a"', 200],
    [{ etag: 'W/"a"' }, 'W/"a"', 200],
    [{ 'last-modified': modified }, modified, 206],
    [{ 'last-modified': modified }, later, 200],
    [{ 'last-modified': modified, date: modified }, modified, 200],
  ])('§4.3.2, RFC 9110 §13.1.5 stored %o with If-Range %s is %i', async (headers, ifRange, status) => {
    const { get } = await withStored({ ...(headers as Fields), 'cache-control': 'max-age=9999999' })
    expect((await get({ range: 'bytes=0-3', 'if-range': ifRange })).status).toBe(status)
  })

  it('RFC 9110 §14.2 judges conditions before parts, and gives HEAD no part', async () => {
    const { get, head } = await withStored({ etag: '"a"' })
    expect((await get({ range: 'bytes=0-3', 'if-none-match': '"a"' })).status).toBe(304)
    expect((await head({ range: 'bytes=0-3' })).status).toBe(200)
  })

  it('gives a part of what was stale, once it is validated', async () => {
    const { get, pass, replies, answer, asked } = await withStored({ etag: '"a"' })
    pass(61)
    replies(() => answer({ etag: '"a"' }, 304))
    const { status, text } = await get({ range: 'bytes=0-3' })
    expect([status, text]).toEqual([206, '0123'])
    expect(asked[1]?.headers.has('range')).toBe(false)
  })
})
