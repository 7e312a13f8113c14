import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyOfQuery, paramsOfQuery, parseKeys, readRevision, wantedOf } from './read-query.ts'

const wanted = wantedOf(['country', 'platform'])
const keyOf = (query: string): string => keyOfQuery(query, wanted).key
/** As an answer is made of it. */
const meaningOf = (query: string): string => {
  const params = paramsOfQuery(query)
  return JSON.stringify([...wanted.keys()].map((name) => params.getAll(name)))
}

describe('the key of a query', () => {
  it('is one, whatever stands beside what matters and in whatever order', () => {
    const one = keyOf('country=1&platform=ios')
    for (const query of [
      'platform=ios&country=1',
      'x=1&country=1&&=&y&platform=ios&',
      'bucket=3&platform=ios&country=1&revision=7',
    ]) {
      expect(keyOf(query), query).toBe(one)
    }
  })

  it('is another one for each value that matters, also for none and for an empty one', () => {
    const queries = [
      '',
      'country=',
      'country',
      'country=1',
      'platform=1',
      'keys=1',
      'country=1&platform=',
      'country=1&country=1',
    ]
    const keys = queries.map(keyOf)
    expect(keys[1]).toBe(keys[2])
    expect(new Set(keys).size).toBe(queries.length - 1)
  })

  it('says whether the query holds nothing else, each once and as it is', () => {
    const bare = ['', 'country=1', 'platform=ios&country=', 'keys=a&country=%31', 'country']
    expect(bare.filter((query) => !keyOfQuery(query, wanted).isBare)).toEqual([])
    const others = [
      'x=1',
      '=1',
      '&',
      'country=1&&',
      '%63ountry=1',
      'country=1&country=1',
      'bucket=1',
      '?country=1',
    ]
    expect(others.filter((query) => keyOfQuery(query, wanted).isBare)).toEqual([])
  })

  it('is never that of a query that means something else', () => {
    const queries = ['', '?country=1', 'country=1', 'country=1=', 'country=1&country=', '??country=1&x=%31']
    for (const query of queries) {
      const meant = queries.filter((other) => meaningOf(other) === meaningOf(query))
      expect(
        queries.filter((other) => keyOf(other) === keyOf(query)),
        query,
      ).toEqual(meant)
    }
  })

  it('knows a name with percent signs, and never takes two different queries for one', () => {
    expect(keyOf('%63ountry=1')).toBe(keyOf('countr%79=1'))
    const parts = fc.constantFrom(
      'country',
      'platform',
      'keys',
      '%63ountry',
      '=',
      '?',
      '&',
      '1',
      'ios',
      '%26',
      '%3D',
      '+',
      'x',
    )
    const queries = fc.array(parts, { maxLength: 12 }).map((some) => some.join(''))
    fc.assert(
      fc.property(queries, queries, (a, b) => {
        if (keyOf(a) === keyOf(b)) expect(meaningOf(a)).toBe(meaningOf(b))
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('readRevision', () => {
  it.each([
    ['', null],
    ['country=1&Revision=2', null],
    ['revision=42', 42],
    ['x=%31&revi%73ion=7', 7],
    ['?revision=7', null],
  ])('of %j is %j', (query, revision) => {
    expect(readRevision(query)).toBe(revision)
  })

  it.each([
    'revision=',
    'revision',
    'revision=0',
    'revision=-1',
    'revision=1.5',
    'revision=1&revision=1',
    'revision=9999999999999999',
  ])('refuses %j', (query) => {
    expect(() => readRevision(query)).toThrow('revision is')
  })
})

describe('parseKeys', () => {
  it('answers each path once, in one order', () => {
    expect(parseKeys(new URLSearchParams('keys=b,a.c,b'))).toEqual(['a.c', 'b'])
    expect(parseKeys(new URLSearchParams('key=b'))).toBeNull()
  })

  it.each([
    '',
    'a,,b',
    ',',
    'a&keys=b',
    'x'.repeat(2_001),
    '.a'.repeat(64),
    Array.from({ length: 101 }, (_, n) => n).join(','),
  ])('refuses keys=%.20s', (text) => {
    expect(() => parseKeys(new URLSearchParams(`keys=${text}`))).toThrow('keys must be')
  })
})
