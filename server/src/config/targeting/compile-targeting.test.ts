import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Flag, Override } from '../../../../contract/targeting.ts'
import { inPercentage } from '../../platform/buckets/in-percentage.ts'
import { compileTargeting, type Targeting } from './compile-targeting.ts'
import { contextOf } from './context.ts'
import { evaluateWithFlagd } from './flagd.fixture.ts'
import { anyBucket, anyRule, anyValues, attributes, sensibleRule } from './rules.fixture.ts'

const unexpected = (what: string): never => {
  throw new Error(`${what} failed`)
}
const of = (...overrides: Partial<Override>[]): Targeting => {
  const named = overrides.map((override, place) => ({ name: `o${place}`, data: {}, ...override }))
  const targeting = compileTargeting({ overrides: named, attributes }, unexpected)
  if (!targeting) throw new Error('it has overrides')
  return targeting
}
const flagsOf = (flags: Record<string, Flag>): Targeting => {
  const targeting = compileTargeting({ flags, attributes }, unexpected)
  if (!targeting) throw new Error('it has flags')
  return targeting
}
const onOff = (targeting?: Flag['targeting'], state: Flag['state'] = 'ENABLED'): Flag => ({
  ...{ state, variants: { on: true, off: false }, defaultVariant: 'off' },
  ...(targeting && { targeting }),
})
const isIos = { '==': [{ var: 'platform' }, 'ios'] }
const context = (values: Record<string, unknown>) => contextOf(values, attributes).context

describe('what rules ask of devices', () => {
  it('is nothing where there are neither overrides nor flags', () => {
    expect(compileTargeting({}, unexpected)).toBeNull()
    expect(compileTargeting({ overrides: [] }, unexpected)).toBeNull()
  })

  it.each<[Partial<Override>, string[]]>([
    [{}, []],
    [{ when: isIos }, ['platform']],
    [{ when: { and: [isIos, { '!': [{ var: ['plan', 'free'] }] }] } }, ['plan', 'platform']],
    [{ when: { missing: ['seats', 'country'] } }, ['country', 'seats']],
    [{ when: { missing_some: [1, ['beta', 'engine']] } }, ['beta', 'engine']],
    [{ rollout: 50 }, ['bucket']],
    [{ rollout: 100 }, []],
    [{ rollout: 0, when: isIos }, []],
    [{ when: { '==': [{ var: 'undeclared' }, 1] } }, []],
  ])('of %j is %j', (override, expected) => {
    expect(of(override).attributes).toEqual(expected)
  })

  it('is the bucket, which is the targeting key of a read, where flags divide by that', () => {
    const ask = (targeting: Flag['targeting']) => flagsOf({ search: onOff(targeting) })
    expect(
      ask({
        fractional: [
          ['on', 50],
          ['off', 50],
        ],
      }).attributes,
    ).toEqual(['bucket'])
    expect(ask({ fractional: [{ var: 'plan' }, ['on', 50], ['off', 50]] }).attributes).toEqual([
      'bucket',
      'plan',
    ])
    expect(ask({ fractional: [{ cat: ['x', { var: 'plan' }] }, ['on', 1]] }).attributes).toEqual(['plan'])
    expect(ask({ if: [{ var: 'targetingKey' }, 'on'] }).attributes).toEqual(['bucket'])
    expect(ask({ if: [{ var: '$flagd.flagKey' }, 'on'] })).toMatchObject({ attributes: [], isTimed: false })
    expect(ask({ if: [{ '>': [{ var: '$flagd.timestamp' }, 9] }, 'on'] })).toMatchObject({
      attributes: [],
      isTimed: true,
    })
    const off = flagsOf({ search: onOff({ if: [{ var: '$flagd.timestamp' }, 'on'] }, 'DISABLED') })
    expect(off).toMatchObject({ attributes: [], isTimed: false })
    expect(off.evaluateFlags({})).toEqual({})
  })
})

describe('match', () => {
  it('gives the places of those that match, in their order, and all of what has no condition', () => {
    const targeting = of({}, { when: isIos }, { when: { '!': [isIos] } }, { rollout: 0 }, { rollout: 100 })
    expect(targeting.match(context({ platform: 'iPhone' }))).toEqual([0, 1, 4])
    expect(targeting.match({})).toEqual([0, 2, 4])
  })

  it('takes as many devices as the rollout says, and none without a bucket', () => {
    const targeting = of({ rollout: 12.34 }, { rollout: 12.34, when: isIos })
    const reached = Array.from({ length: 10_000 }, (_, bucket) => targeting.match({ bucket }))
    expect(reached.filter((places) => places.includes(0))).toHaveLength(1234)
    expect(reached.some((places) => places.includes(1))).toBe(false)
    expect(targeting.match({ platform: 'ios' })).toEqual([])
  })

  it('takes the language that the rules name and the device asks for first', () => {
    const isLanguage = (tag: string) => ({ when: { '==': [{ var: 'language' }, tag] } })
    const targeting = of(isLanguage('de'), isLanguage('pt_BR'), isLanguage('mr'))
    expect(targeting.match(context({ language: 'de-AT,mr' }))).toEqual([0])
    expect(targeting.match(context({ language: 'pt-BR' }))).toEqual([1])
    expect(targeting.match(context({ language: 'fr,mr-IN' }))).toEqual([2])
    expect(targeting.match(context({ language: 'fr' }))).toEqual([])
  })

  it('takes a device for one of a language that an override names and changes nothing for', () => {
    const speaks = (tag: string) => ({ '==': [{ var: 'language' }, tag] })
    const both = context({ language: 'en,cy' })
    expect(of({ when: speaks('cy') }).match(both)).toEqual([0])
    expect(of({ when: speaks('cy') }, { when: speaks('en'), data: {} }).match(both)).toEqual([1])
  })

  it('takes no device away for the languages of what is off', () => {
    const speaks = (tag: string) => ({ '==': [{ var: 'language' }, tag] })
    const targeting = (rollout: number) => of({ when: speaks('de-AT'), rollout }, { when: speaks('de') })
    expect(targeting(0).match(context({ language: 'de-AT' }))).toEqual([1])
    expect(targeting(100).match(context({ language: 'de-AT' }))).toEqual([0])
  })

  it('is what flagd-core makes of each condition, asked once or again', () => {
    const one = fc.tuple(sensibleRule, fc.constantFrom(undefined, 0, 0.01, 33.33, 100))
    fc.assert(
      fc.property(fc.array(one, { maxLength: 5 }), fc.array(fc.tuple(anyValues, anyBucket)), (rules, all) => {
        const targeting = of(
          {},
          ...rules.map(([when, rollout]) => ({ when, ...(rollout !== undefined && { rollout }) })),
        )
        const conditions = rules.map(([when]) => evaluateWithFlagd(when))
        for (const [values, bucket] of [...all, ...all]) {
          const told = context({ ...values, bucket })
          // The language that counts is tested above.
          delete told.language
          const { custom, ...standard } = told
          const reached = standard.bucket
          const expected = rules.flatMap(([, rollout = 100], place) => {
            const isIn =
              rollout === 100 || (reached !== undefined && inPercentage(`o${place + 1}`, reached, rollout))
            return isIn && conditions[place]?.({ ...standard, ...custom }) ? [place + 1] : []
          })
          expect(targeting.match(told)).toEqual([0, ...expected])
        }
      }),
      { numRuns: 300 },
    )
  })

  it('never throws: what fails is not matched, and told each time', () => {
    fc.assert(
      fc.property(anyRule, anyValues, anyBucket, (when, values, bucket) => {
        const broken: string[] = []
        const overrides = [{ name: 'odd', when: when as Record<string, unknown>, data: {} }]
        const targeting = compileTargeting({ overrides, attributes }, (what) => broken.push(what))
        const told = context({ ...values, bucket })
        const [first, second] = [targeting?.match(told), targeting?.match(told)]
        expect(second).toEqual(first)
        if (broken.length > 0) expect([broken, first]).toEqual([['override odd', 'override odd'], []])
      }),
      { numRuns: 2000 },
    )
  })

  it.each<unknown>([
    { nonsense: [1] },
    { and: true },
    { '==': [{ var: 'bucket' }, 'abc'] },
    { throw: [null] },
    { '/': [1, 0] },
    { a: 1, b: 2 },
    { in: ['a', 5] },
  ])('tells that %j fails', (when) => {
    const broken: string[] = []
    const overrides = [{ name: 'odd', when: when as Record<string, unknown>, data: {} }]
    const targeting = compileTargeting({ overrides }, (what) => broken.push(what))
    expect(targeting?.match({ bucket: 5 })).toEqual([])
    expect(broken).toEqual(['override odd'])
  })

  it('names the overrides of the config it was compiled for, though another one shares its rules', () => {
    const broken: string[] = []
    const compile = (name: string) =>
      compileTargeting({ overrides: [{ name, when: { '/': [1, 0] }, data: { name } }] }, (what) =>
        broken.push(what),
      )
    const [one, other] = [compile('one'), compile('other')]
    one?.match({})
    other?.match({})
    expect(broken).toEqual(['override one', 'override other'])
    expect(other?.overrides[0]?.data).toEqual({ name: 'other' })
  })

  it('takes a condition of null for one that never holds, also where the same override was compiled without any', () => {
    expect(of({ name: 'null' }).match({})).toEqual([0])
    expect(of({ name: 'null', when: null as never }).match({})).toEqual([])
  })
})

describe('evaluateFlags', () => {
  it('gives each flag that is enabled with value, variant and reason as flagd has them', () => {
    const flags = {
      plain: onOff(),
      ios: { ...onOff({ if: [isIos, 'on'] }), metadata: { team: 'search' } },
      none: { ...onOff({ if: [isIos, 'on'] }), defaultVariant: null },
      sized: {
        ...onOff({ if: [isIos, 'large', 'small'] }),
        variants: { large: { px: 9 }, small: [1] },
        defaultVariant: 'small',
      },
      unknown: onOff({ if: [isIos, 'neither'] }),
      off: onOff(undefined, 'DISABLED'),
    }
    const broken: string[] = []
    const targeting = compileTargeting({ flags }, (what) => broken.push(what))
    expect(targeting?.evaluateFlags({ platform: 'ios' })).toEqual({
      plain: { value: false, variant: 'off', reason: 'STATIC' },
      ios: { value: true, variant: 'on', reason: 'TARGETING_MATCH', metadata: { team: 'search' } },
      none: { value: true, variant: 'on', reason: 'TARGETING_MATCH' },
      sized: { value: { px: 9 }, variant: 'large', reason: 'TARGETING_MATCH' },
      unknown: { reason: 'ERROR', errorCode: 'GENERAL' },
    })
    expect(broken).toEqual(['flag unknown'])
    expect(targeting?.evaluateFlags({})).toEqual({
      plain: { value: false, variant: 'off', reason: 'STATIC' },
      ios: { value: false, variant: 'off', reason: 'DEFAULT', metadata: { team: 'search' } },
      none: { reason: 'DEFAULT' },
      sized: { value: [1], variant: 'small', reason: 'TARGETING_MATCH' },
      unknown: { value: false, variant: 'off', reason: 'DEFAULT' },
    })
  })

  it('is undefined where the config has no flags', () => {
    expect(of({}).evaluateFlags({})).toBeUndefined()
  })

  it('gives the same object for the same outcome', () => {
    const targeting = flagsOf({ search: onOff({ if: [isIos, 'on'] }), plain: onOff() })
    const first = targeting.evaluateFlags({ platform: 'ios', country: 'DE' })
    expect(targeting.evaluateFlags({ platform: 'ios', country: 'FR' })).toBe(first)
    expect(targeting.evaluateFlags({ platform: 'web' })).not.toBe(first)
  })

  it('divides by the targeting key, or by the bucket in its place', () => {
    const halves = {
      fractional: [
        ['on', 50],
        ['off', 50],
      ],
    }
    const targeting = flagsOf({ search: onOff(halves), checkout: onOff(halves) })
    const variants = Array.from({ length: 1000 }, (_, bucket) => targeting.evaluateFlags({ bucket }))
    const on = variants.filter((results) => results?.search?.variant === 'on').length
    expect(Math.abs(on - 500)).toBeLessThan(80)
    // Each flag divides otherwise.
    expect(variants.filter((results) => results?.search !== results?.checkout).length).toBeGreaterThan(300)
    expect(targeting.evaluateFlags({ targetingKey: '7', bucket: 1 })).toEqual(
      targeting.evaluateFlags({ bucket: 7 }),
    )
    expect(targeting.evaluateFlags({})?.search).toEqual({
      value: false,
      variant: 'off',
      reason: 'DEFAULT',
    })
  })

  it('never throws, and tells which flag failed', () => {
    fc.assert(
      fc.property(anyRule, anyValues, (rule, values) => {
        const broken: string[] = []
        const flags = {
          odd: onOff({ if: [rule, 'on', 'off'] }),
          plain: onOff(),
          bad: { ...onOff(), defaultVariant: 'x' },
        }
        const targeting = compileTargeting({ flags }, (what) => broken.push(what))
        const results = targeting?.evaluateFlags(context(values))
        expect(results?.plain).toEqual({ value: false, variant: 'off', reason: 'STATIC' })
        expect(results?.bad).toEqual({ reason: 'ERROR', errorCode: 'PARSE_ERROR' })
        expect(broken).toEqual([...(results?.odd?.errorCode ? ['flag odd'] : []), 'flag bad'])
      }),
      { numRuns: 500 },
    )
  })
})
