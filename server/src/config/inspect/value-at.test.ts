import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../../contract/json.ts'
import { mergePatch } from '../../../../contract/merge-patch.ts'
import { cutOut, namesOf, valueAt } from './value-at.ts'

const names = fc.constantFrom('a', 'b', '0', '1', '__proto__', 'toString')
const json: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom<JsonValue>(null, 1, 'text'),
    fc.array(tie('value'), { maxLength: 2 }),
    fc
      .array(fc.tuple(names, tie('value')), { maxLength: 3 })
      .map((members) => Object.fromEntries(members) as JsonValue),
  ),
})).value
const objects = fc
  .array(fc.tuple(names, json), { maxLength: 4 })
  .map((members) => Object.fromEntries(members) as JsonValue)
const ways = fc.array(names, { minLength: 1, maxLength: 4 })

describe('namesOf', () => {
  it.each([
    ['/', ['']],
    ['/theme/primary', ['theme', 'primary']],
    ['/a~1b/c~0d/~01', ['a/b', 'c~d', '~1']],
    ['//x', ['', 'x']],
  ])('%s is %j', (pointer, expected) => {
    expect(namesOf(pointer)).toEqual(expected)
  })
})

describe('valueAt', () => {
  const document = { list: [{ x: 1 }, null], deep: { none: null }, '': 'empty' }

  it.each([
    ['/list/0/x', 1],
    ['/list/1', null],
    ['/deep/none', null],
    ['/', 'empty'],
  ])('%s leads to a value', (pointer, expected) => {
    expect(valueAt(document, namesOf(pointer))).toEqual(expected)
  })

  it.each([
    '/list/2',
    '/list/-1',
    '/list/00',
    '/list/-',
    '/list/x',
    '/deep/none/x',
    '/toString',
    '/__proto__',
  ])('%s leads nowhere', (pointer) => {
    expect(valueAt(document, namesOf(pointer))).toBeUndefined()
  })
})

describe('cutOut', () => {
  it('has the same value behind the names as the whole document', () => {
    fc.assert(
      fc.property(objects, ways, (document, way) => {
        const cut = cutOut(document, way)
        expect(cut === undefined ? undefined : valueAt(cut, way)).toEqual(valueAt(document, way))
      }),
    )
  })

  it('of layers merges to what is behind the names in the merged layers', () => {
    fc.assert(
      fc.property(objects, fc.array(objects, { maxLength: 3 }), ways, (root, patches, way) => {
        const merged = patches.reduce(mergePatch, root)
        const cuts = patches.reduce<JsonValue | undefined>(
          (above, patch) => {
            const own = cutOut(patch, way)
            return own === undefined ? above : mergePatch(above, own)
          },
          cutOut(root, way),
        )
        expect(cuts === undefined ? undefined : valueAt(cuts, way)).toEqual(valueAt(merged, way))
      }),
      { numRuns: 1000 },
    )
  })
})
