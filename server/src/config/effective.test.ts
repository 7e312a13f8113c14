import fc from 'fast-check'
import semver from 'semver'
import { describe, expect, it } from 'vitest'
import { effectiveOf, type Layer } from './effective.ts'
import { originsOf } from './origins.ts'

const layer = (appId: string, data: object, said: object = {}): Layer => ({
  appId,
  version: '1.0.0',
  document: { configVersion: '1.0.0', ...said, data: data as Record<string, unknown> },
})

const names = fc.constantFrom('a', 'b', 'c/d', 'e~f')
const values: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>(null, 1, 'text', [], [{ a: null }]),
    fc.dictionary(names, tie('value'), { maxKeys: 3 }),
  ),
})).value
const datas = fc.dictionary(names, values, { maxKeys: 3 })
const chains = fc
  .array(datas, { minLength: 1, maxLength: 4 })
  .map((all) => all.map((data, i) => layer(`layer${i}`, data)))

/** Every pointer of a document that ends at no object with members. */
const leavesOf = (value: unknown, pointer: string): string[] => {
  const members = typeof value === 'object' && value && !Array.isArray(value) ? Object.entries(value) : []
  if (members.length === 0) return [pointer]
  return members.flatMap(([name, part]) =>
    leavesOf(part, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  )
}

describe('effectiveOf', () => {
  it('keeps the nulls of the root, and removes what a null below names', () => {
    const root = layer('root', { none: null, deep: { none: null, kept: 1 }, gone: 1 })
    expect(effectiveOf([root]).data).toEqual({ none: null, deep: { none: null, kept: 1 }, gone: 1 })
    const { data } = effectiveOf([root, layer('app', { gone: null, deep: { kept: null }, own: { x: null } })])
    expect(data).toEqual({ none: null, deep: { none: null }, own: {} })
  })

  it('is the same whether layers are merged one by one or a part of them first', () => {
    fc.assert(
      fc.property(chains, datas, (layers, data) => {
        const merged = layer('all', effectiveOf(layers).data)
        const own = layer('own', data)
        expect(effectiveOf([...layers, own]).data).toEqual(effectiveOf([merged, own]).data)
      }),
    )
  })

  it('takes versions and dates from the nearest layer that says them, and none where it says null', () => {
    const root = layer('root', {}, { minimumAppVersion: '1.0.0', deprecationDate: '2027-01-01' })
    const brand = layer('brand', {}, { minimumAppVersion: '2.0.0', recommendedAppVersion: '3.0.0' })
    expect(effectiveOf([root, brand, layer('app', {})])).toMatchObject({
      minimumAppVersion: '2.0.0',
      recommendedAppVersion: '3.0.0',
      deprecationDate: '2027-01-01',
    })
    const none = { minimumAppVersion: null, recommendedAppVersion: null, deprecationDate: null }
    expect(effectiveOf([root, brand, layer('app', {}, none)])).toMatchObject(none)
    expect(effectiveOf([layer('app', {})])).toMatchObject(none)
  })

  it('has the version of the app, not of a template', () => {
    const app: Layer = { appId: 'app', version: '7.1.0', document: { configVersion: '7.1.0', data: {} } }
    expect(effectiveOf([layer('root', {}), app]).configVersion).toBe('7.1.0')
  })

  it('never recommends less than the minimum, whichever layers say them', () => {
    const version = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((parts) => parts.join('.'))
    const maybe = fc.option(fc.option(version), { nil: undefined })
    const said = fc.record({ minimumAppVersion: maybe, recommendedAppVersion: maybe })
    fc.assert(
      fc.property(fc.array(said, { minLength: 1, maxLength: 4 }), (all) => {
        const effective = effectiveOf(all.map((own, i) => layer(`layer${i}`, {}, own)))
        const { minimumAppVersion, recommendedAppVersion } = effective
        if (!minimumAppVersion || !recommendedAppVersion) return
        expect(semver.gte(recommendedAppVersion, minimumAppVersion)).toBe(true)
      }),
    )
  })

  it('has the overrides of all layers, the template’s first; one with a name above takes its place', () => {
    const over = (name: string, from: string) => ({ name, data: { from } })
    const root = layer('root', {}, { overrides: [over('a', 'root'), over('b', 'root'), over('c', 'root')] })
    const brand = layer('brand', {}, { overrides: [over('d', 'brand'), over('a', 'brand')] })
    const app = layer('app', {}, { overrides: [over('c', 'app')] })
    const chain = [root, brand, layer('between', {}), app]
    expect(effectiveOf(chain).overrides).toEqual([
      over('b', 'root'),
      over('d', 'brand'),
      over('a', 'brand'),
      over('c', 'app'),
    ])
    expect(effectiveOf([layer('app', {})])).not.toHaveProperty('overrides')
  })

  it('has the flags of all layers, each as the last one says it, and none that is taken away', () => {
    const flag = (from: string) => ({ state: 'ENABLED', variants: { on: from } })
    const root = layer('root', {}, { flags: { a: flag('root'), b: flag('root'), c: flag('root') } })
    const app = layer('app', {}, { flags: { b: flag('app'), c: null, d: null } })
    expect(effectiveOf([root, app]).flags).toEqual({ a: flag('root'), b: flag('app') })
    const none = layer('none', {}, { flags: { a: null, b: null } })
    expect(effectiveOf([root, app, none])).not.toHaveProperty('flags')
  })

  it('has the attributes of all layers, each of the type that the last one gives it', () => {
    const root = layer('root', {}, { attributes: { plan: { type: 'string' }, beta: { type: 'boolean' } } })
    const app = layer('app', {}, { attributes: { plan: { type: 'number' } } })
    expect(effectiveOf([root, app]).attributes).toEqual({
      plan: { type: 'number' },
      beta: { type: 'boolean' },
    })
  })

  it('refuses a chain without layers', () => {
    expect(() => effectiveOf([])).toThrow(RangeError)
  })
})

describe('originsOf', () => {
  const root = layer(
    'root',
    { theme: { primary: '#000', dark: true }, list: [1, 2], limits: { a: 1 }, 'a/b~c': 0 },
    { minimumAppVersion: '2.0.0', recommendedAppVersion: '2.1.0' },
  )

  it('names the layer of each value, by pointer', () => {
    const brand = layer('brand', { theme: { primary: '#fff' }, list: [3], limits: { a: null } })
    const app = layer('app', { theme: { dark: true }, empty: {} }, { recommendedAppVersion: '1.0.0' })
    expect(originsOf([root, brand, app])).toEqual({
      '/configVersion': 'app',
      '/minimumAppVersion': 'root',
      // What the app recommends is below the minimum, so the minimum counts.
      '/recommendedAppVersion': 'root',
      '/data/theme/primary': 'brand',
      '/data/theme/dark': 'app',
      '/data/list': 'brand',
      '/data/limits': 'brand',
      '/data/a~1b~0c': 'root',
      '/data/empty': 'app',
    })
  })

  it('names the layer of each override and flag that counts', () => {
    const over = (...all: string[]) => all.map((name) => ({ name, data: {} }))
    const flag = { state: 'ENABLED', variants: { on: 1 } }
    const above = layer(
      'root',
      {},
      { overrides: over('a', 'b'), flags: { x: flag, 'y/z': flag, gone: flag } },
    )
    const app = layer('app', {}, { overrides: over('c', 'a'), flags: { x: flag, gone: null } })
    expect(originsOf([above, app])).toMatchObject({
      '/overrides/0': 'root',
      '/overrides/1': 'app',
      '/overrides/2': 'app',
      '/flags/x': 'app',
      '/flags/y~1z': 'root',
    })
    const counted = Object.keys(originsOf([above, app])).filter((pointer) => !pointer.startsWith('/data'))
    expect(counted).toHaveLength(6)
  })

  it('names the layer that says there is none', () => {
    expect(originsOf([root, layer('app', {}, { minimumAppVersion: null })])).toMatchObject({
      '/minimumAppVersion': 'app',
      '/recommendedAppVersion': 'root',
    })
  })

  it('names every leaf of the effective data once, and nothing else', () => {
    fc.assert(
      fc.property(chains, (layers) => {
        const { data } = effectiveOf(layers)
        const named = Object.keys(originsOf(layers)).filter((pointer) => pointer.startsWith('/data'))
        expect(named.sort()).toEqual(leavesOf(data, '/data').sort())
      }),
    )
  })

  it('names the last layer without which the value would be another', () => {
    fc.assert(
      fc.property(chains, (layers) => {
        const leaves = (upTo: number) => {
          const { data } = effectiveOf(layers.slice(0, upTo))
          return new Map(
            leavesOf(data, '/data').map((pointer) => [
              pointer,
              JSON.stringify(
                pointer
                  .split('/')
                  .slice(2)
                  .reduce<unknown>(
                    (at, name) =>
                      (at as Record<string, unknown>)[name.replaceAll('~1', '/').replaceAll('~0', '~')],
                    data,
                  ),
              ),
            ]),
          )
        }
        const final = leaves(layers.length)
        for (const [pointer, origin] of Object.entries(originsOf(layers))) {
          if (!pointer.startsWith('/data')) continue
          const at = Number(origin.slice('layer'.length))
          // From that layer on, the value is there as it is at the end.
          for (let upTo = at + 1; upTo <= layers.length; upTo++) {
            expect(leaves(upTo).get(pointer)).toBe(final.get(pointer))
          }
        }
      }),
    )
  })
})
