import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesTag, parseHttpDate } from './conditional.ts'

describe('If-None-Match', () => {
  const tag = '"42.1-br"'
  it.each([
    [tag],
    ['*'],
    [' * '],
    [`W/${tag}`],
    [`"a", ${tag}`],
    [`"a",W/"b" , W/${tag}`],
    [`"with, comma", ${tag}`],
    [`,, ${tag},`],
  ])('matches %s', (header) => {
    expect(matchesTag(header, tag)).toBe(true)
    expect(matchesTag(header, `W/${tag}`)).toBe(true)
  })

  it.each([
    [''],
    ['"42.1"'],
    ['42.1-br'],
    ['"42.1-br'],
    ['"x42.1-br"'],
    ['"*"'],
    ['"a, 42.1-br"'],
    ['w/"42.1"'],
  ])('does not match %s', (header) => {
    expect(matchesTag(header, tag)).toBe(false)
    expect(matchesTag(header, `W/${tag}`)).toBe(false)
  })

  it('finds a tag at any place of any list, strong or weak', () => {
    const opaque = fc.stringMatching(/^[\x21\x23-\x7e]{0,12}$/).map((text) => `"${text}"`)
    const entry = fc.tuple(fc.constantFrom('', 'W/'), opaque)
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), entry, fc.nat(6), (others, wanted, at) => {
        const list = [...others.slice(0, at), wanted, ...others.slice(at)]
          .map((parts) => parts.join(''))
          .join(', ')
        expect(matchesTag(list, wanted[1])).toBe(true)
      }),
    )
  })

  it('finds no tag that is not in the list', () => {
    const opaque = fc.stringMatching(/^[a-z,]{0,8}$/).map((text) => `"${text}"`)
    fc.assert(
      fc.property(fc.array(opaque, { maxLength: 6 }), opaque, (others, wanted) => {
        fc.pre(!others.includes(wanted))
        expect(matchesTag(others.join(', '), wanted)).toBe(false)
      }),
    )
  })
})

describe('HTTP-date', () => {
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT'],
    ['Sunday, 06-Nov-94 08:49:37 GMT'],
    ['Sun Nov  6 08:49:37 1994'],
    ['sun, 06 nov 1994 08:49:37 gmt'],
  ])('reads %s', (text) => expect(parseHttpDate(text)).toBe(784_111_777))

  it.each([
    [''],
    ['now'],
    ['1994-11-06'],
    ['784111777'],
    ['Sun, 06 Nov 1994 08:49:37 CET'],
    ['Sun, 99 Nov 1994 08:49:37 GMT'],
    ['Tue, 31 Nov 1994 08:49:37 GMT'],
    ['Sun, 06 Nov 1994 24:00:00 GMT'],
    ['Sun, 06 Nov 1994 08:60:00 GMT'],
  ])('takes %s for no date', (text) => expect(parseHttpDate(text)).toBeNull())

  it('takes two digits for the year that is at most 50 ahead', () => {
    const now = new Date().getUTCFullYear()
    for (const years of [-49, 0, 50]) {
      const year = now + years
      const digits = String(year % 100).padStart(2, '0')
      expect(parseHttpDate(`Sunday, 06-Nov-${digits} 08:49:37 GMT`)).toBe(
        Date.UTC(year, 10, 6, 8, 49, 37) / 1_000,
      )
    }
  })

  it('reads back every date that toUTCString writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), (seconds) => {
        expect(parseHttpDate(new Date(seconds * 1_000).toUTCString())).toBe(seconds)
      }),
    )
  })
})
