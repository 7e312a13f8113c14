import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noBucket, noSearch, readSearch } from './read-search.ts'

const read = (query: string) => readSearch(`http://front.example/v2/api/config/shop?${query}`)

/** Where many queries were asked before, one may have to be asked a few times until it is remembered. */
const readOften = (query: string) => {
  for (let n = 0; n < 8; n += 1) read(query)
  return read(query)
}

describe('the query of an address', () => {
  it.each([
    ['a=1&bucket=7&b=2', 7, 'a=1&&b=2'],
    ['bucket=0', 0, ''],
    ['bucket=9999&a=1', 9999, '&a=1'],
    ['a=1&bucket=7', 7, 'a=1&'],
    ['bucket=1&bucket=2', 1, '&bucket=2'],
    ['abucket=3&a_bucket=4&a=bucket=5', noBucket, 'abucket=3&a_bucket=4&a=bucket=5'],
    ['bucket=10000', noBucket, ''],
    ['bucket=012', noBucket, ''],
    ['bucket=', noBucket, ''],
    ['bucket=1e3', noBucket, 'bucket=1e3'],
    ['bucket=7+&a=1', noBucket, 'bucket=7+&a=1'],
    ['%62ucket=7', noBucket, '%62ucket=7'],
    ['', noBucket, ''],
    ['&&', noBucket, '&&'],
    [`${'&'.repeat(31)}bucket=7`, 7, '&'.repeat(31)],
    [`${'&'.repeat(32)}bucket=7`, 7, '&'.repeat(32)],
    [`${'a&'.repeat(99)}abucket=3&bucket=7&bucket=8`, 7, `${'a&'.repeat(99)}abucket=3&&bucket=8`],
    [`${'&'.repeat(99)}abucket=7`, noBucket, `${'&'.repeat(99)}abucket=7`],
  ])('%s has the bucket %d beside %s', (query, bucket, others) => {
    const search = read(query)
    expect(search.bucket).toBe(bucket)
    expect(search.shared.text).toBe(others)
    expect(search.whole).toBe(query)
  })

  it('is that of no query where there is none', () => {
    expect(readSearch('http://front.example/v1/api/config/shop')).toBe(noSearch)
    expect(noSearch.whole).toBe('')
  })

  it('is shared by devices that differ in their bucket alone, at one place of it', () => {
    const text = fc.stringMatching(/^[a-z=&%+]{0,20}$/).filter((text) => !text.includes('bucket'))
    const bucket = fc.integer({ min: 0, max: 9999 })
    fc.assert(
      fc.property(text, text, bucket, bucket, (before, after, one, other) => {
        const [a, b] = [one, other].map((bucket) => readOften(`${before}&bucket=${bucket}&${after}`))
        expect(a?.shared).toBe(b?.shared)
        expect([a?.bucket, b?.bucket]).toEqual([one, other])
      }),
    )
  })

  it('stays known as long as it is asked for, whatever others ask', () => {
    const often = readOften('a=often&bucket=1').shared
    for (let n = 0; n < 20_000; n += 1) {
      read(`b=${n}`)
      if (n % 1_000 === 0) expect(read('a=often&bucket=2').shared).toBe(often)
    }
  })

  it('is remembered in constant memory, however many are invented', () => {
    const first = readOften('a=first&bucket=1').shared
    for (let n = 0; n < 50_000; n += 1) read(`a=${n}&bucket=1`)
    expect(read('a=first&bucket=2').shared).not.toBe(first)
    const long = `a=${'x'.repeat(600)}`
    expect(read(long).shared).not.toBe(read(long).shared)
  })
})
