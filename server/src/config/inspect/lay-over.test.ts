import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../../contract/json.ts'
import { mergePatch } from '../../../../contract/merge-patch.ts'
import { type Laid, layOver } from './lay-over.ts'
import { cutOut, valueAt } from './value-at.ts'

const layOut = (layers: readonly JsonValue[], way: readonly string[]): Laid | undefined => {
  let laid: Laid | undefined
  for (const [at, document] of layers.entries()) {
    laid = layOver(laid, { appId: `${at}`, own: cutOut(document, way), isRoot: at === 0 }, way)
  }
  return laid
}

describe('layOver', () => {
  const root = { gone: 1, theme: { dark: true }, list: [1] }
  it.each<[what: string, layers: JsonValue[], way: string[], layer: string]>([
    ['null', [root, { gone: null }], ['gone'], '1'],
    ['null on the way', [root, { theme: null }, {}], ['theme', 'dark'], '1'],
    ['a text on the way', [root, { theme: 'flat' }], ['theme', 'dark'], '1'],
    ['a shorter list', [root, {}, { list: [] }], ['list', '0'], '2'],
    ['an object in place of a list', [root, { list: {} }, { theme: {} }], ['list', '0'], '1'],
    ['null again', [root, { gone: null }, { gone: null }], ['gone'], '2'],
  ])('names the lowest layer that takes a value away by %s', (_, layers, way, layer) => {
    const laid = layOut(layers, way)
    expect(laid).toMatchObject({ layer, valued: expect.anything() })
    expect(valueAt(laid?.document ?? null, way)).toBeUndefined()
  })

  it('knows of no value where no layer ever said one', () => {
    for (const layers of [
      [{}, { gone: null }],
      [root, { theme: null }],
      [{ theme: 'flat' }, { theme: null }],
    ]) {
      const laid = layOut(layers, ['theme', 'light'])
      expect(laid?.valued).toBeUndefined()
    }
  })

  it('has had a value just where some of the layers, merged from the root, have one', () => {
    const names = fc.constantFrom('a', 'b', '0')
    const json = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'medium', withCrossShrink: true },
        fc.constantFrom<JsonValue>(null, 1),
        fc.array(tie('value'), { maxLength: 2 }),
        fc.dictionary(names, tie('value'), { maxKeys: 2, noNullPrototype: true }),
      ),
    })).value
    const objects = fc.dictionary(names, json, {
      maxKeys: 3,
      noNullPrototype: true,
    }) as fc.Arbitrary<JsonValue>
    const ways = fc.array(names, { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(fc.array(objects, { minLength: 1, maxLength: 4 }), ways, (layers, way) => {
        const merged = layers.map((_, at) => layers.slice(0, at + 1).reduce(mergePatch))
        const laid = layOut(layers, way)
        const had = merged.some((document) => valueAt(document, way) !== undefined)
        expect(laid?.valued !== undefined).toBe(had)
        const document = merged.at(-1) ?? null
        expect(laid && valueAt(laid.document, way)).toEqual(valueAt(document, way))
      }),
      { numRuns: 1000 },
    )
  })
})
