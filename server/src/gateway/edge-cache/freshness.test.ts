import { describe, expect, it } from 'vitest'
import { outcomeOf, type Row, setUp } from './edge-cache.fixture.ts'

const tag = { etag: '"a"' }
const says = (text: string, more = {}) => ({ answer: { 'cache-control': text, ...tag, ...more } })
const modified = { 'last-modified': '{-1000}' }
const rows: Row[] = [
  ['4.2', 'is fresh while its lifetime is more than its age', { ...says('max-age=60'), after: 59 }, 'reused'],
  [
    '4.2',
    'is stale when its age has reached its lifetime',
    { ...says('max-age=60'), after: 60 },
    'validated',
  ],
  [
    '4.2',
    'takes a date of any case',
    { answer: { ...tag, expires: 'thu, 01 jan 2026 12:10:00 gmt' } },
    'reused',
  ],
  [
    '4.2',
    'takes a date with another zone than GMT for none',
    { answer: { ...tag, expires: 'Thu, 01 Jan 2026 12:10:00 CET' } },
    'validated',
  ],
  [
    '4.2',
    'reads dates as UTC, wherever it runs: RFC 850',
    { answer: { ...tag, expires: 'Thursday, 01-Jan-26 12:10:00 GMT' } },
    'reused',
  ],
  [
    '4.2',
    'reads dates as UTC, wherever it runs: asctime',
    { answer: { ...tag, expires: 'Thu Jan  1 12:10:00 2026' } },
    'reused',
  ],
  ['4.2.1', 'goes by s-maxage before max-age', { ...says('max-age=1, s-maxage=60'), after: 30 }, 'reused'],
  [
    '4.2.1',
    'goes by s-maxage before max-age, also where it is shorter',
    { ...says('max-age=60, s-maxage=1'), after: 30 },
    'validated',
  ],
  [
    '4.2.1',
    'goes by max-age before Expires',
    { ...says('max-age=60', { expires: '{-1}' }), after: 30 },
    'reused',
  ],
  [
    '4.2.1',
    'goes by Expires minus Date, not by its own clock',
    { answer: { ...tag, date: '{-10}', expires: '{+20}' }, after: 15 },
    'reused',
  ],
  [
    '4.2.1',
    'goes by Expires minus Date: over',
    { answer: { ...tag, date: '{-10}', expires: '{+20}' }, after: 21 },
    'validated',
  ],
  ['4.2.1', 'goes by the first of two max-age', { ...says('max-age=60, max-age=1'), after: 30 }, 'reused'],
  [
    '4.2.1',
    'goes by the first of two max-age, be it shorter',
    { ...says('max-age=1, max-age=60'), after: 30 },
    'validated',
  ],
  ['4.2.1', 'honours the stricter of max-age and no-cache', says('max-age=60, no-cache'), 'validated'],
  [
    '4.2.1',
    'honours no-cache for all before no-cache for a field',
    says('no-cache="x", max-age=60, no-cache'),
    'validated',
  ],
  ['4.2.1', 'takes a max-age that is no number for stale', says('max-age=abc'), 'validated'],
  ['4.2.1', 'takes a negative max-age for stale', says('max-age=-60'), 'validated'],
  ['4.2.1', 'takes a fraction for stale', says('max-age=60.5'), 'validated'],
  ['4.2.1', 'takes a max-age without a number for stale', says('max-age'), 'validated'],
  ['4.2.1', 'takes a blank before the number for stale', says('max-age= 60'), 'validated'],
  [
    '4.2.1',
    'takes invalid Expires for stale, even with an old Last-Modified',
    { answer: { ...modified, expires: '0' } },
    'validated',
  ],
  [
    '1.2.2',
    'takes more seconds than it can count for very many',
    { ...says('max-age=99999999999999999999'), after: 100_000 },
    'reused',
  ],
  [
    '4.2.2',
    'is fresh for a tenth of the time since Last-Modified',
    { answer: modified, after: 99 },
    'reused',
  ],
  ['4.2.2', 'is fresh for no more than a tenth', { answer: modified, after: 101 }, 'validated'],
  [
    '4.2.2',
    'is fresh by a heuristic for no more than a day',
    { answer: { 'last-modified': '{-99999999}' }, after: 86_401 },
    'validated',
  ],
  [
    '4.2.2',
    'uses no heuristic where a lifetime is told',
    { ...says('max-age=1', modified), after: 50 },
    'validated',
  ],
  ['4.2.2', 'uses no heuristic without Last-Modified', { answer: tag }, 'validated'],
  [
    '4.2.2',
    'uses a heuristic for other statuses only where they are public',
    { answer: { ...modified, 'cache-control': 'public' }, status: 403, after: 50 },
    'reused',
  ],
  [
    '4.2.2',
    'uses no heuristic where Last-Modified lies in the future',
    { answer: { 'last-modified': '{+1000}' } },
    'validated',
  ],
  [
    '4.2.3',
    'counts the age that an answer came with',
    { ...says('max-age=60', { age: '50' }), after: 11 },
    'validated',
  ],
  [
    '4.2.3',
    'counts the time since Date where that is more',
    { ...says('max-age=60', { date: '{-50}' }), after: 11 },
    'validated',
  ],
  [
    '4.2.3',
    'takes a Date in the future for now',
    { ...says('max-age=60', { date: '{+50}' }), after: 59 },
    'reused',
  ],
  [
    '5.1',
    'goes by the first of several Age',
    { ...says('max-age=60', { age: '10, 100' }), after: 20 },
    'reused',
  ],
  ['5.1', 'ignores an Age that is no number', { ...says('max-age=60', { age: 'abc' }), after: 20 }, 'reused'],
  ['5.1', 'ignores a negative Age', { ...says('max-age=60', { age: '-7200' }), after: 61 }, 'validated'],
  ['4.2.4', 'gives nothing stale of its own accord', { ...says('max-age=1'), after: 2 }, 'validated'],
  [
    '4.2.4',
    'gives nothing stale with no-cache',
    { ...says('max-age=1, no-cache'), second: { 'cache-control': 'max-stale' }, after: 2 },
    'validated',
  ],
  [
    '4.2.4',
    'gives nothing stale with must-revalidate',
    { ...says('max-age=1, must-revalidate'), second: { 'cache-control': 'max-stale' }, after: 2 },
    'validated',
  ],
  [
    '4.2.4',
    'gives nothing stale with proxy-revalidate',
    { ...says('max-age=1, proxy-revalidate'), second: { 'cache-control': 'max-stale' }, after: 2 },
    'validated',
  ],
  [
    '4.2.4',
    'gives nothing stale with s-maxage',
    { ...says('s-maxage=1'), second: { 'cache-control': 'max-stale' }, after: 2 },
    'validated',
  ],
  [
    '4.2.4',
    'gives something stale where the client allows it',
    { ...says('max-age=1'), second: { 'cache-control': 'max-stale' }, after: 2 },
    'reused',
  ],
]

describe('freshness', () => {
  it.each(rows)('§%s %s', async (_section, _requirement, given, expected) => {
    expect(await outcomeOf(given)).toBe(expected)
  })

  it('§4.2.3 counts the time that an answer was on its way', async () => {
    const { get, answer, replies, pass, asked } = setUp()
    replies(() => {
      pass(10)
      return answer({ 'cache-control': 'max-age=60', age: '5' })
    })
    await get()
    expect((await get()).headers.get('age')).toBe('15')
    pass(45)
    await get()
    expect(asked).toHaveLength(2)
  })

  it('§4.2.3 begins anew with a validation', async () => {
    const { get, answer, replies, pass } = setUp()
    replies((_, count) => answer({ 'cache-control': 'max-age=60', etag: '"a"' }, count === 1 ? 200 : 304))
    await get()
    pass(70)
    expect((await get()).headers.get('age')).toBe('0')
    pass(7)
    expect((await get()).headers.get('age')).toBe('7')
  })

  it('§4, §5.1 tells the age of what is stored, instead of the Age that it came with', async () => {
    const { get, answer, replies, pass } = setUp()
    replies(() => answer({ 'cache-control': 'max-age=60', age: '5' }))
    expect((await get()).headers.get('age')).toBe('5')
    pass(7)
    expect((await get()).headers.get('age')).toBe('12')
  })

  it.each([{}, { date: 'today' }])(
    '§4.2.3, RFC 9110 §6.6.1 dates an answer that has no Date: %j',
    async (given) => {
      const { get, at, replies, pass } = setUp()
      const date = at(0)
      replies(() => new Response('x', { headers: { 'cache-control': 'max-age=60', ...given } }))
      await get()
      pass(7)
      const { headers } = await get()
      expect([headers.get('date'), headers.get('age')]).toEqual([date, '7'])
    },
  )
})
