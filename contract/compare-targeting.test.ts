import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ComparedConfig, compareConfigs } from './compare-configs.ts'
import { bumpOf, compareMembers } from './compare-data.ts'
import { compareFlags, compareOverrides } from './compare-targeting.ts'
import type { JsonValue } from './json.ts'
import { equalJson } from './json-equal.ts'
import { mergePatch } from './merge-patch.ts'
import type { Flag, Override } from './targeting.ts'

type Data = Record<string, unknown>

const name = fc.constantFrom('a', 'b', 'c', 'a/b', 'toString')
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(0, 1, 'x', true, null),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}))
const data = fc.dictionary(name, value, { maxKeys: 4, noNullPrototype: true })

const base = { theme: { primary: '#000', sizes: [1] }, checkout: true }
const override = (own: Data, more: Partial<Override> = {}): Override => ({ name: 'one', ...more, data: own })
const bumpOfOverrides = (before: Override[], after: Override[], under: Data = base) =>
  compareOverrides({ data: under, overrides: before }, { data: under, overrides: after }).map(
    (change) => `${change.kind} ${change.pointer} ${change.bump}`,
  )

describe('an override', () => {
  it.each<[what: string, data: Data, added: string, removed: string]>([
    ['gives a key another value', { checkout: false }, 'patch', 'patch'],
    ['gives a key within another value', { theme: { primary: '#fff' } }, 'patch', 'patch'],
    ['changes nothing', { checkout: true }, 'patch', 'patch'],
    ['has nothing', {}, 'patch', 'patch'],
    ['takes away what there is not', { none: null }, 'patch', 'patch'],
    ['brings a key', { theme: { dark: true } }, 'minor', 'major'],
    ['takes a key away', { checkout: null }, 'major', 'minor'],
    ['gives a key another type', { checkout: 'no' }, 'major', 'major'],
    ['puts an object in place of a value', { checkout: { on: null } }, 'major', 'major'],
    ['gives an array elements of another type', { theme: { sizes: ['s'] } }, 'major', 'major'],
  ])('that %s deserves that when it comes, and the reverse when it goes', (_, own, added, removed) => {
    expect(bumpOfOverrides([], [override(own)])).toEqual([`added /overrides/0 ${added}`])
    expect(bumpOfOverrides([override(own)], [])).toEqual([`removed /overrides/0 ${removed}`])
  })

  it('that changes deserves what devices in it see change, whatever the base has', () => {
    const changes: [before: Data, after: Data, bump: string][] = [
      [{ checkout: null }, {}, 'minor'],
      [{ extra: 1 }, { extra: 2 }, 'patch'],
      [{ extra: 1 }, { extra: '1' }, 'major'],
      [{ extra: 1 }, {}, 'major'],
      [{ theme: { primary: '#111' } }, { theme: { primary: '#222', dark: true } }, 'minor'],
      [{ theme: null }, { theme: { primary: '#000', sizes: [1] } }, 'minor'],
    ]
    for (const [before, after, bump] of changes) {
      expect(bumpOfOverrides([override(before)], [override(after)])).toEqual([`changed /overrides/0 ${bump}`])
    }
  })

  it('that picks other devices is a patch', () => {
    const own = { extra: 1 }
    for (const more of [{ when: { '==': [{ var: 'platform' }, 'ios'] } }, { rollout: 5 }]) {
      expect(bumpOfOverrides([override(own)], [override(own, more)])).toEqual(['changed /overrides/0 patch'])
    }
  })

  it('is told apart by its name, at its place of before where it is gone and else of after', () => {
    const named = (...names: string[]) => names.map((each) => override({ checkout: false }, { name: each }))
    expect(bumpOfOverrides(named('a', 'b'), named('c', 'a'))).toEqual([
      'removed /overrides/1 patch',
      'added /overrides/0 patch',
    ])
    const [order] = compareOverrides(
      { data: base, overrides: named('a', 'gone', 'b') },
      { data: base, overrides: named('b', 'new', 'a') },
    ).filter(({ pointer }) => pointer === '/overrides')
    expect(order).toEqual({
      ...{ pointer: '/overrides', kind: 'changed', bump: 'patch' },
      ...{ before: ['a', 'b'], after: ['b', 'a'] },
    })
  })

  it('deserves what comparing the whole data with it laid over would say', () => {
    fc.assert(
      fc.property(data, data, data, (under, was, is) => {
        fc.pre(!equalJson(was, is))
        const over = (patch: Data) => mergePatch(under as JsonValue, patch as JsonValue) as Data
        const whole = bumpOf(compareMembers([], over(was), over(is)))
        const found = compareOverrides(
          { data: {}, overrides: [override(was)] },
          { data: under, overrides: [override(is)] },
        )
        expect(found.map(({ bump }) => bump)).toEqual([whole === 'none' ? 'patch' : whole])
      }),
      { numRuns: 1000 },
    )
  })
})

const flag = (variants: Data, more: Partial<Flag> = {}): Flag => ({ state: 'ENABLED', variants, ...more })

describe('a flag', () => {
  const on = flag({ on: true, off: false }, { defaultVariant: 'off' })
  it.each<[what: string, before: Flag | null | undefined, after: Flag | null | undefined, change: string]>([
    ['new', undefined, on, 'added minor'],
    ['gone', on, undefined, 'removed major'],
    ['taken away from the template’s', on, null, 'changed major'],
    ['given back', null, on, 'changed minor'],
    ['with variants of another type', on, flag({ on: 'yes', off: 'no' }), 'changed major'],
    ['with one more variant of its type', flag({ a: 1 }), flag({ a: 1, b: 2 }), 'changed patch'],
    ['with one variant less', flag({ a: 1, b: 'x' }), flag({ a: 1 }), 'changed patch'],
    ['off', on, { ...on, state: 'DISABLED' }, 'changed patch'],
    ['with another default', on, { ...on, defaultVariant: 'on' }, 'changed patch'],
    ['with a rule', on, { ...on, targeting: { if: [true, 'on', 'off'] } }, 'changed patch'],
  ])('that is %s', (_, before, after, change) => {
    const [kind, bump] = change.split(' ')
    const found = compareFlags(
      before === undefined ? undefined : { 'new/search': before },
      after === undefined ? undefined : { 'new/search': after },
    )
    expect(found).toEqual([{ pointer: '/flags/new~1search', kind, bump, before, after }])
  })

  it('that has the name of something every object has', () => {
    expect(compareFlags({}, { toString: on })).toMatchObject([{ kind: 'added', pointer: '/flags/toString' }])
  })
})

const named = fc.record({ name, data, rollout: fc.constantFrom(0, 50) })
const someOverrides = fc.uniqueArray(named, { selector: (each) => each.name, maxLength: 4 })
const variants = fc.dictionary(name, value, { minKeys: 1, maxKeys: 2, noNullPrototype: true })
const someFlags = fc.dictionary(
  name,
  variants.map((each) => flag(each)),
  { maxKeys: 3, noNullPrototype: true },
)
const config = fc.record({ data, overrides: someOverrides, flags: someFlags })

describe('configs with overrides and flags', () => {
  it('deserve none if and only if nothing differs', () => {
    fc.assert(
      fc.property(config, config, (before, after) => {
        expect(compareConfigs(before, after).changes.length === 0).toBe(equalJson(before, after))
        expect(compareConfigs(before, structuredClone(before))).toEqual({ bump: 'none', changes: [] })
      }),
    )
  })

  it('differ both ways at the same names', () => {
    const mirrored = { added: 'removed', removed: 'added', changed: 'changed' }
    const lines = (before: ComparedConfig, after: ComparedConfig, isBack: boolean): string[] =>
      compareConfigs(before, after)
        .changes.map(({ kind, ...change }) => {
          const [was, is] = isBack ? [change.after, change.before] : [change.before, change.after]
          return JSON.stringify([isBack ? mirrored[kind] : kind, was, is])
        })
        .sort()
    fc.assert(
      fc.property(config, config, (one, other) => {
        expect(lines(other, one, true)).toEqual(lines(one, other, false))
      }),
    )
  })

  it('count as nothing where there are none', () => {
    expect(compareConfigs({ data: {} }, { data: {}, overrides: [], flags: {} }).bump).toBe('none')
  })
})
