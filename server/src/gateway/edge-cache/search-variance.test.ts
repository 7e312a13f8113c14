import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readSearch } from '../search/read-search.ts'
import { setUp } from './edge-cache.fixture.ts'
import { canonicalQuery, canonicalSearch, readSearchVariance } from './search-variance.ts'

const equal = (header: string, a: string, b: string): boolean => {
  const variance = readSearchVariance(header)
  return variance === null ? a === b : canonicalQuery(a, variance) === canonicalQuery(b, variance)
}

describe('No-Vary-Search', () => {
  it.each([
    ['params', 'a=1', 'b=2', true],
    ['params', '', 'b=2', true],
    ['params=("a")', 'a=1&b=1', 'b=1&a=2', true],
    ['params=("a")', 'a=1&b=1', 'b=2', false],
    ['params=("a")', 'b=1&c=1', 'c=1&b=1', false],
    ['params, except=("a")', 'a=1&b=1', 'a=1&b=2', true],
    ['params, except=("a")', 'a=1', 'a=2', false],
    ['params, except=("a")', 'a=1', '', false],
    ['params, except=()', 'a=1', 'b=2', true],
    ['key-order', 'a=1&b=2', 'b=2&a=1', true],
    ['key-order', 'a=1&b=2', 'b=2&a=2', false],
    ['key-order', 'a=1&a=2', 'a=2&a=1', false],
    ['key-order', 'a=1&&&', 'a=1', true],
    ['key-order', 'a', 'a=', true],
    ['key-order', 'a=%78', '%61=x', true],
    ['key-order', 'a=+', 'a=%20', true],
    ['key-order, params, except=("a" "b")', 'b=2&x=1&a=1', 'a=1&b=2', true],
    ['params=("%C3%A9+%E6%B0%97")', '%C3%A9%20%E6%B0%97=1', '', true],
    ['params, unknown=1', 'a=1', 'a=2', true],
    ['params=?1', 'a=1', 'a=2', true],
  ])('%s: %s and %s are the same: %s', (header, a, b, expected) => {
    expect(equal(header, a, b)).toBe(expected)
    expect(equal(header, b, a)).toBe(expected)
  })

  it.each([
    'unknown-key',
    'key-order="x"',
    'params="x"',
    'params=(a)',
    'params=("a"), except=("x")',
    'params=(), except=()',
    'params=?0, except=("x")',
    'params, except=(x)',
    'params, except="x"',
    'params, except=?1',
    'except=("x")',
    'except=()',
    'params=?0',
    'params=()',
    'key-order=?0',
    'params,',
    '',
  ])('%s says nothing', (header) => {
    expect(readSearchVariance(header)).toBeNull()
  })

  it('is an equivalence: what is canonical stays what it is', () => {
    const name = fc.constantFrom('a', 'b', 'c')
    const query = fc
      .array(fc.tuple(name, fc.string({ maxLength: 3 })))
      .map((pairs) => new URLSearchParams(pairs).toString())
    const header = fc.constantFrom(
      'params',
      'key-order',
      'params=("a")',
      'params, except=("a")',
      'key-order, params=("b" "c")',
    )
    fc.assert(
      fc.property(query, header, (text, said) => {
        const variance = readSearchVariance(said)
        if (!variance) throw new Error(said)
        const once = canonicalQuery(text, variance)
        expect(canonicalQuery(once, variance)).toBe(once)
      }),
    )
  })

  it('makes of a query that shares all but its bucket what it makes of the whole', () => {
    const name = fc.constantFrom('a', 'b', 'bucket', '%62ucket')
    const value = fc.constantFrom('', '1', '7', '9999', '10000', 'x', '%37', '+')
    const query = fc
      .array(fc.tuple(name, value), { maxLength: 5 })
      .map((pairs) => pairs.map((pair) => pair.join('=')).join('&'))
    const header = fc.constantFrom(
      ...['params', 'key-order', 'params=("a")', 'params=("bucket")', 'params, except=("a")'],
      ...[
        'params, except=("a" "bucket")',
        'key-order, params=("b" "bucket")',
        'key-order, params, except=()',
      ],
    )
    fc.assert(
      fc.property(query, header, (text, said) => {
        const variance = readSearchVariance(said)
        if (!variance) throw new Error(said)
        expect(canonicalSearch(readSearch(`/a?${text}`), variance)).toBe(canonicalQuery(text, variance))
      }),
      { numRuns: 1_000 },
    )
  })

  it('remembers what it made of queries in little more memory than that has letters, and nothing that is long', () => {
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const variance = readSearchVariance('params=("bucket")')
    if (!variance) throw new Error('it can be read')
    const bytesEach = (letters: number): number => {
      collect()
      const before = process.memoryUsage().heapUsed
      const searches = Array.from({ length: 1_000 }, (_, n) => {
        const search = readSearch(`/a?a=${letters}.${n}${'('.repeat(letters)}&bucket=7`)
        canonicalSearch(search, variance)
        return search
      })
      collect()
      return (process.memoryUsage().heapUsed - before) / searches.length
    }
    expect(bytesEach(100)).toBeLessThan(2_500)
    expect(bytesEach(400)).toBeLessThan(2_500)
  })

  it('answers from what is stored of another address that is the same', async () => {
    const { get, asked, answer, replies } = setUp()
    replies(() =>
      answer({ 'cache-control': 'max-age=60', 'no-vary-search': 'key-order, params, except=("v")' }),
    )
    expect((await get({}, '/a?v=1&device=1')).text).toBe('body 1')
    expect((await get({}, '/a?device=2&v=1')).text).toBe('body 1')
    expect((await get({}, '/a?v=2')).text).toBe('body 2')
    expect((await get({}, '/a')).text).toBe('body 3')
    expect((await get({}, '/b?v=1')).text).toBe('body 4')
    expect((await get({}, '/a?v=1', { partition: 'p' })).text).toBe('body 5')
    expect(asked).toHaveLength(5)
  })

  it('prefers what is stored of the very address', async () => {
    const { get, answer, replies } = setUp()
    replies((request) =>
      answer(
        {
          'cache-control': 'max-age=60',
          ...(request.url.endsWith('x') ? {} : { 'no-vary-search': 'params' }),
        },
        200,
        request.url,
      ),
    )
    await get({}, '/a?x')
    await get({}, '/a?y')
    expect((await get({}, '/a?x')).text).toMatch(/x$/)
    expect((await get({}, '/a?z')).text).toMatch(/y$/)
  })
})
