import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Override, Rule } from '../../../../contract/targeting.ts'
import { standingOf } from '../../platform/buckets/in-percentage.ts'
import { compileTargeting } from './compile-targeting.ts'
import { contextOf } from './context.ts'
import { explainOverrides } from './explain-overrides.ts'
import { anyBucket, anyRule, anyValues, attributes, sensibleRule } from './rules.fixture.ts'

const device = {
  ...{ platform: 'ios', appVersion: '2.5.0', country: 'FR', language: 'de-AT' },
  ...{ bucket: 1234, plan: 'free', seats: 3, beta: false },
}
const explain = (override: Partial<Override>, values: Record<string, unknown> = device) => {
  const { context } = contextOf(values, attributes)
  const [explained] = explainOverrides({ overrides: [{ name: 'trial', data: {}, ...override }] }, context)
  return explained
}
const isIos = { '==': [{ var: 'platform' }, 'ios'] }
const inGermany = { in: [{ var: 'country' }, ['DE', 'AT']] }
const isOld = { sem_ver: [{ var: 'appVersion' }, '<', '2.4.0'] }
const isPaid = { '==': [{ var: 'plan' }, 'paid'] }

describe('why an override does not match', () => {
  it.each<[Rule, [string, string][]]>([
    [{ and: [isIos, inGermany, isOld] }, [['/when/and/1', 'country is FR, not one of DE, AT']]],
    [isOld, [['/when', 'appVersion is 2.5.0, not < 2.4.0']]],
    [
      { or: [inGermany, { and: [isIos, isPaid] }] },
      [
        ['/when/or/0', 'country is FR, not one of DE, AT'],
        ['/when/or/1/and/1', 'plan is free, not paid'],
      ],
    ],
    [{ '!': [isIos] }, [['/when/!/0', 'platform is ios']]],
    [{ '!': { or: [isPaid, isIos] } }, [['/when/!/or/1', 'platform is ios']]],
    [{ '!=': [{ var: 'platform' }, 'ios'] }, [['/when', 'platform is ios']]],
    [{ '>': [{ var: 'seats' }, 5] }, [['/when', 'seats is 3, not > 5']]],
    [{ var: 'beta' }, [['/when', 'beta is false']]],
    [{ starts_with: [{ var: 'plan' }, 'pro'] }, [['/when', 'plan is free, not starting with pro']]],
    [{ '==': [{ var: 'language' }, 'mr'] }, [['/when', 'language is de-AT, not mr']]],
    [
      { if: [isPaid, true, isOld] },
      [
        ['/when/if/0', 'plan is free, not paid'],
        ['/when/if/2', 'appVersion is 2.5.0, not < 2.4.0'],
      ],
    ],
    [{ if: [isIos, false] }, [['/when/if/0', 'platform is ios']]],
    [{ missing: ['plan'] }, [['/when', 'plan is free']]],
    [
      { '<': [{ '+': [{ var: 'seats' }, 1] }, 2] },
      [['/when', '{"<":[{"+":[{"var":"seats"},1]},2]} does not hold, where seats is 3']],
    ],
  ])('%j: %j', (when, expected) => {
    const why = expected.map(([pointer, detail]) => ({ pointer, detail }))
    expect(explain({ when })).toEqual({ name: 'trial', matched: false, why })
  })

  it('names what the device does not tell, and what counts in its place', () => {
    expect(explain({ when: { and: [isIos, inGermany] } }, { platform: 'ios' })?.why).toEqual([
      { pointer: '/when/and/1', detail: 'country is absent, not one of DE, AT' },
    ])
    expect(explain({ when: { '<': [{ var: ['bucket', 10_000] }, 500] } }, {})?.why).toEqual([
      { pointer: '/when', detail: 'bucket is absent and counts as 10000, not < 500' },
    ])
  })

  it('says where the bucket stands against the percentage, if the condition holds', () => {
    const standing = standingOf('trial', 1234)
    const out = Math.floor(standing * 100) / 100
    expect(explain({ when: isIos, rollout: out })).toEqual({
      ...{ name: 'trial', matched: false, rollout: { percent: out, standing, included: false } },
      why: [
        {
          pointer: '/rollout',
          detail: `bucket 1234 stands at ${standing} %, and the rollout is at ${out} %`,
        },
      ],
    })
    expect(explain({ rollout: 50 }, {})).toEqual({
      ...{ name: 'trial', matched: false, rollout: { percent: 50, standing: null, included: false } },
      why: [{ pointer: '/rollout', detail: 'the bucket is absent, and the rollout is at 50 %' }],
    })
    expect(explain({ when: inGermany, rollout: 50 })?.why).toEqual([
      { pointer: '/when', detail: 'country is FR, not one of DE, AT' },
    ])
  })

  it('is that flagd fails, where it does', () => {
    expect(explain({ when: { and: [isIos, { '/': [1, 0] }] } })).toMatchObject({
      ...{ matched: false, why: [{ pointer: '/when', detail: expect.stringContaining('flagd fails') }] },
    })
  })

  it('cuts what is long', () => {
    const countries = Array.from({ length: 30 }, (_, at) => `A${String.fromCharCode(65 + (at % 26))}`)
    expect(explain({ when: { in: [{ var: 'country' }, countries] } })?.why[0]?.detail).toContain(
      'and 20 more',
    )
    expect(explain({ when: { '==': [{ var: 'plan' }, 'x'.repeat(200)] } })?.why[0]?.detail).toHaveLength(101)
  })
})

describe('why an override matches', () => {
  it.each<[Partial<Override>, [string, string][]]>([
    [{}, [['', 'it is for every device']]],
    [{ when: isIos }, [['/when', 'platform is ios']]],
    [
      { when: { and: [isIos, { or: [isPaid, { in: [{ var: 'country' }, ['DE', 'FR']] }] }] } },
      [
        ['/when/and/0', 'platform is ios'],
        ['/when/and/1/or/1', 'country is FR, one of DE, FR'],
      ],
    ],
    [{ when: { '!': [isPaid] } }, [['/when/!/0', 'plan is free, not paid']]],
    [{ when: { '!==': [{ var: 'seats' }, null] } }, [['/when', 'seats is 3']]],
    [
      { when: { sem_ver: [{ var: 'appVersion' }, '^', '2.0.0'] } },
      [['/when', 'appVersion is 2.5.0, ^ 2.0.0']],
    ],
    [{ when: { if: [isIos, true, false] } }, [['/when/if/0', 'platform is ios']]],
  ])('%j: %j', (override, expected) => {
    const why = expected.map(([pointer, detail]) => ({ pointer, detail }))
    expect(explain(override)).toEqual({ name: 'trial', matched: true, why })
  })

  it('says where the bucket stands too', () => {
    const standing = standingOf('trial', 1234)
    expect(explain({ when: isIos, rollout: 99.99 })?.why).toEqual([
      { pointer: '/when', detail: 'platform is ios' },
      { pointer: '/rollout', detail: `bucket 1234 stands at ${standing} %, and the rollout is at 99.99 %` },
    ])
  })
})

describe('the explanation', () => {
  it('agrees with what matches, has a reason, and never throws', () => {
    const when = fc.oneof(sensibleRule, anyRule) as fc.Arbitrary<Rule>
    const rollout = fc.constantFrom(undefined, 0, 30, 100)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(when, rollout), { maxLength: 4 }),
        anyValues,
        anyBucket,
        (all, values, bucket) => {
          const overrides = all.map(([rule, percent], at) => ({
            ...{ name: `o${at}`, when: rule, data: {} },
            ...(percent !== undefined && { rollout: percent }),
          }))
          const { context } = contextOf({ ...values, bucket }, attributes)
          const explained = explainOverrides({ overrides }, context)
          const matched = compileTargeting({ overrides, attributes }, () => {})?.match(context) ?? []
          expect(explained.flatMap((one, place) => (one.matched ? [place] : []))).toEqual(matched)
          for (const { why } of explained) expect(why.length).toBeGreaterThan(0)
        },
      ),
      { numRuns: 500 },
    )
  })
})
