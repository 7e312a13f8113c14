import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonValue } from '../../../../contract/json.ts'
import { mergePatch } from '../../../../contract/merge-patch.ts'
import { checkBatch } from './check-batch.ts'

type Said = { data: object; overrides?: { name: string; data: object }[] }

const batchOf = (schema: object, layers: readonly Said[], appId = 'app') => ({
  layers: layers.map(({ data, overrides }) => ({
    data: JSON.stringify(data),
    ...(overrides && { overrides: JSON.stringify(overrides) }),
  })),
  schemas: [{ appId: 'app', text: JSON.stringify(schema) }],
  configs: [{ appId, layers: [...layers.keys()], schemas: [0], partial: false }],
})
const told = (schema: object, ...layers: Said[]): string[] => {
  const [verdict] = checkBatch(batchOf(schema, layers))
  return (verdict?.findings ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`)
}
const over = (name: string, data: object) => ({ name, data })

describe('overrides of a config', () => {
  const schema = {
    required: ['title'],
    properties: { title: { type: 'string', maxLength: 5 }, theme: { type: 'object' } },
  }

  test('that break the schema are told by their place in the version and by name', () => {
    const overrides = [
      over('fits', { title: 'Short' }),
      over('none', { title: null }),
      over('long', { title: 'Too long', theme: 'flat' }),
    ]
    expect(told(schema, { data: { title: 'Shop' }, overrides })).toEqual([
      '/overrides/1/data/title is missing (override none)',
      '/overrides/2/data/title must NOT have more than 5 characters (override long)',
      '/overrides/2/data/theme must be object, and is string (override long)',
    ])
  })

  test('of a template are told by name, at the place in the data', () => {
    const template = { data: { title: 'Base' }, overrides: [over('flat', { theme: { flat: true } })] }
    const exclusive = { ...schema, properties: { theme: { maxProperties: 1 } } }
    expect(told(exclusive, template, { data: {} })).toEqual([])
    expect(told(exclusive, template, { data: { theme: { dark: true } } })).toEqual([
      '/data/theme must NOT have more than 1 properties (with the override flat of a template laid over it)',
    ])
  })

  test('of a template count no more where the app has one of their name', () => {
    const template = { data: { title: 'Base' }, overrides: [over('one', { title: 1 })] }
    expect(told(schema, template, { data: {} })).toHaveLength(1)
    expect(told(schema, template, { data: {}, overrides: [over('one', { title: 'App' })] })).toEqual([])
    expect(told(schema, template, { data: {}, overrides: [over('one', { title: 2 })] })).toEqual([
      '/overrides/0/data/title must be string, and is number (override one)',
    ])
  })

  test('that fit one by one are checked together too', () => {
    const overrides = [over('a', { a: 1 }), over('b', { b: 1 })]
    expect(told({ maxProperties: 1 }, { data: {}, overrides })).toEqual([
      '/data must NOT have more than 1 properties (with all overrides laid over it)',
    ])
    expect(told({ maxProperties: 2 }, { data: {}, overrides })).toEqual([])
  })

  test('are not blamed for what is wrong without them', () => {
    expect(told(schema, { data: {}, overrides: [over('a', { theme: 1 })] })).toEqual([
      '/data/title is missing',
    ])
  })

  test('are told 20 times at most, and how many more there are', () => {
    const overrides = Array.from({ length: 30 }, (_, at) => over(`o${at}`, { title: 1 }))
    const [verdict] = checkBatch(batchOf(schema, [{ data: { title: 'x' }, overrides }]))
    expect(verdict?.findings).toHaveLength(20)
    expect(verdict?.more).toBe(10)
  })

  test('name the schema of a template too', () => {
    const [verdict] = checkBatch(
      batchOf(schema, [{ data: { title: 'x' }, overrides: [over('a', { theme: 1 })] }], 'other'),
    )
    expect(verdict?.findings).toEqual([
      {
        pointer: '/overrides/0/data/theme',
        detail: 'must be object, and is number (override a) (schema of app)',
      },
    ])
  })

  test('are checked just as the data that they make would be', () => {
    const name = fc.constantFrom('a', 'b')
    const data = fc.dictionary(name, fc.constantFrom(0, 'x', null, { a: 1 }), {
      maxKeys: 2,
      noNullPrototype: true,
    })
    const rule = fc.constantFrom<object>(
      { required: ['a'] },
      { maxProperties: 1 },
      { properties: { a: { type: 'number' } } },
      { properties: { b: { required: ['a'] } } },
    )
    fc.assert(
      fc.property(rule, data, data, (one, base, own) => {
        fc.pre(told(one, { data: base }).length === 0)
        const merged = mergePatch(base as JsonValue, own as JsonValue) as object
        const expected = told(one, { data: merged }).map((line) => `/overrides/0${line} (override o)`)
        expect(told(one, { data: base, overrides: [over('o', own)] })).toEqual(expected)
      }),
    )
  })
})
