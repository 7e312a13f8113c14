import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linearRegExp } from './compile-schema.ts'
import { keywords } from './keywords.ts'
import { vetSchema } from './vet-schema.ts'

const pointersOf = (schema: Record<string, unknown>) => vetSchema(schema).map(({ pointer }) => pointer)

describe('a schema that can be used', () => {
  test.each<[string, Record<string, unknown>]>([
    ['nothing at all', {}],
    [
      'its dialect and a name',
      { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: 'https://a/b' },
    ],
    [
      'references within, by pointer and by anchor',
      { $ref: '#/$defs/a~1b', items: { $ref: '#x' }, $defs: { 'a/b': { $anchor: 'x' } } },
    ],
    [
      'a tree of itself',
      { $dynamicAnchor: 'n', properties: { next: { $dynamicRef: '#n' } }, unevaluatedProperties: false },
    ],
    ['a reference to itself', { properties: { a: { $ref: '#' } } }],
    ['a reference to itself by anchor', { $anchor: 'top', properties: { a: { $ref: '#top' } } }],
    ['a reference to itself, and a name', { $id: 'https://a/b', $defs: { a: { items: { $ref: '#' } } } }],
    ['keywords of earlier drafts', { definitions: { a: {} }, dependencies: { a: ['b'], c: {} } }],
    [
      'words for people and other programs',
      { title: 'A', description: 'B', default: 1, examples: [1], 'x-order': 3 },
    ],
    [
      'properties with the names of keywords',
      { properties: { pattern: { type: 'string' }, $ref: { type: 'string' } } },
    ],
    ['data that looks like a schema', { enum: [{ pattern: '(?=a)' }, { $ref: 'https://example.com' }] }],
    ['formats', { properties: { a: { format: 'date-time' }, b: { format: 'uri' }, c: { format: 'ipv6' } } }],
  ])('has %s', (_, schema) => {
    expect(vetSchema(schema)).toEqual([])
  })
})

describe('a schema that cannot be used is told of at', () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ['a keyword of another shape', { properties: { 'a/b': { minimum: 'x' } } }, ['/properties/a~1b/minimum']],
    ['a keyword that is none', { properties: { a: { requird: [] } } }, ['/properties/a/requird']],
    ["Ajv's own $async", { $async: true }, ['/$async']],
    ["Ajv's own $async within", { propertyNames: { $async: false } }, ['/propertyNames/$async']],
    ['$async where no keyword looks', { $defs: { a: { $async: true } } }, ['/$defs/a/$async']],
    ["OpenAPI's nullable", { items: { type: 'string', nullable: true } }, ['/items/nullable']],
    ["OpenAPI's discriminator", { discriminator: { propertyName: 'a' } }, ['/discriminator']],
    ['the limit of a format', { format: 'date', formatMinimum: '2026-01-01' }, ['/formatMinimum']],
    ['the id of draft 4', { id: 'https://a/b' }, ['/id']],
    ['a recursive reference of 2019-09', { not: { $recursiveRef: '#' } }, ['/not/$recursiveRef']],
    ['a recursive anchor of 2019-09', { $recursiveAnchor: 'a' }, ['/$recursiveAnchor']],
    ['items of 2019-09', { additionalItems: false }, ['/additionalItems']],
    ['if alone', { items: { if: {} } }, ['/items/if']],
    ['what holds for no if', Object.fromEntries([['then', {}]]), ['/then']],
    [
      'a number of what is not looked for',
      { minContains: 1, maxContains: 2 },
      ['/minContains', '/maxContains'],
    ],
    ['a dialect that is another', { $schema: 'http://json-schema.org/draft-07/schema#' }, ['/$schema']],
    ['a name within', { $defs: { a: { $id: 'https://a/b' } } }, ['/$defs/a/$id']],
    ['a reference to outside', { items: { $ref: 'https://example.com/a.json' } }, ['/items/$ref']],
    ['a reference to the meta-schema', { $ref: 'https://json-schema.org/draft/2020-12/schema' }, ['/$ref']],
    ['a reference to a file', { anyOf: [{ $dynamicRef: 'a.json#b' }] }, ['/anyOf/0/$dynamicRef']],
    ['a reference to nothing', { properties: { a: { $ref: '#/$defs/a' } } }, ['/properties/a/$ref']],
    ['a reference to a key without a name', { properties: { a: { $ref: '#/' } } }, ['/properties/a/$ref']],
    ['a dynamic reference to nothing', { items: { $dynamicRef: '#a' } }, ['/items/$dynamicRef']],
    [
      'a name given twice',
      { $anchor: 'a', $defs: { b: { $dynamicAnchor: 'a' } } },
      ['/$defs/b/$dynamicAnchor'],
    ],
    ['itself at once', { allOf: [{ $ref: '#' }] }, ['']],
    ['$async where a reference alone leads', { $ref: '#/x-a', 'x-a': { $async: true } }, ['']],
    [
      'itself, where it goes round',
      { allOf: [{ $ref: '#/$defs/a' }], $defs: { a: { $ref: '#/$defs/a' } } },
      [''],
    ],
    ['a format nobody knows', { prefixItems: [{ format: 'zip' }] }, ['/prefixItems/0/format']],
    [
      'a pattern that looks ahead',
      { additionalProperties: { pattern: '^(?=a)' } },
      ['/additionalProperties/pattern'],
    ],
    ['a pattern that looks behind', { not: { pattern: '(?<!a)b' } }, ['/not/pattern']],
    ['a pattern that refers to a group', { if: { pattern: '(a)\\1' }, else: {} }, ['/if/pattern']],
    ['a pattern that refers to a name', { contains: { pattern: '(?<n>a)\\k<n>' } }, ['/contains/pattern']],
    ['a pattern that counts too far', { items: { pattern: 'a{1001}' } }, ['/items/pattern']],
    ['a pattern for names', { patternProperties: { '(?=a)/b': {} } }, ['/patternProperties/(?=a)~1b']],
  ])('%s', (_, schema, pointers) => {
    expect(pointersOf(schema)).toEqual(pointers)
  })

  test('all places, 20 at most', () => {
    const properties = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`p${i}`, { format: 'zip' }]))
    expect(vetSchema({ properties })).toHaveLength(20)
  })
})

test('the keywords are those of the meta-schema but the two that changed their meaning', () => {
  const { schemas } = new Ajv2020()
  const named = Object.entries(schemas).flatMap(([id, env]) =>
    id.includes('2020-12') && typeof env === 'object' && typeof env.schema === 'object'
      ? Object.keys(env.schema.properties ?? {})
      : [],
  )
  expect([...keywords].sort()).toEqual(named.filter((keyword) => !keyword.startsWith('$recursive')).sort())
})

test('a pattern says the same of a text as the engine of the language', () => {
  const part = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '\\u0061', 'é', '😀', '\\.')
  const repeat = fc.constantFrom('', '*', '+', '?', '{2}', '{1,2}')
  const piece = fc.tuple(part, repeat).map((both) => both.join(''))
  const sequence = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(''))
  const group = fc.tuple(sequence, sequence, repeat).map(([one, two, times]) => `(?:${one}|${two})${times}`)
  const pattern = fc
    .tuple(fc.constantFrom('', '^'), fc.oneof(sequence, group), sequence, fc.constantFrom('', '$'))
    .map((all) => all.join(''))
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '.', 'é', '😀', '_', ' '), maxLength: 12 })
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 5 }), (source, texts) => {
      const linear = linearRegExp(source)
      const native = new RegExp(source, 'u')
      for (const one of [...texts, ...texts]) expect(linear.test(one)).toBe(native.test(one))
    }),
    { numRuns: 500 },
  )
})
