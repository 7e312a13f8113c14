import { describe, expect, it } from 'vitest'
import { Problem } from '../../../../contract/problems.ts'
import { outcomeOf, type Row, setUp } from './edge-cache.fixture.ts'

const stored = { 'cache-control': 'max-age=60', etag: '"a"' }
const asks = (text: string, after = 1) => ({ answer: stored, second: { 'cache-control': text }, after })
const says = (text: string, after = 1) => ({ answer: { 'cache-control': text, etag: '"a"' }, after })
const rows: Row[] = [
  ['5.2', 'compares names of directives without regard to case', says('MAX-AGE=60, MaX-StAlE'), 'reused'],
  ['5.2', 'takes quoted arguments too', says('max-age="60"'), 'reused'],
  [
    '5.2',
    'takes a comma in a quoted argument for no separator',
    says('x="a, no-store", max-age=60'),
    'reused',
  ],
  ['5.2', 'takes empty members for nothing', says(', ,max-age=60,,'), 'reused'],
  ['5.2.1.1', 'max-age asked: not older', asks('max-age=10', 11), 'validated'],
  ['5.2.1.1', 'max-age asked: just as old', asks('max-age=10', 10), 'reused'],
  ['5.2.1.1', 'max-age asked: nothing stale', asks('max-age=1000', 61), 'validated'],
  ['5.2.1.1', 'max-age=0 asked', asks('max-age=0', 1), 'validated'],
  [
    '5.2.1.1',
    'max-age and max-stale asked: stale, but not older than that',
    asks('max-age=1000, max-stale=1000', 61),
    'reused',
  ],
  ['5.2.1.2', 'max-stale asked: within', asks('max-stale=10', 70), 'reused'],
  ['5.2.1.2', 'max-stale asked: beyond', asks('max-stale=10', 71), 'validated'],
  ['5.2.1.2', 'max-stale asked without a number: any age', asks('max-stale', 100_000), 'reused'],
  ['5.2.1.3', 'min-fresh asked: fresh for long enough', asks('min-fresh=20', 40), 'reused'],
  ['5.2.1.3', 'min-fresh asked: not any more', asks('min-fresh=20', 41), 'validated'],
  ['5.2.1.4', 'no-cache asked', asks('no-cache'), 'validated'],
  ['5.2.1.5', 'no-store asked: what is stored may still be given', asks('no-store'), 'reused'],
  ['5.2.1.6', 'no-transform asked: nothing here transforms', asks('no-transform'), 'reused'],
  ['5.2.1.7', 'only-if-cached asked: given from the store', asks('only-if-cached'), 'reused'],
  ['5.2.1', 'unknown directives of requests are ignored', asks('x-unknown=1'), 'reused'],
  ['5.2.2.1', 'max-age', says('max-age=60', 59), 'reused'],
  ['5.2.2.2', 'must-revalidate: fresh as any', says('max-age=60, must-revalidate'), 'reused'],
  [
    '5.2.2.2',
    'must-revalidate: never stale',
    {
      answer: { 'cache-control': 'max-age=1, must-revalidate, stale-while-revalidate=60', etag: '"a"' },
      after: 2,
    },
    'validated',
  ],
  ['5.2.2.4', 'no-cache: never without validation', says('no-cache, max-age=60'), 'validated'],
  ['5.2.2.4', 'no-cache for a field: the rest may be reused', says('no-cache="x-own", max-age=60'), 'reused'],
  [
    '5.2.2.4',
    'no-cache for a field that is not named: for all',
    says('no-cache="", max-age=60'),
    'validated',
  ],
  ['5.2.2.7', 'private for a field that is not named: for all', says('private=" ,", max-age=60'), 'fetched'],
  ['5.2.2.5', 'no-store: not stored', says('no-store'), 'fetched'],
  ['5.2.2.6', 'no-transform: nothing here transforms', says('no-transform, max-age=60'), 'reused'],
  ['5.2.2.7', 'private: not stored by a shared cache', says('private, max-age=60'), 'fetched'],
  ['5.2.2.7', 'private for a field: the rest is stored', says('private="x-own", max-age=60'), 'reused'],
  [
    '5.2.2.8',
    'proxy-revalidate: never stale in a shared cache',
    says('max-age=1, proxy-revalidate, stale-while-revalidate=60', 2),
    'validated',
  ],
  [
    '5.2.2.9',
    'public: stored also for who is authenticated',
    { answer: { 'cache-control': 'public, max-age=60' }, first: { authorization: 'Bearer k' } },
    'reused',
  ],
  [
    '5.2.2.10',
    's-maxage: never stale in a shared cache',
    says('s-maxage=1, stale-while-revalidate=60', 2),
    'validated',
  ],
  ['5.2.3', 'extensions that are not known change nothing', says('max-age=60, community="UCI"'), 'reused'],
  ['5.3', 'Expires', { answer: { expires: '{+60}' }, after: 59 }, 'reused'],
  ['5.3', 'Expires that is over', { answer: { expires: '{+60}', etag: '"a"' }, after: 60 }, 'validated'],
  ['5.3', 'Expires that is no date is in the past', { answer: { expires: '0', etag: '"a"' } }, 'validated'],
  [
    '5.3',
    'Expires is ignored beside max-age',
    { answer: { expires: '{+600}', 'cache-control': 'max-age=1', etag: '"a"' }, after: 2 },
    'validated',
  ],
  [
    '5.4',
    'Pragma: no-cache asked without Cache-Control',
    { answer: stored, second: { pragma: 'no-cache' } },
    'validated',
  ],
  [
    '5.4',
    'Pragma: no-cache asked beside Cache-Control is ignored',
    { answer: stored, second: { pragma: 'no-cache', 'cache-control': 'max-age=30' } },
    'reused',
  ],
  [
    '5.4',
    'Pragma of an answer that has Cache-Control is ignored',
    { answer: { ...stored, pragma: 'no-cache' } },
    'reused',
  ],
  ['5.4', 'another Pragma is ignored', { answer: stored, second: { pragma: 'x' } }, 'reused'],
]

describe('directives', () => {
  it.each(rows)('§%s %s', async (_section, _requirement, given, expected) => {
    expect(await outcomeOf(given)).toBe(expected)
  })

  it('§5.2 passes all directives on, both ways', async () => {
    const { get, answer, replies, asked } = setUp()
    replies(() => answer({ 'cache-control': 'max-age=60, x-own="1", no-transform' }))
    const { headers } = await get({ 'cache-control': 'max-age=30, x-mine' })
    expect(asked[0]?.headers.get('cache-control')).toBe('max-age=30, x-mine')
    expect(headers.get('cache-control')).toBe('max-age=60, x-own="1", no-transform')
    expect((await get()).headers.get('cache-control')).toBe('max-age=60, x-own="1", no-transform')
  })

  it('§5.2.1.4 no-cache asked brings what is stored up to date for all', async () => {
    const { get, asked } = setUp()
    await get()
    expect((await get({ 'cache-control': 'no-cache' })).text).toBe('body 2')
    expect((await get()).text).toBe('body 2')
    expect(asked).toHaveLength(2)
  })

  it('§5.2.1.5 no-store asked: the answer is given and forgotten, what is stored stays', async () => {
    const { get, asked } = setUp()
    expect((await get({ 'cache-control': 'no-store' })).text).toBe('body 1')
    await get()
    expect((await get({ 'cache-control': 'no-store' })).text).toBe('body 2')
    expect(asked).toHaveLength(2)
  })

  it('§5.2.1.7 only-if-cached asked: 504 where nothing fits', async () => {
    const { get, asked } = setUp()
    const refused = get({ 'cache-control': 'only-if-cached' })
    await expect(refused).rejects.toThrow(Problem)
    await expect(refused).rejects.toMatchObject({ status: 504, code: 'not_in_cache' })
    expect(asked).toHaveLength(0)
  })

  it('§5.2.1.7 only-if-cached asked: 504 where what is stored is stale', async () => {
    const { get, pass } = setUp()
    await get()
    pass(61)
    await expect(get({ 'cache-control': 'only-if-cached' })).rejects.toMatchObject({ status: 504 })
    expect((await get({ 'cache-control': 'only-if-cached, max-stale' })).text).toBe('body 1')
  })

  it('§5.2.2.4, §5.2.2.7 fields that are named by no-cache or private are not given to others', async () => {
    const { get, answer, replies } = setUp()
    const told = 'max-age=60, no-cache="X-One, x-two", private="x-three"'
    replies(() =>
      answer({ 'cache-control': told, 'x-one': '1', 'x-two': '2', 'x-three': '3', 'x-four': '4' }),
    )
    await get()
    const { headers } = await get()
    expect(['x-one', 'x-two', 'x-three', 'x-four'].map((name) => headers.get(name))).toEqual([
      null,
      null,
      null,
      '4',
    ])
  })

  it('§5.2.2.2 an error, not something stale, where must-revalidate cannot be met', async () => {
    const { get, answer, replies, pass } = setUp()
    replies((_, count) => {
      if (count > 1) throw new Problem('upstream_unavailable')
      return answer({ 'cache-control': 'max-age=1, must-revalidate, stale-if-error=600', etag: '"a"' })
    })
    await get()
    pass(2)
    await expect(get()).rejects.toMatchObject({ status: 503 })
  })
})
