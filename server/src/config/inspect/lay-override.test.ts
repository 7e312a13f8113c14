import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../../contract/json.ts'
import { mergePatch } from '../../../../contract/merge-patch.ts'
import { layOverride } from './lay-override.ts'
import { cutOut, valueAt } from './value-at.ts'

describe('layOverride', () => {
  const base = { theme: { dark: true }, list: [1], none: null }
  it.each<[what: string, own: JsonValue, way: string[], use: object | undefined]>([
    ['another value', { theme: { dark: false } }, ['theme', 'dark'], { value: false }],
    ['the same value', { theme: { dark: true } }, ['theme', 'dark'], { value: true }],
    ['a value merged', { theme: { light: 1 } }, ['theme'], { value: { dark: true, light: 1 } }],
    ['a new value', { other: 1 }, ['other'], { value: 1 }],
    ['null', { theme: { dark: null } }, ['theme', 'dark'], { removed: true }],
    ['null on the way', { theme: null }, ['theme', 'dark'], { removed: true }],
    ['null for a null', { none: null }, ['none'], { removed: true }],
    ['something else on the way', { theme: 'flat' }, ['theme', 'dark'], { removed: true }],
    ['an object in place of a list', { list: {} }, ['list', '0'], { removed: true }],
    ['a value beside it', { theme: { light: 1 } }, ['theme', 'dark'], undefined],
    ['null for what there is not', { theme: { light: null } }, ['theme', 'light'], undefined],
    ['nothing', {}, ['theme', 'dark'], undefined],
  ])('tells what %s makes of the value', (_, own, way, use) => {
    expect(layOverride(base, own, way)).toEqual(use)
  })

  it('tells of a value just where the override decides what it is', () => {
    const names = fc.constantFrom('a', 'b', '0')
    const json = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'medium', withCrossShrink: true },
        fc.constantFrom<JsonValue>(null, 1, 2),
        fc.array(tie('value'), { maxLength: 2 }),
        fc.dictionary(names, tie('value'), { maxKeys: 2, noNullPrototype: true }),
      ),
    })).value
    const objects = fc.dictionary(names, json, {
      maxKeys: 3,
      noNullPrototype: true,
    }) as fc.Arbitrary<JsonValue>
    fc.assert(
      fc.property(objects, objects, fc.array(names, { minLength: 1, maxLength: 3 }), (data, own, way) => {
        const [was, is] = [valueAt(data, way), valueAt(mergePatch(data, own), way)]
        const cut = cutOut(own, way)
        const use = cut === undefined ? undefined : layOverride(data, cut, way)
        if (use?.removed) expect([was === undefined, is]).toEqual([false, undefined])
        else if (use) expect(use.value).toEqual(is)
        else expect(is).toEqual(was)
      }),
      { numRuns: 1000 },
    )
  })
})
