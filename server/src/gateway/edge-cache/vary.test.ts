import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { outcomeOf, type Row, setUp } from './edge-cache.fixture.ts'
import { normalised } from './vary.ts'

const by = (vary: string, first: Record<string, string>, second: Record<string, string>) => ({
  answer: { 'cache-control': 'max-age=60', vary },
  ...{ first, second },
})
const rows: Row[] = [
  ['4.1', 'reuses where the named header is the same', by('X-A', { 'x-a': '1' }, { 'x-a': '1' }), 'reused'],
  ['4.1', 'does not where it differs', by('X-A', { 'x-a': '1' }, { 'x-a': '2' }), 'fetched'],
  ['4.1', 'does not where it is absent the second time', by('X-A', { 'x-a': '1' }, {}), 'fetched'],
  ['4.1', 'does not where it was absent the first time', by('X-A', {}, { 'x-a': '1' }), 'fetched'],
  ['4.1', 'reuses where it is absent both times', by('X-A', {}, {}), 'reused'],
  ['4.1', 'takes an empty header for another than none', by('X-A', { 'x-a': '' }, {}), 'fetched'],
  ['4.1', 'compares names without regard to case', by('x-A', { 'X-a': '1' }, { 'X-A': '1' }), 'reused'],
  [
    '4.1',
    'looks at all named headers',
    by('X-A, X-B', { 'x-a': '1', 'x-b': '1' }, { 'x-a': '1', 'x-b': '2' }),
    'fetched',
  ],
  [
    '4.1',
    'ignores headers that are not named',
    by('X-A', { 'x-a': '1', 'x-c': '1' }, { 'x-a': '1', 'x-c': '2' }),
    'reused',
  ],
  ['4.1', 'never reuses with *', by('*', {}, {}), 'fetched'],
  ['4.1', 'never reuses with * among others', by('X-A, *', { 'x-a': '1' }, { 'x-a': '1' }), 'fetched'],
  [
    '4.1',
    'takes blanks in negotiation for nothing',
    by('Accept-Language', { 'accept-language': 'en, de;q=0.5' }, { 'accept-language': 'en,de; q=0.5' }),
    'reused',
  ],
  [
    '4.1',
    'takes codings in another order for the same',
    by('Accept-Encoding', { 'accept-encoding': 'gzip, br' }, { 'accept-encoding': 'br,gzip' }),
    'reused',
  ],
  [
    '4.1',
    'takes other weights for another wish',
    by('Accept-Encoding', { 'accept-encoding': 'gzip, br' }, { 'accept-encoding': 'gzip, br;q=0.5' }),
    'fetched',
  ],
  [
    '4.1',
    'takes languages in any case for the same',
    by('Accept-Language', { 'accept-language': 'en-GB' }, { 'accept-language': 'EN-gb' }),
    'reused',
  ],
  [
    '4.1',
    'takes codings that are malformed for no others',
    by('Accept-Encoding', { 'accept-encoding': 'gzip' }, { 'accept-encoding': 'gzip;x=1;q=0' }),
    'fetched',
  ],
  ['4.1', 'keeps the case of what may have one', by('X-A', { 'x-a': 'a' }, { 'x-a': 'A' }), 'fetched'],
  ['4.1', 'stores what varies by a cookie for who has none', by('Cookie', {}, {}), 'reused'],
  ['4.1', 'keeps no cookie to compare with', by('Cookie', { cookie: 'a=b' }, { cookie: 'a=b' }), 'fetched'],
  [
    '4.1',
    'keeps no key to compare with',
    {
      answer: { 'cache-control': 'public, max-age=60', vary: 'Authorization' },
      first: { authorization: 'Bearer k' },
    },
    'fetched',
  ],
]

describe('Vary', () => {
  it.each(rows)('§%s %s', async (_section, _requirement, given, expected) => {
    expect(await outcomeOf(given)).toBe(expected)
  })

  it('§4.1 keeps several answers of one address', async () => {
    const { get, answer, replies, asked } = setUp()
    replies((request) =>
      answer({ 'cache-control': 'max-age=60', vary: 'X-A' }, 200, `for ${request.headers.get('x-a')}`),
    )
    for (const value of ['1', '2', '3', '1', '2', '3']) {
      expect((await get({ 'x-a': value })).text).toBe(`for ${value}`)
    }
    expect(asked).toHaveLength(3)
  })

  it('§4.1 keeps each content coding of the upstream, and gives the bytes as they came', async () => {
    const { get, answer, replies, asked } = setUp()
    replies((request) => {
      const isBr = request.headers.get('accept-encoding')?.includes('br')
      const headers = { 'cache-control': 'max-age=60', vary: 'Accept-Encoding' }
      return answer(isBr ? { ...headers, 'content-encoding': 'br' } : headers, 200, isBr ? '\u0001' : 'plain')
    })
    for (let turn = 0; turn < 2; turn += 1) {
      const { headers, text } = await get({ 'accept-encoding': 'gzip, br' })
      expect([headers.get('content-encoding'), text]).toEqual(['br', '\u0001'])
      expect((await get()).text).toBe('plain')
    }
    expect(asked).toHaveLength(2)
  })

  it('§4.1, §4 gives the most recent of several that fit', async () => {
    const { get, answer, replies, at, pass } = setUp()
    const headers = { 'cache-control': 'max-age=600' }
    replies(() => answer({ ...headers, vary: 'X-A', date: at(-5) }, 200, 'older'))
    await get({ 'x-a': '1', 'x-b': '1' })
    pass(1)
    replies(() => answer({ ...headers, vary: 'X-B' }, 200, 'newer'))
    await get({ 'x-a': '2', 'x-b': '2' })
    expect((await get({ 'x-a': '1', 'x-b': '2' })).text).toBe('newer')
  })

  it('§4.1 gives what says by what it varies before what forgot to', async () => {
    const { get, answer, replies } = setUp()
    replies(() => answer({ 'cache-control': 'max-age=60', vary: 'X-A' }, 200, 'varied'))
    await get({ 'x-a': '1' })
    replies(() => answer({ 'cache-control': 'max-age=60' }, 200, 'plain'))
    await get({ 'x-a': '2' })
    expect((await get({ 'x-a': '1' })).text).toBe('varied')
  })

  it('§4.1 asks the upstream where none fits, and says so', async () => {
    const { get, answer, replies } = setUp()
    replies(() => answer({ 'cache-control': 'max-age=60', vary: 'X-A' }))
    await get({ 'x-a': '1' })
    expect((await get({ 'x-a': '2' })).headers.get('cache-status')).toContain('fwd=vary-miss')
  })

  it('keeps a bounded number of answers for one address', async () => {
    const { get, answer, replies, cache } = setUp()
    replies(() => answer({ 'cache-control': 'max-age=60', vary: 'X-A' }))
    for (let value = 0; value < 100; value += 1) await get({ 'x-a': String(value) })
    expect(cache.size().entries).toBe(32)
  })
})

describe('Accept-Encoding written in one way', () => {
  const coding = fc.tuple(
    fc.constantFrom('gzip', 'br', 'zstd', 'deflate', '*', 'identity'),
    fc.constantFrom('', ';q=0.5', '; q=1', ';q=0'),
  )
  const list = fc.uniqueArray(coding, { selector: ([name]) => name })

  it('is the same in any order, and stays what it is', () => {
    fc.assert(
      fc.property(list, fc.infiniteStream(fc.nat()), (codings, keys) => {
        const written = codings.map(([name, weight]) => `${name}${weight}`)
        const shuffled = written
          .map((text) => [keys.next().value ?? 0, text] as const)
          .sort(([a], [b]) => a - b)
          .map(([, text]) => text)
        const one = normalised('accept-encoding', written.join(', ')) ?? ''
        expect(normalised('accept-encoding', shuffled.join(','))).toBe(one)
        expect(normalised('accept-encoding', one)).toBe(one)
      }),
    )
  })

  it('tells any two apart that differ in more', () => {
    fc.assert(
      fc.property(list, list, (a, b) => {
        const meaning = (codings: typeof a) =>
          JSON.stringify(codings.map(([name, weight]) => [name, weight.replace('; q=1', '')]).sort())
        const write = (codings: typeof a) =>
          normalised('accept-encoding', codings.map(([name, weight]) => name + weight).join(','))
        expect(write(a) === write(b)).toBe(meaning(a) === meaning(b))
      }),
    )
  })
})
