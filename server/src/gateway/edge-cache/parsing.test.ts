import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readRanges } from './byte-ranges.ts'
import { parseDictionary } from './parse-dictionary.ts'
import { fieldsOf, parseDirectives, parseSeconds, secondsOf } from './parse-directives.ts'

describe('Cache-Control', () => {
  const name = fc.stringMatching(/^[a-z][a-z-]{0,8}$/)
  const argument = fc.option(fc.stringMatching(/^[\x20-\x7e]{0,10}$/), { nil: undefined })

  it('reads back whatever is written', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, argument), { selector: ([one]) => one }), (given) => {
        const written = given.map(([one, value]) =>
          value === undefined ? one : `${one}="${value.replace(/["\\]/g, '\\$&')}"`,
        )
        const read = parseDirectives(written.join(' , '))
        expect([...read]).toEqual(given.map(([one, value]) => [one, value ?? true]))
      }),
    )
  })

  it('reads anything without failing', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseDirectives(text)))
  })

  it.each([
    ['max-age=10', 10],
    ['max-age="10"', 10],
    ['max-age=010', 10],
    ['max-age=x', null],
    ['max-age', null],
    ['max-age=', null],
    ['', undefined],
  ])('%s is %s seconds', (text, seconds) => {
    expect(secondsOf(parseDirectives(text), 'max-age')).toBe(seconds)
  })

  it('names fields in lower case', () => {
    expect(fieldsOf(parseDirectives('private="A, b ,,C"'), 'private')).toEqual(['a', 'b', 'c'])
    expect(fieldsOf(parseDirectives('private'), 'private')).toEqual([])
    expect(parseSeconds('1e3')).toBeNull()
  })
})

describe('structured dictionaries', () => {
  it.each([
    ['', []],
    ['a', [['a', { kind: 'boolean', value: true }]]],
    ['a=?0', [['a', { kind: 'boolean', value: false }]]],
    [
      'a=1, b=-2.5',
      [
        ['a', { kind: 'integer', value: 1 }],
        ['b', { kind: 'decimal', value: -2.5 }],
      ],
    ],
    ['a="x\\"y"', [['a', { kind: 'string', value: 'x"y' }]]],
    ['a=tok/en:*', [['a', { kind: 'token', value: 'tok/en:*' }]]],
    ['a=:aGk=:', [['a', { kind: 'bytes', value: 'aGk=' }]]],
    ['a=@1659578233', [['a', { kind: 'date', value: 1_659_578_233 }]]],
    ['a=%"f%c3%bc"', [['a', { kind: 'display', value: 'f%c3%bc' }]]],
    [
      'a=(1 "b");p=1',
      [
        [
          'a',
          {
            kind: 'list',
            items: [
              { kind: 'integer', value: 1 },
              { kind: 'string', value: 'b' },
            ],
          },
        ],
      ],
    ],
    [
      'a=1;x;y=2,\tb',
      [
        ['a', { kind: 'integer', value: 1 }],
        ['b', { kind: 'boolean', value: true }],
      ],
    ],
    ['a=1, a=2', [['a', { kind: 'integer', value: 2 }]]],
  ])('reads %s', (text, members) => {
    expect([...(parseDictionary(text) ?? ['malformed'])]).toEqual(members)
  })

  it.each([
    'a=',
    'A',
    'a=1,',
    ',a',
    'a b',
    'a=1.',
    'a=1234567890123456',
    'a="x',
    'a="\u00e9"',
    'a=(1',
    'a=(1"b")',
    'a=?2',
    'a=1;;',
    'a=;b',
    '=1',
    'a=:?:',
  ])('refuses %s as a whole', (text) => expect(parseDictionary(text)).toBeNull())

  it('reads anything without failing', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseDictionary(text)))
  })
})

describe('ranges', () => {
  const range = fc.oneof(
    fc.tuple(fc.nat(40), fc.nat(40)).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc.nat(40).map((first) => `${first}-`),
    fc.nat(40).map((last) => `-${last}`),
  )

  it('are within the body, and just those that the RFC makes of the text', () => {
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 4 }), fc.nat(30), (texts, length) => {
        const read = readRanges(`bytes=${texts.join(',')}`, length)
        const wanted = texts.flatMap((text) => {
          const [first = '', last = ''] = text.split('-')
          const from = first === '' ? Math.max(0, length - Number(last)) : Number(first)
          const to = first === '' || last === '' ? length - 1 : Math.min(Number(last), length - 1)
          return from <= to ? [{ first: from, last: to }] : []
        })
        const total = wanted.reduce((sum, { first, last }) => sum + last - first + 1, 0)
        expect(read).toEqual(wanted.length === 0 ? 'none' : total > length ? 'whole' : wanted)
      }),
    )
  })
})
