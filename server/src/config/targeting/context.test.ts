import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketOf } from '../../../../contract/bucket-of.ts'
import { contextOf, readContext } from './context.ts'
import { anyValues, attributes } from './rules.fixture.ts'

const all = [
  'appVersion',
  'beta',
  'bucket',
  'country',
  'engine',
  'language',
  'osVersion',
  'plan',
  'platform',
  'seats',
]
const read = (query: string, wanted = all) => readContext(new URLSearchParams(query), wanted, attributes)

describe('the context of a query', () => {
  it('has each attribute as rules compare it', () => {
    const query =
      'platform=iPadOS&appVersion=v2.3&osVersion=17&country=de&language=de_AT.UTF-8,en&bucket=1234&plan=Free&seats=2.5&beta=TRUE&engine=3'
    expect(read(query)).toEqual({
      context: {
        ...{ platform: 'ios', appVersion: '2.3.0', osVersion: '17.0.0', country: 'DE' },
        ...{ language: ['de-AT', 'en'], bucket: 1234 },
        custom: { plan: 'Free', seats: 2.5, beta: true, engine: '3.0.0' },
      },
      warnings: [],
    })
  })

  it('ignores what is malformed, and names it, because an app in the field cannot be mended', () => {
    const query =
      'platform=%00&appVersion=latest&osVersion=&country=Germany&language=!&seats=many&beta=yes&plan=x'
    expect(read(query)).toEqual({
      context: { custom: { plan: 'x' } },
      warnings: ['appVersion', 'beta', 'country', 'language', 'platform', 'seats'],
    })
    expect(read(`plan=${'x'.repeat(257)}`)).toEqual({ context: {}, warnings: ['plan'] })
    expect(read('seats=1e999')).toEqual({ context: {}, warnings: ['seats'] })
  })

  it('looks at what is wanted alone', () => {
    expect(read('platform=ios&bucket=x&appVersion=latest&other=1', ['platform'])).toEqual({
      context: { platform: 'ios' },
      warnings: [],
    })
    expect(read('platform=ios', [])).toEqual({ context: {}, warnings: [] })
    expect(read('undeclared=1&constructor=2', ['undeclared', 'constructor'])).toEqual({
      context: {},
      warnings: [],
    })
  })

  it('is Great Britain for UK, as everybody says it', () => {
    expect(read('country=uk').context).toEqual({ country: 'GB' })
  })

  it.each(['', '-1', '10000', '1.5', '01', 'x', ' 1'])('is refused with the bucket %j', (bucket) => {
    const asked = () => read(`bucket=${encodeURIComponent(bucket)}`)
    expect(asked).toThrow(expect.objectContaining({ code: 'invalid_parameter', status: 400 }))
    expect(asked).toThrow('bucket')
  })

  it('is refused with two buckets', () => {
    expect(() => read('bucket=1&bucket=1')).toThrow('given once')
  })
})

describe('the context in JSON', () => {
  it('is that of the query with the same texts', () => {
    const texts = fc.dictionary(fc.constantFrom(...all.filter((name) => name !== 'bucket')), fc.string())
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 9999 }), (values, bucket) => {
        const query = new URLSearchParams({ ...values, bucket: String(bucket) })
        const wellFormed = Object.fromEntries(query)
        expect(contextOf({ ...wellFormed, bucket }, attributes)).toEqual(readContext(query, all, attributes))
      }),
    )
  })

  it('takes numbers, booleans and lists of languages, and null for nothing', () => {
    expect(
      contextOf(
        {
          appVersion: 2,
          seats: 5,
          beta: false,
          plan: 7,
          language: ['de', 'en'],
          country: null,
          bucket: '12',
          other: {},
        },
        attributes,
      ),
    ).toEqual({
      context: {
        ...{ appVersion: '2.0.0', language: ['de', 'en'], bucket: 12 },
        custom: { seats: 5, beta: false, plan: '7' },
      },
      warnings: [],
    })
    expect(contextOf({ platform: {}, seats: [1], beta: 2 }, attributes)).toEqual({
      context: {},
      warnings: ['beta', 'platform', 'seats'],
    })
  })

  it('has the bucket of the targeting key where it has none of its own', () => {
    expect(contextOf({ targetingKey: 'install-1' }, {}).context).toEqual({
      ...{ targetingKey: 'install-1', bucket: bucketOf('install-1') },
    })
    expect(contextOf({ targetingKey: 'install-1', bucket: 3 }, {}).context).toMatchObject({ bucket: 3 })
    expect(contextOf({ targetingKey: '' }, {}).context).toEqual({})
  })

  it('is read whatever the values are, but for the bucket', () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        expect(contextOf(values, attributes).warnings).toEqual(expect.any(Array))
      }),
    )
    for (const bucket of [-1, 1.5, 10_000, 'x', {}, true]) {
      expect(() => contextOf({ bucket }, {})).toThrow(expect.objectContaining({ code: 'invalid_parameter' }))
    }
  })
})
