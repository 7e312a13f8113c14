import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateWithFlagd } from '../targeting/flagd.fixture.ts'
import { anyRule, sensibleRule } from '../targeting/rules.fixture.ts'
import { excludesEachOther, requiredValues } from './required-values.ts'

const country = { var: 'country' }
const excludes = (one: unknown, other: unknown): boolean =>
  excludesEachOther(requiredValues(one), requiredValues(other))

describe('conditions that exclude each other', () => {
  it.each([
    [{ '==': [country, 'DE'] }, { '==': ['FR', country] }],
    [{ '===': [{ var: ['country'] }, 'DE'] }, { in: [country, ['FR', 'IT']] }],
    [
      { and: [{ '==': [country, 'DE'] }, { var: 'beta' }] },
      { and: [{ in: [country, ['DE', 'FR']] }, { in: [country, ['FR']] }] },
    ],
    [{ in: [country, []] }, { '==': [country, 'DE'] }],
  ])('are %j and %j', (one, other) => {
    expect(excludes(one, other)).toBe(true)
    expect(excludes(other, one)).toBe(true)
  })

  it.each([
    [{ '==': [country, 'DE'] }, { in: [country, ['DE', 'FR']] }],
    [{ '==': [country, 'DE'] }, { '==': [{ var: 'language' }, 'de'] }],
    [{ '==': [country, 'DE'] }, { '!=': [country, 'DE'] }],
    [{ '==': [country, 'DE'] }, { or: [{ '==': [country, 'FR'] }] }],
    // Absent, it is both.
    [{ '==': [{ var: ['country', 'DE'] }, 'DE'] }, { '==': [{ var: ['country', 'FR'] }, 'FR'] }],
    // The number 1 equals both.
    [{ '==': [{ var: 'plan' }, '1'] }, { '==': [{ var: 'plan' }, '1.0'] }],
    // A part of a text.
    [{ in: [country, 'DEFR'] }, { '==': [country, 'EF'] }],
    [true, null],
  ])('are not %j and %j', (one, other) => {
    expect(excludes(one, other)).toBe(false)
  })

  it('never hold together, whatever the device', () => {
    const telling = fc
      .tuple(
        fc.constantFrom('==', '===', 'in'),
        fc.constantFrom<unknown>('a', 'b', 'c', ['a', 'c'], ['b'], ['b', 'c'], '1', '1.0', '', 1, ['a', '1']),
      )
      .map(([operation, operand]) => ({ [operation]: [{ var: 'plan' }, operand] }))
    const rule = fc.oneof(
      telling,
      fc.tuple(telling, fc.oneof(sensibleRule, anyRule)).map((parts) => ({ and: parts })),
      sensibleRule,
    )
    const values = fc.record(
      {
        plan: fc.constantFrom('1', '1.0', '', 'a', 'b', 1, 0, true, false, null),
        country: fc.constantFrom('DE', 'FR'),
        platform: fc.constantFrom('ios', 'android'),
        language: fc.constantFrom('de', 'en'),
      },
      { requiredKeys: [] },
    )
    let found = 0
    fc.assert(
      fc.property(rule, rule, fc.array(values, { minLength: 1 }), (one, other, contexts) => {
        if (!excludes(one, other)) return
        found += 1
        const both = [one, other].map((each) => evaluateWithFlagd(each))
        for (const context of contexts) {
          const holding = both.filter((holds) => {
            try {
              return holds(context)
            } catch {
              return false
            }
          })
          expect(holding.length).toBeLessThan(2)
        }
      }),
      { numRuns: 1000 },
    )
    expect(found).toBeGreaterThan(10)
  })
})
