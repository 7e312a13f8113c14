import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../../contract/json.ts'
import { pickKeys } from './pick-keys.ts'

const data = {
  theme: { primary: 'blue', dark: { on: true, 'a.b': 1 } },
  'theme.primary': 'of the whole name',
  list: [{ x: 1 }],
  none: null,
  __proto: 1,
}

describe('pickKeys', () => {
  it.each<[paths: string[], part: JsonValue]>([
    [['list', 'none'], { list: [{ x: 1 }], none: null }],
    [['theme.dark.on'], { theme: { dark: { on: true } } }],
    [['theme.dark.a.b'], { theme: { dark: { 'a.b': 1 } } }],
    [['theme.primary'], { 'theme.primary': 'of the whole name' }],
    [['theme', 'theme.dark'], { theme: data.theme }],
    [['theme.dark', 'theme'], { theme: data.theme }],
    [['theme.other', 'list.0', 'toString', '__proto__', 'none.x'], {}],
  ])('%j', (paths, part) => {
    expect(pickKeys(data, paths)).toEqual(part)
  })

  it('gives all that is named and is there, and nothing else', () => {
    const names = fc.constantFrom('a', 'b', 'c')
    const leaf = fc.constantFrom<JsonValue>(1, null, 'x')
    const tree = fc.dictionary(names, fc.oneof(leaf, fc.dictionary(names, leaf)), { noNullPrototype: true })
    const path = fc.array(names, { minLength: 1, maxLength: 3 })
    const at = (value: unknown, way: readonly string[]): unknown =>
      way.reduce<unknown>((one, name) => (one as Record<string, unknown> | null | undefined)?.[name], value)
    fc.assert(
      fc.property(tree, fc.array(path, { maxLength: 4 }), (object, ways) => {
        const picked = pickKeys(
          object as Record<string, JsonValue>,
          ways.map((way) => way.join('.')),
        )
        for (const way of ways) expect(at(picked, way)).toEqual(at(object, way))
        for (const name of Object.keys(picked)) expect(ways.some(([first]) => first === name)).toBe(true)
      }),
    )
  })
})
