import { describe, expect, it } from 'vitest'
import { rememberOutcomes } from './outcome-tables.ts'
import type { Values } from './rule-values.ts'

const question = (attributes: readonly string[] | undefined, answer: (values: Values) => number) => {
  const asked: Values[] = []
  return {
    ...{ asked, attributes },
    answer(values: Values) {
      asked.push(values)
      return answer(values)
    },
  }
}

describe('outcomes', () => {
  it('are asked for once for the same values of what they depend on', () => {
    const platform = question(['platform'], ({ platform }) => (platform === 'ios' ? 1 : 0))
    const both = question(['country', 'platform'], ({ country }) => (country === 'DE' ? 7 : 65_534))
    const constant = question([], () => 3)
    const ask = rememberOutcomes([platform, both, constant])
    const answersTo = (values: Values) => [0, 1, 2].map(ask(values))
    expect(answersTo({ platform: 'ios', country: 'DE' })).toEqual([1, 7, 3])
    expect(answersTo({ platform: 'ios', country: 'FR', bucket: 1 })).toEqual([1, 65_534, 3])
    expect(answersTo({ platform: 'web', country: 'DE' })).toEqual([0, 7, 3])
    expect(answersTo({ platform: 'ios', country: 'DE', bucket: 2 })).toEqual([1, 7, 3])
    expect([platform, both, constant].map(({ asked }) => asked.length)).toEqual([2, 3, 1])
  })

  it('are told apart by the types of values, and by what is absent', () => {
    const typeOf = question(['plan'], ({ plan }) =>
      ['string', 'number', 'boolean', 'undefined'].indexOf(typeof plan),
    )
    const typesOf = question(['plan', 'seats'], ({ plan }) => (plan === undefined ? 0 : plan === '' ? 1 : 2))
    const ask = rememberOutcomes([typeOf, typesOf])
    const answersTo = (values: Values) => [0, 1].map(ask(values))
    expect(['1', 1, true, undefined].map((plan) => answersTo({ plan })[0])).toEqual([0, 1, 2, 3])
    expect([undefined, '', 'undefined'].map((plan) => answersTo({ plan })[1])).toEqual([0, 1, 2])
  })

  it('are asked for each time where it is not known what they depend on', () => {
    const timed = question(undefined, () => 0)
    const ask = rememberOutcomes([timed])
    for (let times = 0; times < 3; times++) expect(ask({})(0)).toBe(0)
    expect(timed.asked).toHaveLength(3)
  })

  it('stay right whatever values come, and are not kept for ever', () => {
    const length = question(['plan'], ({ plan }) => String(plan).length)
    const ask = rememberOutcomes([length])
    for (let at = 0; at < 20_000; at++) {
      const plan = `${at}${'x'.repeat(at % 200)}`
      expect(ask({ plan })(0)).toBe(plan.length)
    }
    expect(length.asked).toHaveLength(20_000)
    expect(ask({ plan: '0' })(0)).toBe(1)
    expect(length.asked).toHaveLength(20_001)
  })
})
