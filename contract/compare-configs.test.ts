import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareConfigs } from './compare-configs.ts'
import { type Bump, higherBump } from './compare-data.ts'
import { equalJson } from './json-equal.ts'

type Data = Record<string, unknown>

/** Few names, so that two data drawn apart have some in common. */
const name = fc.constantFrom('a', 'b', 'c', 'a/b', '~', '', 'toString')
const scalar = fc.oneof(fc.integer({ min: 0, max: 2 }), fc.constantFrom('', 'x', 'y', true, false, null))
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}))
const data = fc.dictionary(name, value, { maxKeys: 5, noNullPrototype: true })
const path = fc.array(name, { maxLength: 3 })

const compare = (before: Data, after: Data) => compareConfigs({ data: before }, { data: after })

/** The data with objects on this path and a member at its end; what was in the way is replaced. */
const put = (into: Data, [first = '', ...rest]: readonly string[], member: unknown): Data => {
  const inner = into[first]
  const next = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as Data) : {}
  return { ...into, [first]: rest.length === 0 ? member : put(next, rest, member) }
}

/** The data without what is on this path. */
const drop = (from: Data, [first = '', ...rest]: readonly string[]): Data => {
  if (rest.length > 0) return { ...from, [first]: drop(from[first] as Data, rest) }
  return Object.fromEntries(Object.entries(from).filter(([each]) => each !== first))
}

const at = fc.tuple(data, path, name).map(([into, above, last]) => ({ into, where: [...above, last] }))
const pointer = (where: readonly string[]): string =>
  ['data', ...where].map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

const typeOf = (each: unknown): string =>
  each === null ? 'null' : Array.isArray(each) ? 'array' : typeof each

describe('one change', () => {
  it('is minor where a key is added, and major where it is removed', () => {
    fc.assert(
      fc.property(at, value, ({ into, where }, member) => {
        const having = put(into, where, member)
        const lacking = drop(having, where)
        expect(compare(lacking, having)).toEqual({
          bump: 'minor',
          changes: [{ pointer: pointer(where), kind: 'added', bump: 'minor', after: member }],
        })
        expect(compare(having, lacking)).toEqual({
          bump: 'major',
          changes: [{ pointer: pointer(where), kind: 'removed', bump: 'major', before: member }],
        })
      }),
    )
  })

  it('is major where the type changes, null included', () => {
    fc.assert(
      fc.property(at, value, value, ({ into, where }, before, after) => {
        fc.pre(typeOf(before) !== typeOf(after))
        expect(compare(put(into, where, before), put(into, where, after))).toEqual({
          bump: 'major',
          changes: [{ pointer: pointer(where), kind: 'changed', bump: 'major', before, after }],
        })
      }),
    )
  })

  it('is a patch where a value changes and its type stays', () => {
    fc.assert(
      fc.property(at, scalar, scalar, ({ into, where }, before, after) => {
        fc.pre(typeOf(before) === typeOf(after) && before !== after)
        expect(compare(put(into, where, before), put(into, where, after))).toEqual({
          bump: 'patch',
          changes: [{ pointer: pointer(where), kind: 'changed', bump: 'patch', before, after }],
        })
      }),
    )
  })

  it('of an array is a patch, or major where elements of a type come to others that had none of it', () => {
    fc.assert(
      fc.property(at, fc.array(value), fc.array(value), ({ into, where }, before, after) => {
        fc.pre(!equalJson(before, after))
        const types = before.map(typeOf)
        const isNew = types.length > 0 && after.some((each) => !types.includes(typeOf(each)))
        const bump = isNew ? 'major' : 'patch'
        expect(compare(put(into, where, before), put(into, where, after))).toEqual({
          bump,
          changes: [{ pointer: pointer(where), kind: 'changed', bump, before, after }],
        })
      }),
    )
  })

  it.each(['minimumAppVersion', 'recommendedAppVersion', 'deprecationDate'])(
    'of %s is a patch, whatever changes about it',
    (field) => {
      const config = (said?: string | null) => ({ data: {}, ...(said !== undefined && { [field]: said }) })
      for (const [before, after, kind] of [
        [undefined, '2.0.0', 'added'],
        ['2.0.0', undefined, 'removed'],
        [null, '2.0.0', 'changed'],
        ['2.0.0', null, 'changed'],
        ['1.0.0', '2.0.0', 'changed'],
      ] as const) {
        expect(compareConfigs(config(before), config(after))).toEqual({
          bump: 'patch',
          changes: [{ pointer: `/${field}`, kind, bump: 'patch', before, after }],
        })
      }
    },
  )
})

describe('many changes', () => {
  it('deserve none if and only if nothing differs, in whatever order it is written', () => {
    fc.assert(
      fc.property(data, data, (before, after) => {
        const { bump, changes } = compare(before, after)
        expect(bump === 'none').toBe(equalJson(before, after))
        expect(changes.length === 0).toBe(bump === 'none')
        const reversed = Object.fromEntries(Object.entries(before).reverse())
        expect(compare(before, reversed)).toEqual({ bump: 'none', changes: [] })
      }),
    )
  })

  it('deserve the highest of what their parts deserve', () => {
    fc.assert(
      fc.property(data, data, data, data, (a, b, c, d) => {
        const [left, right] = [compare(a, b), compare(c, d)]
        const both = compare({ left: a, right: c }, { left: b, right: d })
        expect(both.bump).toBe(higherBump(left.bump, right.bump))
        expect(both.changes).toHaveLength(left.changes.length + right.changes.length)
        expect(both.bump).toBe(both.changes.map((change) => change.bump as Bump).reduce(higherBump, 'none'))
      }),
    )
  })

  it('are found both ways: what is added one way is removed the other way, at the same places', () => {
    const mirrored = { added: 'removed', removed: 'added', changed: 'changed' }
    fc.assert(
      fc.property(data, data, (before, after) => {
        const there = compare(before, after).changes
        const back = compare(after, before).changes
        const line = (kind: string, where: string, was: unknown, is: unknown) =>
          JSON.stringify([kind, where, was, is])
        expect(back.map((each) => line(each.kind, each.pointer, each.before, each.after)).sort()).toEqual(
          there.map((each) => line(mirrored[each.kind], each.pointer, each.after, each.before)).sort(),
        )
      }),
    )
  })

  it('come in one order: versions and dates, what was there, what is new', () => {
    const before = { minimumAppVersion: '1.0.0', data: { z: 1, gone: 1, y: { m: 1 } } }
    const after = { deprecationDate: '2027-06-30', data: { y: { n: 1, m: 2 }, new: 1, z: 2 } }
    const { changes, bump } = compareConfigs(before, after)
    expect(bump).toBe('major')
    expect(changes.map(({ kind, pointer: where }) => `${kind} ${where}`)).toEqual([
      'removed /minimumAppVersion',
      'added /deprecationDate',
      'changed /data/z',
      'removed /data/gone',
      'changed /data/y/m',
      'added /data/y/n',
      'added /data/new',
    ])
  })
})
