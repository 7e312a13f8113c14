import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonValue } from './json.ts'
import { isJsonObject } from './json-equal.ts'
import { mergePatch } from './merge-patch.ts'

/** RFC 7396, appendix A: original, patch, result. */
const vectors: [JsonValue, JsonValue, JsonValue][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
]

const names = fc.oneof(
  fc.constantFrom('a', 'b', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '0', ''),
  fc.string(),
)
const json: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<JsonValue>(null, true, 0, 1.5, '', 'text'),
    fc.array(tie('value'), { maxLength: 3 }),
    // JSON.parse makes `__proto__` a plain member, as it would come over the wire.
    fc
      .array(fc.tuple(names, tie('value')), { maxLength: 4 })
      .map((members) => Object.fromEntries(members) as JsonValue),
  ),
})).value

/** As text: a member named `constructor` misleads the comparison of objects. */
const expectSame = (value: JsonValue, expected: JsonValue): void =>
  expect(JSON.stringify(value)).toBe(JSON.stringify(expected))

const copy = (value: JsonValue): JsonValue => JSON.parse(JSON.stringify(value))

/** The algorithm of RFC 7396 section 2, word by word, on lists of members instead of objects. */
const byTheBook = (target: JsonValue | undefined, patch: JsonValue): JsonValue => {
  if (!isJsonObject(patch)) return patch
  let members = isJsonObject(target) ? Object.entries(target) : []
  for (const [name, value] of Object.entries(patch)) {
    const old = members.find(([known]) => known === name)
    if (value === null) members = members.filter(([known]) => known !== name)
    else if (old) members = members.map((m) => (m === old ? [name, byTheBook(old[1], value)] : m))
    else members = [...members, [name, byTheBook(undefined, value)]]
  }
  return Object.fromEntries(members)
}

const holdsNoNulls = (value: JsonValue): boolean =>
  !isJsonObject(value) || Object.values(value).every((part) => part !== null && holdsNoNulls(part))

const nested = (depth: number, innermost: JsonValue): JsonValue => {
  let value = innermost
  for (let i = 0; i < depth; i++) value = { a: value }
  return value
}

describe('mergePatch', () => {
  it.each(vectors)('RFC 7396: %j patched with %j is %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toStrictEqual(result)
  })

  it('does what the RFC writes down, whatever the documents', () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        expectSame(mergePatch(target, patch), byTheBook(target, patch))
      }),
    )
  })

  it('changes neither target nor patch', () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const before = JSON.stringify([target, patch])
        mergePatch(target, patch)
        expect(JSON.stringify([target, patch])).toBe(before)
      }),
    )
  })

  it('gives the same again where the patch is applied twice', () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const once = mergePatch(target, patch)
        expectSame(mergePatch(once, patch), once)
      }),
    )
  })

  it('an empty object changes no object, and a document without nulls patched over nothing is itself', () => {
    fc.assert(
      fc.property(json, (value) => {
        if (isJsonObject(value)) expectSame(mergePatch(value, {}), value)
        if (holdsNoNulls(value)) expectSame(mergePatch(undefined, value), value)
      }),
    )
  })

  it('never reaches a prototype: such names are plain members', () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const merged = mergePatch(copy(target), copy(patch))
        const everyObject = (value: JsonValue): void => {
          if (Array.isArray(value)) value.forEach(everyObject)
          if (!isJsonObject(value)) return
          expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
          Object.values(value).forEach(everyObject)
        }
        everyObject(merged)
      }),
    )
    const evil = JSON.parse(
      '{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}',
    )
    const merged = mergePatch(JSON.parse('{"__proto__": {"kept": 1}}'), evil) as Record<string, unknown>
    expect(JSON.stringify(merged)).toBe(
      '{"__proto__":{"kept":1,"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    )
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(mergePatch({ a: 1 }, JSON.parse('{"__proto__": null}'))).toStrictEqual({ a: 1 })
  })

  it('goes as deep as documents may be nested: 1000 levels', () => {
    const merged = mergePatch(nested(1000, { kept: 1, gone: 1 }), nested(1000, { gone: null, added: 2 }))
    expectSame(merged, nested(1000, { kept: 1, added: 2 }))
  })
})
