import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkBatch } from './check-batch.ts'

const check = (schema: object, data: unknown, { partial = false, appId = 'app' } = {}) => {
  const [verdict] = checkBatch({
    layers: [{ data: JSON.stringify(data) }],
    schemas: [{ appId: 'app', text: JSON.stringify(schema) }],
    configs: [{ appId, layers: [0], schemas: [0], partial }],
  })
  return verdict
}
const told = (schema: object, data: unknown) =>
  check(schema, data)?.findings.map(({ pointer, detail }) => `${pointer} ${detail}`)

describe('what does not fit is told at the key it is about', () => {
  test.each<[string, object, unknown, string[]]>([
    ['a key that is missing', { required: ['a/b'] }, {}, ['/data/a~1b is missing']],
    ['a key no object is born with', { required: ['toString'] }, {}, ['/data/toString is missing']],
    [
      'a key that another needs',
      { dependentRequired: { a: ['b'] } },
      { a: 1 },
      ['/data/b is missing, and is needed where there is "a"'],
    ],
    [
      'a key too many',
      { properties: { a: { additionalProperties: false } } },
      { a: { b: 1 } },
      ['/data/a/b is not a key that the schema allows'],
    ],
    [
      'a key that nothing has looked at',
      { allOf: [{ properties: { a: true } }], unevaluatedProperties: false },
      { a: 1, b: 1 },
      ['/data/b is not a key that the schema allows'],
    ],
    [
      'another type',
      { properties: { a: { type: ['string', 'null'] } } },
      { a: [] },
      ['/data/a must be string or null, and is array'],
    ],
    [
      'another value',
      { properties: { a: { enum: [1, 2] }, b: { const: 'x' } } },
      { a: 3, b: 3 },
      ['/data/a must be one of [1,2]', '/data/b must be "x"'],
    ],
    [
      'a text',
      { properties: { a: { pattern: '^b' }, c: { format: 'email' } } },
      { a: 'a', c: 'c' },
      ['/data/a must match the pattern "^b"', '/data/c must be written as the format "email"'],
    ],
    [
      'no alternative',
      { properties: { a: { anyOf: [{ type: 'null' }, { minimum: 3 }] } } },
      { a: 1 },
      [
        '/data/a must be null, and is number',
        '/data/a must be >= 3',
        '/data/a fits none of the alternatives that the schema gives (anyOf)',
      ],
    ],
    [
      'two alternatives',
      { oneOf: [{}, {}] },
      {},
      ['/data fits more than one of the alternatives, numbers 0 and 1 (oneOf)'],
    ],
    [
      'what is ruled out',
      { not: { required: ['a'] } },
      { a: 1 },
      ['/data is what the schema rules out (not)'],
    ],
    [
      'an item twice',
      { properties: { a: { uniqueItems: true } } },
      { a: [1, { b: 1 }, { b: 1 }] },
      ['/data/a has the same item twice, at 1 and 2'],
    ],
    [
      'a name',
      { propertyNames: { maxLength: 1 } },
      { ab: 1 },
      ['/data must NOT have more than 1 characters', '/data/ab has a name that the schema does not allow'],
    ],
    ['anything', { properties: { a: false } }, { a: 1 }, ['/data/a is not allowed at all']],
  ])('%s', (_, schema, data, expected) => {
    expect(told(schema, data)).toEqual(expected)
  })

  test('20 findings at most, and how many more there are', () => {
    const verdict = check(
      { additionalProperties: { type: 'string' } },
      Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`key${i}`, 1])),
    )
    expect(verdict?.findings).toHaveLength(20)
    expect(verdict?.more).toBe(30)
  })

  test('whose schema it is, where it is that of a template', () => {
    expect(check({ required: ['a'] }, {}, { appId: 'other' })?.findings).toEqual([
      { pointer: '/data/a', detail: 'is missing (schema of app)' },
    ])
  })

  test('a schema that a later version of the server cannot use any more, as such', () => {
    expect(told({ type: 'foo' }, {})).toEqual([expect.stringContaining('/data cannot be checked')])
  })

  test.each([
    ['$async', { $async: true, properties: { a: { type: 'string' } } }],
    ['$async within', { properties: { a: { $async: true, type: 'string' } } }],
    ['$async, empty', { $async: true }],
    ['nullable', { properties: { a: { type: 'string', nullable: true } } }],
  ])('a schema that was stored with %s, as one that cannot be used', (_, schema) => {
    for (const partial of [false, true]) {
      expect(check(schema, { a: 1 }, { partial })?.findings).toEqual([
        { pointer: '/data', detail: expect.stringMatching(/^cannot be checked.*(\$async|nullable)/) },
      ])
    }
  })
})

describe('a schema that refers to itself holds at every depth', () => {
  const tree = (more: object, reference: object) => ({
    ...more,
    properties: { value: { type: 'number' }, next: reference },
    unevaluatedProperties: false,
  })
  test.each<[string, object]>([
    ['as #', tree({}, { $ref: '#' })],
    ['as #, with a name', tree({ $id: 'https://a/b' }, { $ref: '#' })],
    ['as #, from a definition', tree({ $defs: { a: { $ref: '#' } } }, { $ref: '#/$defs/a' })],
    ['by its anchor', tree({ $anchor: 'top' }, { $ref: '#top' })],
    ['by its anchor, with a name', tree({ $id: 'https://a/b', $anchor: 'top' }, { $ref: '#top' })],
    ['by its dynamic anchor', tree({ $dynamicAnchor: 'top' }, { $ref: '#top' })],
    ['dynamically', tree({ $dynamicAnchor: 'top' }, { $dynamicRef: '#top' })],
    ['dynamically, as #', tree({}, { $dynamicRef: '#' })],
  ])('%s', (_, schema) => {
    const broken = { value: 1, next: { value: 2, next: { value: 'x', extra: 1 } } }
    expect(told(schema, broken)?.sort()).toEqual([
      '/data/next/next/extra is not a key that the schema allows',
      '/data/next/next/value must be number, and is string',
    ])
    expect(told(schema, { value: 1, next: { value: 2, next: {} } })).toEqual([])
    expect(check(schema, broken, { partial: true })?.findings).toEqual([
      { pointer: '/data/next/next/value', detail: 'must be number, and is string' },
    ])
  })

  test('and a dynamic reference to another place means that place', () => {
    const schema = {
      properties: { a: { $dynamicRef: '#/$defs/text' }, b: { $dynamicRef: '#text' } },
      $defs: { text: { $anchor: 'text', type: 'string' } },
    }
    expect(told(schema, { a: 1, b: 'x' })).toEqual(['/data/a must be string, and is number'])
    expect(told(schema, { a: 'x', b: 1 })).toEqual(['/data/b must be string, and is number'])
  })

  test('until it never ends', () => {
    const schema = conditional({ required: ['a'] }, { $ref: '#' }, {})
    expect(told(schema, { b: 1 })).toEqual([])
    expect(told(schema, { a: 1 })).toEqual(['/data leads the schema round and round, or too deep'])
  })
})

test('checks the data that the layers make together, each app by its own', () => {
  const batch = {
    layers: [{ a: 1, b: { c: 1, d: 1 } }, { b: { c: 2 } }, { a: null }, { a: 'x' }].map((data) => ({
      data: JSON.stringify(data),
    })),
    schemas: [
      {
        appId: 'app',
        text: JSON.stringify({
          required: ['a'],
          properties: { a: { type: 'number' }, b: { const: { c: 2, d: 1 } } },
        }),
      },
    ],
    configs: [[0, 1], [0, 1, 2], [0, 1, 3], [0]].map((layers) => ({
      appId: 'app',
      layers,
      schemas: [0],
      partial: false,
    })),
  }
  expect([...checkBatch(batch)].map(({ findings }) => findings.map(({ pointer }) => pointer))).toEqual([
    [],
    ['/data/a'],
    ['/data/a'],
    ['/data/b'],
  ])
})

describe('of data that others complete', () => {
  test.each<[string, object, unknown]>([
    [
      'missing keys',
      { required: ['a'], properties: { b: { required: ['c'], minProperties: 1 } } },
      { b: {} },
    ],
    ['keys that others need', { dependentRequired: { a: ['b'] } }, { a: 1 }],
    ['alternatives that only missing keys decide', { oneOf: [{ required: ['a'] }, { required: ['b'] }] }, {}],
    [
      'conditions on what is missing',
      conditional({ properties: { a: { const: 1 } } }, { properties: { b: { minimum: 5 } } }, {}),
      { b: 1 },
    ],
    [
      'keys that only a condition looks at',
      { ...conditional({ required: ['a'] }, { properties: { b: true } }, {}), unevaluatedProperties: false },
      { b: 1 },
    ],
  ])('%s are allowed', (_, schema, data) => {
    expect(check(schema, data, { partial: true })?.findings).toEqual([])
    expect(check(schema, data)?.findings).not.toEqual([])
  })

  test('all else is checked', () => {
    const schema = { required: ['z'], properties: { a: { type: 'string' } }, additionalProperties: false }
    const { findings = [] } = check(schema, { a: 1, b: 1 }, { partial: true }) ?? {}
    expect(findings.map(({ pointer }) => pointer)).toEqual(['/data/b', '/data/a'])
  })

  test('no part of what fits is refused', () => {
    const leaf = fc.constantFrom({ type: 'number' }, { type: 'string' }, { minimum: 1 }, { enum: [1, 'a'] })
    const { schema } = fc.letrec<{ schema: object }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.record({
          properties: fc.dictionary(name, tie('schema'), { maxKeys: 3 }),
          required: fc.array(name, { maxLength: 2 }).map((all) => [...new Set(all)]),
        }),
        fc.record({ oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
        fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
        fc.record({ not: tie('schema') }),
        fc.tuple(tie('schema'), tie('schema'), tie('schema')).map((all) => conditional(...all)),
        fc.record({ additionalProperties: tie('schema'), minProperties: fc.nat(2) }),
        fc.record({
          properties: fc.dictionary(name, tie('schema'), { maxKeys: 2 }),
          unevaluatedProperties: fc.constant(false),
        }),
      ),
    }))
    fc.assert(
      fc.property(schema, data, fc.infiniteStream(fc.boolean()), (one, whole, keeps) => {
        fc.pre(check(one, whole)?.findings.length === 0)
        const part = thinned(whole, keeps)
        expect(check(one, part, { partial: true })?.findings).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})

/** Written out, an object with `then` would look like a promise. */
const conditional = (...schemas: [when: object, yes: object, no: object]): object =>
  Object.fromEntries(['if', 'then', 'else'].map((keyword, place) => [keyword, schemas[place]]))

const name = fc.constantFrom('a', 'b', 'c')
const { data } = fc.letrec<{ data: Record<string, unknown> }>((tie) => ({
  data: fc.dictionary(name, fc.oneof({ maxDepth: 2 }, fc.constantFrom(0, 1, 'a', null), tie('data')), {
    maxKeys: 3,
  }),
}))

/** The same with some keys left out, at any depth. */
const thinned = (whole: unknown, keeps: Iterator<boolean>): unknown =>
  typeof whole === 'object' && whole !== null
    ? Object.fromEntries(
        Object.entries(whole).flatMap(([key, value]) =>
          keeps.next().value ? [[key, thinned(value, keeps)]] : [],
        ),
      )
    : whole
