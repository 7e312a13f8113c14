import { FlagdCore } from '@openfeature/flagd-core'
import { describe, expect, it } from 'vitest'
import type { Effective } from '../effective.ts'
import { type FlagdDefinition, flagdDefinition, type Live } from './flagd-definition.ts'

const silent = { error() {}, warn() {}, info() {}, debug() {} }
const metadata = { appId: 'shop', channel: 'stable', revision: 42, configVersion: '1.0.0' }
const open = (definition: FlagdDefinition) => {
  const core = new FlagdCore(undefined, silent, { disableDynamicCodeGeneration: true })
  core.setConfigurations(JSON.stringify(definition))
  return core
}

const isIos = { '==': [{ var: 'platform' }, 'ios'] }
const isIn = (country: string) => ({ '==': [{ var: 'country' }, country] })
const define = (live: Partial<Effective>, candidate?: Live['candidate']) =>
  flagdDefinition({ config: { data: {}, ...live }, ...(candidate && { candidate }) }, metadata)
/** What a device gets of one flag. */
const ask = (definition: FlagdDefinition, key: string, context: Record<string, unknown> = {}) => {
  const { value, variant, reason, errorCode } =
    open(definition)
      .getFlag(key)
      ?.evaluate(context as never) ?? {}
  return [value, variant, reason, errorCode]
}

describe('a key of data', () => {
  it('is a flag of one variant where no override touches it', () => {
    expect(define({ data: { on: true, limit: 5, title: 'x', theme: { dark: null }, list: [1] } })).toEqual({
      $schema: 'https://flagd.dev/schema/v0/flags.json',
      metadata,
      flags: {
        on: { state: 'ENABLED', variants: { default: true }, defaultVariant: 'default' },
        limit: { state: 'ENABLED', variants: { default: 5 }, defaultVariant: 'default' },
        title: { state: 'ENABLED', variants: { default: 'x' }, defaultVariant: 'default' },
        theme: { state: 'ENABLED', variants: { default: { dark: null } }, defaultVariant: 'default' },
        list: { state: 'ENABLED', variants: { default: [1] }, defaultVariant: 'default' },
      },
    })
  })

  it('has a variant for each override, and for those that are laid over it together; conditions stand once', () => {
    const overrides = [
      { name: 'ios', when: isIos, data: { theme: { a: 1 }, on: false } },
      { name: 'de', when: isIn('DE'), data: { theme: { b: 2 } } },
    ]
    expect(define({ data: { theme: { a: 0 }, on: true }, overrides })).toMatchObject({
      flags: {
        theme: {
          variants: { default: { a: 0 }, ios: { a: 1 }, de: { a: 0, b: 2 }, 'ios+de': { a: 1, b: 2 } },
          defaultVariant: 'default',
          targeting: {
            if: [
              { $ref: 'de' },
              { if: [{ $ref: 'ios' }, 'ios+de', 'de'] },
              ...[{ $ref: 'ios' }, 'ios', 'default'],
            ],
          },
        },
        on: {
          variants: { default: true, ios: false },
          targeting: { if: [{ $ref: 'ios' }, 'ios', 'default'] },
        },
      },
      $evaluators: { ios: isIos, de: isIn('DE') },
    })
  })

  it('gets no variant of overrides that exclude each other, nor of one that reaches nobody', () => {
    const countries = Array.from(
      { length: 60 },
      (_, at) => `C${String.fromCharCode(65 + (at % 26), 65 + at / 26)}`,
    )
    const overrides = [
      { name: 'nobody', rollout: 0, data: { theme: 1 } },
      ...countries.map((country) => ({
        name: country,
        when: isIn(country),
        data: { theme: { [country]: 1 } },
      })),
    ]
    const { variants } = define({ data: { theme: { a: 0 } }, overrides }).flags.theme ?? {}
    expect(Object.keys(variants ?? {})).toEqual(['default', ...countries])
  })

  it('has no value where an override takes it away, or only brings it: the default of the code counts', () => {
    const overrides = [
      { name: 'ios', when: isIos, data: { on: null, more: 1 } },
      { name: 'de', when: isIn('DE'), data: { never: null } },
    ]
    const definition = define({ data: { on: true, nothing: null }, overrides })
    expect(Object.keys(definition.flags)).toEqual(['on', 'more'])
    expect(ask(definition, 'on')).toEqual([true, 'default', 'TARGETING_MATCH', undefined])
    expect(ask(definition, 'on', { platform: 'ios' })).toEqual([undefined, undefined, 'DEFAULT', undefined])
    expect(ask(definition, 'more')).toEqual([undefined, undefined, 'DEFAULT', undefined])
    expect(ask(definition, 'more', { platform: 'ios' })).toEqual([1, 'ios', 'TARGETING_MATCH', undefined])
    const resolved = open(definition).resolveBooleanEvaluation('on', true, { platform: 'ios' })
    expect(resolved).toMatchObject({ value: true, reason: 'DEFAULT' })
  })

  it('is the flag of the document that has its name, also one that is off', () => {
    const flags: Effective['flags'] = {
      on: { state: 'DISABLED', variants: { yes: 1 } },
      theme: { state: 'ENABLED', variants: { dark: 'd' }, defaultVariant: 'dark' },
    }
    const definition = define({ data: { on: true, theme: {} }, flags })
    expect(definition.flags).toEqual(flags)
    expect(open(definition).resolveBooleanEvaluation('on', true)).toMatchObject({
      value: true,
      reason: 'DISABLED',
    })
  })

  it('keeps rules and values as they are, whatever looks like a reference in them', () => {
    const odd = { '==': [{ var: 'plan' }, "$& $' $$"] }
    const overrides = [
      { name: 'a.b', when: odd, data: { on: 1 } },
      { name: 'a_b', when: isIos, data: { on: 2 } },
      { name: 'a-b', when: {}, data: { on: 3 } },
    ]
    const shared = define({ data: { on: 0 }, overrides })
    expect(shared).toMatchObject({ $evaluators: { a_b: isIos } })
    expect(ask(shared, 'on', { plan: "$& $' $$" })[0]).toBe(1)
    const inlined = define({ data: { on: { $ref: 'a_b' } }, overrides: overrides.slice(0, 2) })
    expect(inlined).not.toHaveProperty('$evaluators')
    expect(ask(inlined, 'on')[0]).toEqual({ $ref: 'a_b' })
    expect(ask(inlined, 'on', { plan: "$& $' $$" })[0]).toBe(1)
  })
})

describe('a rollout', () => {
  const candidate = (config: Partial<Effective>, percent = 50) => ({
    ...{ revision: 43, rolloutId: 7, percent },
    config: { data: {}, ...config },
  })

  it('gives to the devices inside the variants of its release, of what it changes alone', () => {
    const overrides = [{ name: 'ios', when: isIos, data: { on: false } }]
    const before = { data: { on: true, same: 1 }, overrides }
    const definition = define(before, candidate({ data: { on: 'yes', same: 1 }, overrides }))
    expect(definition.flags.same).toEqual({
      state: 'ENABLED',
      variants: { default: 1 },
      defaultVariant: 'default',
    })
    expect(definition.flags.on).toMatchObject({
      variants: { default: true, ios: false, 'default@43': 'yes', 'ios@43': false },
      targeting: {
        if: [
          { $ref: 'rollout-7' },
          { if: [{ $ref: 'ios' }, 'ios@43', 'default@43'] },
          ...[{ $ref: 'ios' }, 'ios', 'default'],
        ],
      },
    })
    const inside = Array.from({ length: 100 }, (_, bucket) => ask(definition, 'on', { bucket })[1])
    expect(new Set(inside)).toEqual(new Set(['default', 'default@43']))
  })

  it('at 100 percent reaches all devices that have a bucket, and at 0 percent is not there', () => {
    const [before, after] = [{ data: { on: 1 } }, { data: { on: 2 } }]
    const whole = define(before, candidate(after, 100))
    expect(ask(whole, 'on', { bucket: 0 })[0]).toBe(2)
    expect(ask(whole, 'on')[0]).toBe(1)
    expect(define(before, candidate(after, 0))).toEqual(define(before))
  })

  it('brings another flag with its own default', () => {
    const flagOf = (defaultVariant: string | null) => ({
      search: {
        ...{ state: 'ENABLED' as const, variants: { true: 't', off: 'o' }, defaultVariant },
        targeting: { if: [isIos, true] },
      },
    })
    const definition = define({ flags: flagOf('off') }, candidate({ flags: flagOf(null) }, 100))
    expect(ask(definition, 'search')).toEqual(['o', 'off', 'TARGETING_MATCH', undefined])
    expect(ask(definition, 'search', { bucket: 1 })).toEqual([undefined, undefined, 'DEFAULT', undefined])
    const [value, variant] = ask(definition, 'search', { bucket: 1, platform: 'ios' })
    expect([value, variant]).toEqual(['t', 'true@43'])
  })
})

describe('a definition that would be too large is refused, with the key', () => {
  const independent = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ name: `o${at}`, rollout: 50, data: { theme: { [at]: 1 } } }))

  it.each([
    ['too many combinations', {}, 10, undefined],
    ['too many steps', { steps: 100 }, 10, /Too many overrides/],
    ['too many bytes', { bytes: 1_000 }, 8, /bytes/],
  ])('%s', (_, most, count, detail = /more than 1024 values/) => {
    const whole = { variantsOfKey: 1_024, bytes: 8_000_000, steps: 1_000_000, ...most }
    const make = (overrides: Effective['overrides']) => () =>
      flagdDefinition({ config: { data: { theme: {} }, ...(overrides && { overrides }) } }, metadata, whole)
    const refused = make(independent(count + 1))
    expect(refused).toThrow(detail)
    expect(refused).toThrow('"theme"')
    expect(refused).toThrow(expect.objectContaining({ code: 'definition_too_large' }))
  })

  it('holds 1,024 variants of one key', () => {
    const { flags } = define({ data: { theme: {} }, overrides: independent(10) })
    expect(Object.keys(flags.theme?.variants ?? {})).toHaveLength(1024)
  })
})
