import { describe, expect, it } from 'vitest'
import type { Flag, Rule } from '../../../../contract/targeting.ts'
import { checkRules } from './check-rules.ts'
import { attributes } from './rules.fixture.ts'

const isIos = { '==': [{ var: 'platform' }, 'ios'] }
const fewSeats = { '<': [{ var: 'seats' }, 5] }
const checkTargeting = (targeting: Rule, variants: Flag['variants'] = { on: true, off: false }) =>
  checkRules({ flags: { 'a/b': { state: 'ENABLED', variants, targeting } } }, attributes)

describe('the targeting of a flag', () => {
  it.each<Rule>([
    {},
    { if: [isIos, 'on', 'off'] },
    { if: [isIos, 'on'] },
    { if: [{ '>': [{ var: '$flagd.timestamp' }, 1_700_000_000] }, 'on', 'off'] },
    {
      fractional: [
        ['on', 50],
        ['off', 50],
      ],
    },
    { fractional: [{ var: 'plan' }, ['on', 50], ['off']] },
    { fractional: [{ cat: [{ var: '$flagd.flagKey' }, { var: 'plan' }] }, ['on', 50], ['off', 50]] },
    { fractional: [{ var: 'targetingKey' }, [{ if: [isIos, 'on', 'off'] }, { '*': [2, 25] }], ['off', 50]] },
    { and: [false, 'on'] },
    { or: [{ if: [isIos, 'on'] }, 'off'] },
  ])('%j is accepted', (targeting) => {
    const variants = { on: true, off: false, false: 0 }
    expect(checkTargeting(targeting, variants)).toMatchObject({ errors: [], warnings: [] })
  })

  it.each<[Rule, string, string]>([
    [{ if: [isIos, 'in', 'off'] }, '/if/1', 'may give "in", and the variants are on, off'],
    [isIos, '', 'may give true'],
    [{ and: [isIos, 'on'] }, '/and/0', 'may give false'],
    [
      {
        fractional: [
          ['on', 50],
          ['other', 50],
        ],
      },
      '/fractional/1/0',
      'may give "other"',
    ],
    [{ if: [{ var: 'paln' }, 'on'] }, '/if/0', 'no attribute that is declared'],
    [{ fractional: [{ var: 'seats' }, ['on', 50]] }, '/fractional/0', 'divides by a text'],
  ])('%j is refused', (targeting, place, detail) => {
    const { errors } = checkTargeting(targeting)
    expect(errors[0]).toEqual({
      code: 'invalid_rule',
      pointer: `/flags/a~1b/targeting${place}`,
      detail: expect.stringContaining(detail),
    })
  })

  it('is warned about where it holds for who does not tell, and where any text may come out', () => {
    const absent = checkTargeting({ if: [fewSeats, 'on', 'off'] })
    expect(absent).toMatchObject({ errors: [], warnings: [{ pointer: '/flags/a~1b/targeting/if/0' }] })
    const any = checkTargeting({ var: 'plan' })
    expect(any).toMatchObject({
      errors: [],
      warnings: [{ pointer: '/flags/a~1b/targeting' }],
      used: ['plan'],
    })
    expect(any.warnings[0]?.detail).toContain('where it is none of on, off')
  })

  it('is of a flag whose default variant there is', () => {
    const { errors } = checkRules(
      { flags: { x: { state: 'ENABLED', variants: { on: 1 }, defaultVariant: 'off' } } },
      {},
    )
    expect(errors).toMatchObject([{ pointer: '/flags/x/defaultVariant' }])
    const none = { x: { state: 'ENABLED' as const, variants: { on: 1 }, defaultVariant: null }, y: null }
    expect(checkRules({ flags: none }, {})).toEqual({ errors: [], warnings: [], used: [] })
  })
})
