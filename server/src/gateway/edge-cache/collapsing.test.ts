import { afterEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '../../../../contract/problems.ts'
import { longFresh, setUp } from './edge-cache.fixture.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** An upstream whose answers arrive when a test says so, each by its number from 0. */
const withPending = () => {
  const all = setUp()
  const waiting: { resolve: (response: Response) => void; reject: (error: unknown) => void }[] = []
  all.replies(() => new Promise((resolve, reject) => waiting.push({ resolve, reject })))
  return {
    ...all,
    arrives: (place: number, response: Response) => waiting[place]?.resolve(response),
    fails: (place: number, error: unknown) => waiting[place]?.reject(error),
  }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('requests for the same while it is on its way', () => {
  it('§4 are one exchange, and tell so', async () => {
    const { get, asked, arrives, answer, cache } = withPending()
    const all = [get(), get({ 'if-none-match': '"a"' }), get({ range: 'bytes=0-3' })]
    arrives(0, answer({ ...longFresh, etag: '"a"' }))
    const got = await Promise.all(all)
    expect(got.map(({ status }) => status)).toEqual([200, 304, 206])
    expect(got.map(({ headers }) => headers.get('cache-status'))).toEqual([
      'parasol; fwd=uri-miss; fwd-status=200; stored',
      'parasol; fwd=uri-miss; collapsed',
      'parasol; fwd=uri-miss; collapsed',
    ])
    expect(asked).toHaveLength(1)
    expect(cache.size()).toMatchObject({ misses: 1, collapsed: 2, stored: 1 })
  })

  it('are one exchange also where something stale is validated', async () => {
    const { get, asked, arrives, answer, pass } = withPending()
    const first = get()
    arrives(0, answer({ ...longFresh, etag: '"a"' }))
    await first
    pass(61)
    const all = [get(), get(), get()]
    arrives(1, answer({ ...longFresh, etag: '"a"' }, 304))
    expect((await Promise.all(all)).map(({ text }) => text)).toEqual(['body 1', 'body 1', 'body 1'])
    expect(asked).toHaveLength(2)
  })

  it.each([
    ['answers that are for one client', { 'cache-control': 'private, max-age=60' }],
    ['answers that must be validated', { 'cache-control': 'no-cache', etag: '"a"' }],
  ])('§4 do not share %s, and then do not wait any more', async (_what, headers) => {
    const { get, asked, arrives, answer } = withPending()
    const all = [get(), get(), get()]
    arrives(0, answer(headers))
    await turn()
    expect(asked).toHaveLength(3)
    for (const place of [1, 2]) arrives(place, answer(headers))
    await Promise.all(all)
    const more = [get(), get()]
    expect(asked).toHaveLength(5)
    for (const place of [3, 4]) arrives(place, answer(headers))
    await Promise.all(more)
  })

  it('wait again for each other once the memory of that is over', async () => {
    const { get, asked, arrives, answer, pass } = withPending()
    const first = get()
    arrives(0, answer({ 'cache-control': 'private' }))
    await first
    pass(11)
    const all = [get(), get()]
    expect(asked).toHaveLength(2)
    arrives(1, answer(longFresh))
    await Promise.all(all)
  })

  it('go on with their conditions where they are not shared', async () => {
    const { get, asked, arrives, answer } = withPending()
    const first = get()
    arrives(0, answer({ 'cache-control': 'private' }))
    await first
    const second = get({ 'if-none-match': '"a"' })
    expect(asked[1]?.headers.get('if-none-match')).toBe('"a"')
    arrives(1, answer({ etag: '"a"' }, 304))
    expect((await second).status).toBe(304)
  })

  it.each([
    ['are authenticated', { authorization: 'Bearer k' }],
    ['want nothing stored', { 'cache-control': 'no-store' }],
    ['want nothing unvalidated', { 'cache-control': 'no-cache' }],
  ])('do not wait where they %s', async (_what, headers) => {
    const { get, asked, arrives, answer } = withPending()
    const all = [get(), get(headers)]
    expect(asked).toHaveLength(2)
    for (const place of [0, 1]) arrives(place, answer(longFresh))
    await Promise.all(all)
  })

  it('ask for themselves where Vary makes the answer another', async () => {
    const { get, asked, arrives, answer } = withPending()
    const all = [get({ 'x-a': '1' }), get({ 'x-a': '2' })]
    arrives(0, answer({ ...longFresh, vary: 'X-A' }, 200, 'for 1'))
    await turn()
    arrives(1, answer({ ...longFresh, vary: 'X-A' }, 200, 'for 2'))
    expect((await Promise.all(all)).map(({ text }) => text)).toEqual(['for 1', 'for 2'])
    expect(asked).toHaveLength(2)
  })

  it('share the failure of the upstream, and the next asks again', async () => {
    const { get, asked, fails, arrives, answer } = withPending()
    const all = Promise.allSettled([get(), get(), get()])
    fails(0, new Problem('upstream_unavailable'))
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(asked).toHaveLength(1)
    const next = get()
    arrives(1, answer(longFresh))
    expect((await next).status).toBe(200)
  })

  it('ask one more time for all where the upstream answers that it fails, and then hear so', async () => {
    const { get, asked, arrives, answer } = withPending()
    const all = Array.from({ length: 20 }, () => get())
    const rest = Promise.allSettled(all.slice(2))
    arrives(0, answer({}, 503, 'down'))
    expect((await all[0])?.text).toBe('down')
    await turn()
    expect(asked).toHaveLength(2)
    arrives(1, answer({}, 500, 'still down'))
    expect((await all[1])?.text).toBe('still down')
    const told = await rest
    expect(new Set(told.map((one) => one.status === 'rejected' && one.reason.code))).toEqual(
      new Set(['upstream_failed']),
    )
    expect(asked).toHaveLength(2)
    const next = get()
    arrives(2, answer(longFresh))
    expect((await next).status).toBe(200)
  })

  it('are answered by one of them where it failed at what another brought', async () => {
    const { get, asked, arrives, answer } = withPending()
    const bad = get({ 'x-bad': '1' })
    const others = [get(), get(), get()]
    arrives(0, answer({}, 500, 'bad'))
    await bad
    await turn()
    arrives(1, answer(longFresh, 200, 'good'))
    expect((await Promise.all(others)).map(({ text }) => text)).toEqual(['good', 'good', 'good'])
    expect(asked).toHaveLength(2)
  })

  it('are given something older where the upstream fails and that may be, without asking more', async () => {
    const { get, asked, arrives, answer, pass } = withPending()
    const first = get()
    arrives(0, answer({ 'cache-control': 'max-age=10, stale-if-error=600' }, 200, 'old'))
    await first
    pass(11)
    const all = [get(), get(), get()]
    arrives(1, answer({}, 503))
    expect((await Promise.all(all)).map(({ text }) => text)).toEqual(['old', 'old', 'old'])
    expect(asked).toHaveLength(2)
  })

  it('do not fail because the client went away for whom it was asked; one of them asks for all', async () => {
    const { cache, upstream, get, asked, fails, arrives, answer } = withPending()
    const leaving = new AbortController()
    const request = new Request('http://shop.example/a', { signal: leaving.signal })
    const first = Promise.resolve(cache.fetch(request, { upstream })).catch(() => 'gone')
    const others = [get(), get(), get()]
    leaving.abort()
    fails(0, new Error('aborted'))
    await turn()
    expect(await first).toBe('gone')
    expect(asked).toHaveLength(2)
    arrives(1, answer(longFresh))
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([200, 200, 200])
    expect(asked).toHaveLength(2)
  })

  it('wait for a slow one only so long; then one of them asks for all', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { get, asked, arrives, answer } = withPending()
    const slow = get()
    const others = [get(), get()]
    await vi.advanceTimersByTimeAsync(3_000)
    expect(asked).toHaveLength(2)
    arrives(1, answer(longFresh, 200, 'quick'))
    expect((await Promise.all(others)).map(({ text }) => text)).toEqual(['quick', 'quick'])
    arrives(0, answer(longFresh, 200, 'slow'))
    expect((await slow).text).toBe('slow')
  })

  it('wait for two slow ones at most', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { get, asked, arrives, answer } = withPending()
    const all = [get(), get(), get(), get()]
    await vi.advanceTimersByTimeAsync(3_000)
    expect(asked).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(3_000)
    expect(asked).toHaveLength(4)
    for (const place of [0, 1, 2, 3]) arrives(place, answer(longFresh))
    await Promise.all(all)
  })

  it('refresh something stale once, however many are answered meanwhile', async () => {
    const { get, asked, arrives, answer, pass } = withPending()
    const first = get()
    const headers = { 'cache-control': 'max-age=10, stale-while-revalidate=60' }
    arrives(0, answer(headers, 200, 'old'))
    await first
    pass(20)
    for (let count = 0; count < 3; count += 1) expect((await get()).text).toBe('old')
    expect(asked).toHaveLength(2)
    arrives(1, answer(headers, 200, 'new'))
    await turn()
    expect((await get()).text).toBe('new')
  })
})
