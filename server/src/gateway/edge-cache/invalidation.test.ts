import { describe, expect, it } from 'vitest'
import { setUp } from './edge-cache.fixture.ts'

const withStored = async (...urls: string[]) => {
  const all = setUp()
  for (const url of urls) await all.get({}, url)
  const isStored = async (url: string): Promise<boolean> => {
    const before = all.asked.length
    await all.get({}, url)
    return all.asked.length === before
  }
  return { ...all, isStored }
}

describe('invalidation', () => {
  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'M-UNKNOWN'])(
    '§4.4 %s makes its address useless',
    async (method) => {
      const { send, isStored } = await withStored('/a', '/b')
      await send('/a', { method })
      expect([await isStored('/a'), await isStored('/b')]).toEqual([false, true])
    },
  )

  it.each(['OPTIONS', 'GET', 'HEAD'])('§4.4 %s does not', async (method) => {
    const { send, isStored } = await withStored('/a')
    await send('/a', { method })
    expect(await isStored('/a')).toBe(true)
  })

  it.each([
    [200, false],
    [204, false],
    [303, false],
    [400, true],
    [404, true],
    [500, true],
  ])('§4.4 an answer %i to a change leaves it stored: %s', async (status, expected) => {
    const { send, isStored, replies, answer } = await withStored('/a')
    replies(() => answer({}, status))
    await send('/a', { method: 'POST' })
    expect(await isStored('/a')).toBe(expected)
  })

  it.each([
    ['location', '/b', false],
    ['content-location', '/b', false],
    ['location', 'http://shop.example/b', false],
    ['location', '/b#part', false],
    ['location', 'http://other.example/b', true],
    ['location', 'https://shop.example/b', true],
    ['location', 'http://shop.example:81/b', true],
    ['location', 'http://[', true],
  ])('§4.4 %s: %s leaves it stored: %s', async (name, value, expected) => {
    const { send, isStored, replies, answer } = await withStored(
      '/b',
      'http://other.example/b',
      'https://shop.example/b',
      'http://shop.example:81/b',
    )
    replies(() => answer({ [name]: value, 'cache-control': 'max-age=60' }, 201))
    await send('/a', { method: 'POST' })
    const url = URL.canParse(value, 'http://shop.example') ? new URL(value, 'http://shop.example').href : '/b'
    expect(await isStored(url.replace('#part', ''))).toBe(expected)
  })

  it('§4.4 drops it for all partitions and variants', async () => {
    const { get, send, cache, answer, replies } = setUp()
    replies(() => answer({ 'cache-control': 'max-age=60', vary: 'X-A' }))
    for (const partition of ['', 'p', 'q']) {
      for (const value of ['1', '2']) await get({ 'x-a': value }, '/a', { partition })
    }
    expect(cache.size().entries).toBe(6)
    await send('/a', { method: 'DELETE' })
    expect(cache.size().entries).toBe(0)
  })

  it('§4.4 drops what No-Vary-Search makes the same address', async () => {
    const { get, send, cache, answer, replies } = setUp()
    replies(() => answer({ 'cache-control': 'max-age=60', 'no-vary-search': 'params, except=("a")' }))
    await get({}, '/a?a=1&x=1')
    await get({}, '/a?a=2&x=1')
    await send('/a?x=9&a=1', { method: 'DELETE' })
    expect(cache.size().entries).toBe(1)
  })

  it('§4 writes through: the body goes to the upstream, and its answer to the client', async () => {
    const { send, asked, replies, answer } = setUp()
    replies(() => answer({}, 201, 'made'))
    const { status, text, headers } = await send('/a', { method: 'POST', body: 'new' })
    expect([status, text]).toEqual([201, 'made'])
    expect(headers.get('cache-status')).toBe('parasol; fwd=method')
    expect(await asked[0]?.text()).toBe('new')
  })

  it('§4.4 does not store what was asked for before the change, and came after it', async () => {
    const { get, send, asked, replies, answer, cache } = setUp()
    let arrive: (response: Response) => void = () => {}
    replies((request) =>
      request.method === 'GET'
        ? new Promise((resolve) => {
            arrive = resolve
          })
        : answer({}, 204),
    )
    const old = get()
    await send('/a', { method: 'PUT' })
    arrive(answer({ 'cache-control': 'max-age=60' }, 200, 'before'))
    expect((await old).text).toBe('before')
    expect(cache.size().entries).toBe(0)
    expect(asked).toHaveLength(2)
  })
})
