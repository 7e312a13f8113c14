import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prepareRelease } from '../prepare.ts'
import { rules } from '../rules.fixture.ts'
import { changedKeys } from './changed-keys.ts'
import { snapshotOf } from './live.fixture.ts'

type Content = Parameters<typeof snapshotOf>[2]

const changed = (before: Content, now: Content): string[] =>
  changedKeys(
    prepareRelease(snapshotOf('shop', 1, before), rules),
    prepareRelease(snapshotOf('shop', 2, now), rules),
  ).sort()

const flag = (defaultVariant: string) => ({
  ...{ state: 'ENABLED' as const, variants: { on: true, off: false }, defaultVariant },
})
const override = (name: string, data: Record<string, unknown>) => ({ name, data })

describe('the keys that changed', () => {
  it('are those of data that were added, removed or have another value', () => {
    expect(changed({ data: { a: 1, b: { c: [1] }, d: 1 } }, { data: { a: 1, b: { c: [2] }, e: 1 } })).toEqual(
      ['b', 'd', 'e'],
    )
  })

  it('are none where only the order is another, or where it is the same release', () => {
    expect(changed({ data: { a: 1, b: { c: 1, d: 2 } } }, { data: { b: { d: 2, c: 1 }, a: 1 } })).toEqual([])
    const same = prepareRelease(snapshotOf('shop', 1, { data: { a: 1 } }), rules)
    expect(changedKeys(same, same)).toEqual([])
  })

  it('are what an override lays over the data that was added, changed, removed or put elsewhere', () => {
    const [one, two] = [override('one', { a: 1 }), override('two', { b: 1 })]
    expect(changed({}, { overrides: [one] })).toEqual(['a'])
    expect(changed({ overrides: [one, two] }, { overrides: [one] })).toEqual(['b'])
    expect(changed({ overrides: [one] }, { overrides: [override('one', { c: 1 })] })).toEqual(['a', 'c'])
    expect(changed({ overrides: [one] }, { overrides: [{ ...one, rollout: 5 }] })).toEqual(['a'])
    expect(changed({ overrides: [one, two] }, { overrides: [two, one] })).toEqual(['a', 'b'])
    expect(changed({ overrides: [one, two] }, { overrides: [one, two] })).toEqual([])
  })

  it('are the flags that are not the same', () => {
    const before = { flags: { a: flag('on'), b: flag('on'), c: flag('on') } }
    expect(changed(before, { flags: { a: flag('on'), b: flag('off'), d: flag('on') } })).toEqual([
      ...['b', 'c', 'd'],
    ])
  })

  it('are what a rollout brings, while it moves devices from one release to the other', () => {
    const candidate = (percent: number) => {
      const { config, revision, releasedAt } = snapshotOf('shop', 9, { data: { a: 1, b: 2 } })
      return { config, revision, releasedAt, rolloutId: 1, percent }
    }
    const data = { a: 1, b: 1 }
    expect(changed({ data }, { data, candidate: candidate(5) })).toEqual(['b'])
    expect(changed({ data, candidate: candidate(5) }, { data, candidate: candidate(10) })).toEqual(['b'])
    expect(changed({ data, candidate: candidate(10) }, { data: { a: 1, b: 2 } })).toEqual(['b'])
  })

  it('are all that differ, whatever the data is', () => {
    const data = fc.dictionary(fc.string({ minLength: 1, maxLength: 3 }), fc.jsonValue({ maxDepth: 1 }))
    fc.assert(
      fc.property(data, data, (before, now) => {
        const names = new Set([...Object.keys(before), ...Object.keys(now)])
        const told = new Set(changed({ data: before }, { data: now }))
        for (const name of names) {
          const [old, fresh] = [before, now].map((one) =>
            JSON.stringify(Object.hasOwn(one, name) ? one[name] : undefined),
          )
          if (old !== fresh) expect(told.has(name)).toBe(true)
          else expect(told.has(name)).toBe(false)
        }
      }),
    )
  })
})
