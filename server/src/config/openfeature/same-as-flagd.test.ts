import { FlagdCore, MemoryStorage } from '@openfeature/flagd-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Flag } from '../../../../contract/targeting.ts'
import { isInRollout } from '../../platform/buckets/is-in-rollout.ts'
import type { Effective } from '../effective.ts'
import { compileTargeting, type FlagResult } from '../targeting/compile-targeting.ts'
import type { Context } from '../targeting/context.ts'
import { layOverrides } from '../targeting/lay-overrides.ts'
import { anyContext, anyLive, toValues } from './definitions.fixture.ts'
import { type FlagdDefinition, flagdDefinition, type Live } from './flagd-definition.ts'

const silent = { error() {}, warn() {}, info() {}, debug() {} }
const metadata = { appId: 'shop', channel: 'stable', revision: 42, configVersion: '1.0.0' }
const modes = [true, false].map((disableDynamicCodeGeneration) => ({ disableDynamicCodeGeneration }))

/** What flagd-core makes of a definition, in the text that goes over the wire. */
const open = (definition: FlagdDefinition, options = modes[0] ?? {}) => {
  const core = new FlagdCore(undefined, silent, options)
  core.setConfigurations(JSON.stringify(definition))
  return core
}

/** Our own answer: what a device gets of data, and of flags. */
const answerOf = ({ config, candidate }: Live, context: Context) => {
  const { bucket } = context
  const isInside =
    candidate && bucket !== undefined && isInRollout(candidate.rolloutId, bucket, candidate.percent)
  const given = (isInside ? candidate.config : config) as Effective
  const targeting = compileTargeting(given, () => {})
  const matched = targeting?.match(context) ?? []
  return {
    data: layOverrides(given.data, given.overrides ?? [], matched),
    flags: targeting?.evaluateFlags(context) ?? {},
    definitions: given.flags ?? {},
  }
}

describe('the flagd definition of an app', () => {
  it.each(modes)(
    'gives by flagd-core (%j) what the server answers, whatever the rules and the device',
    (mode) => {
      fc.assert(
        fc.property(anyLive, fc.array(anyContext, { minLength: 1, maxLength: 8 }), (live, contexts) => {
          const core = open(flagdDefinition(live, metadata), mode)
          for (const context of contexts) {
            const { data, flags, definitions } = answerOf(live, context)
            const resolve = (key: string) => core.getFlag(key)?.evaluate(toValues(context) as never)
            for (const key of new Set([...Object.keys(data), ...core.getFlags().keys()])) {
              if (Object.hasOwn(definitions, key)) continue
              const { value, errorCode } = resolve(key) ?? {}
              expect([key, value ?? null, errorCode]).toEqual([key, data[key] ?? null, undefined])
            }
            for (const [key, expected] of Object.entries(flags)) expectFlag(live, key, expected, resolve(key))
          }
        }),
        { numRuns: 100 },
      )
    },
  )
})

/** Where a rollout brings another flag of this name, its variants are named after it, and the choice between both is a rule. */
const expectFlag = (
  { config, candidate }: Live,
  key: string,
  expected: FlagResult,
  found: ReturnType<NonNullable<ReturnType<FlagdCore['getFlag']>>['evaluate']> | undefined,
): void => {
  const { value, variant, reason, errorCode } = found ?? {}
  expect([key, value, errorCode]).toEqual([key, expected.value, expected.errorCode])
  const other = candidate?.config.flags?.[key]
  if (
    !candidate ||
    candidate.percent === 0 ||
    JSON.stringify(config.flags?.[key]) === JSON.stringify(other)
  ) {
    expect([key, variant, reason]).toEqual([key, expected.variant, expected.reason])
  } else {
    expect(variant?.replace(/@43$/, '')).toBe(expected.variant)
  }
}

/** What flagd's schema has no type for: an array, and variants of several types. */
const isTyped = ({ variants }: Flag): boolean => {
  const types = Object.values(variants).map((value) => (Array.isArray(value) ? 'array' : typeof value))
  return !types.includes('array') && new Set(types).size === 1
}

describe('the text of a definition', () => {
  it("is valid by flagd's own schema, but for arrays and for values of several types", () => {
    fc.assert(
      fc.property(anyLive, (live) => {
        const { flags, ...others } = flagdDefinition(live, metadata)
        const typed = Object.entries(flags).filter(([, flag]) => isTyped(flag))
        const text = JSON.stringify({ ...others, flags: Object.fromEntries(typed) })
        new MemoryStorage(silent, modes[0]).setConfigurations(text, true)
      }),
      { numRuns: 100 },
    )
  })
})
