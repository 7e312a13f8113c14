import { describe, expect, it } from 'vitest'
import { setUp } from './edge-cache.fixture.ts'

const tagged = (tags: Record<string, string>) => ({ 'cache-control': 'max-age=60', etag: '"a"', ...tags })

describe('purging by tag', () => {
  it.each([
    ['cache-tag', 'app-a, app-b,app-c'],
    ['surrogate-key', 'app-a app-b app-c'],
    ['xkey', 'app-a app-b  app-c'],
  ])('finds each tag of %s', async (name, value) => {
    for (const tag of ['app-a', 'app-b', 'app-c']) {
      const { get, cache, answer, replies } = setUp()
      replies(() => answer(tagged({ [name]: value })))
      await get()
      await get({}, '/b')
      expect(cache.purge(['app-', 'app'])).toBe(0)
      expect(cache.purge([tag])).toBe(2)
      expect(cache.purge([tag])).toBe(0)
      expect(cache.size()).toMatchObject({ bytes: 0, entries: 0, purged: 2 })
      expect((await get()).text).toBe('body 3')
    }
  })

  it('leaves what has other tags, or none', async () => {
    const { get, cache, answer, replies } = setUp()
    replies((request) => answer(tagged(request.url.endsWith('a') ? { 'cache-tag': 'a' } : {})))
    await get({}, '/a')
    await get({}, '/b')
    expect(cache.purge(['a'])).toBe(1)
    expect(cache.size().entries).toBe(1)
  })

  it('drops everything at once', async () => {
    const { get, cache } = setUp()
    for (const url of ['/a', '/b', '/c']) await get({}, url)
    cache.purgeAll()
    expect(cache.size()).toMatchObject({ bytes: 0, entries: 0, purged: 3 })
    expect((await get()).text).toBe('body 4')
  })
})

/** An answer that arrives only when told to. */
const withPending = () => {
  const all = setUp()
  const waiting: ((response: Response) => void)[] = []
  all.replies(() => new Promise((resolve) => waiting.push(resolve)))
  const arrives = (place: number, body: string, status = 200) =>
    waiting[place]?.(all.answer(tagged({ 'cache-tag': 'app-a' }), status, body))
  return { ...all, arrives }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('a purge while an answer is on its way', () => {
  it.each([
    ['its tag', (cache: ReturnType<typeof setUp>['cache']) => cache.purge(['app-a'])],
    ['all', (cache: ReturnType<typeof setUp>['cache']) => cache.purgeAll()],
  ])('of %s: the answer is not stored', async (_what, purge) => {
    const { get, cache, arrives, asked } = withPending()
    const old = get()
    purge(cache)
    arrives(0, 'old')
    expect((await old).text).toBe('old')
    const next = get()
    arrives(1, 'new')
    expect((await next).text).toBe('new')
    expect((await get()).text).toBe('new')
    expect(asked).toHaveLength(2)
  })

  it('of another tag changes nothing', async () => {
    const { get, cache, arrives, asked } = withPending()
    const first = get()
    cache.purge(['app-b'])
    arrives(0, 'good')
    await first
    expect((await get()).text).toBe('good')
    expect(asked).toHaveLength(1)
  })

  it('who asked after it is not given what was asked for before', async () => {
    const { get, cache, arrives, asked } = withPending()
    const before = get()
    cache.purge(['app-a'])
    const after = [get(), get()]
    arrives(0, 'old')
    expect((await before).text).toBe('old')
    await turn()
    expect(asked).toHaveLength(2)
    arrives(1, 'new')
    expect((await Promise.all(after)).map(({ text }) => text)).toEqual(['new', 'new'])
  })

  it('while its body is on its way: it is not stored', async () => {
    const { get, cache, answer, replies } = setUp()
    let finish = (): void => {}
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        controller.enqueue(Buffer.from('first '))
        finish = () => {
          controller.enqueue(Buffer.from('last'))
          controller.close()
        }
      },
    })
    replies(() => new Response(body, { headers: answer(tagged({ 'cache-tag': 'app-a' })).headers }))
    const old = get()
    await turn()
    cache.purge(['app-a'])
    finish()
    expect((await old).text).toBe('first last')
    expect(cache.size().entries).toBe(0)
  })

  it('while it is validated: the 304 does not bring it back', async () => {
    const { get, cache, arrives, pass } = withPending()
    const first = get()
    arrives(0, 'old')
    await first
    pass(61)
    const validating = get()
    cache.purge(['app-a'])
    arrives(1, '', 304)
    expect((await validating).text).toBe('old')
    expect(cache.size().entries).toBe(0)
  })

  it('and of answers that overtake each other: what was asked for later stays', async () => {
    const { get, arrives, pass } = withPending()
    const earlier = get()
    pass(1)
    const later = get({ 'cache-control': 'no-cache' })
    arrives(1, 'newer')
    await later
    arrives(0, 'older')
    expect((await earlier).text).toBe('older')
    expect((await get()).text).toBe('newer')
  })

  it('and of a 304 that comes late: what took the place of the stored answer stays', async () => {
    const { get, arrives, pass } = withPending()
    const first = get()
    arrives(0, 'old')
    await first
    pass(61)
    const validating = get()
    pass(1)
    const later = get({ 'cache-control': 'no-cache' })
    arrives(2, 'new')
    await later
    arrives(1, '', 304)
    expect((await validating).text).toBe('old')
    expect((await get()).text).toBe('new')
  })

  it('remembers nothing of purges once nothing is on its way', async () => {
    const { get, cache, arrives } = withPending()
    cache.purge(['app-a'])
    const first = get()
    arrives(0, 'new')
    await first
    expect(cache.size().entries).toBe(1)
  })
})

describe('distrust', () => {
  it('validates everything before its next use, and once', async () => {
    const { get, cache, answer, replies, asked } = setUp()
    replies(({ headers }) => answer(tagged({}), headers.has('if-none-match') ? 304 : 200))
    await get()
    cache.distrust()
    expect((await get()).text).toBe('body 1')
    expect(asked[1]?.headers.get('if-none-match')).toBe('"a"')
    await get()
    expect(asked).toHaveLength(2)
  })

  it('allows nothing stale meanwhile', async () => {
    const { get, cache, answer, replies } = setUp()
    replies(() => answer({ 'cache-control': 'max-age=60, stale-while-revalidate=60' }))
    await get()
    cache.distrust()
    expect((await get()).text).toBe('body 2')
  })

  it('also concerns what is on its way', async () => {
    const { get, cache, arrives, asked } = withPending()
    const first = get()
    cache.distrust()
    arrives(0, 'perhaps old')
    await first
    const next = get()
    expect(asked).toHaveLength(2)
    arrives(1, 'new')
    expect((await next).text).toBe('new')
  })

  it('gives what is stored where the upstream fails and it is fresh', async () => {
    const { get, cache, answer, replies } = setUp()
    replies((_, count) => (count === 1 ? answer(tagged({})) : answer({}, 503)))
    await get()
    cache.distrust()
    expect((await get()).text).toBe('body 1')
  })
})
