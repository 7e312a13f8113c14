import { describe, expect, it } from 'vitest'
import type { Rule } from '../../../../contract/targeting.ts'
import { checkRules } from './check-rules.ts'
import { attributes } from './rules.fixture.ts'

const isIos = { '==': [{ var: 'platform' }, 'ios'] }
const seatsTold = { '!==': [{ var: 'seats' }, null] }
const fewSeats = { '<': [{ var: 'seats' }, 5] }
const checkWhen = (when: Rule) => checkRules({ overrides: [{ name: 'few', when, data: {} }] }, attributes)
const at = (place: string) => `/overrides/0/when${place}`

describe('a comparison with what a device may not tell', () => {
  it.each<Rule>([
    { and: [seatsTold, fewSeats] },
    { and: [fewSeats, seatsTold] },
    { if: [seatsTold, fewSeats, false] },
    { if: [{ '===': [{ var: 'seats' }, null] }, false, fewSeats] },
    { if: [{ and: [seatsTold, fewSeats] }, false, isIos] },
    { '<': [{ var: ['bucket', 10_000] }, 500] },
    { '<': [0, { var: ['seats', 0] }, 10] },
    { '!=': [{ var: 'country' }, 'DE'] },
    { '==': [{ var: 'country' }, null] },
    { '!': fewSeats },
    { and: [isIos, { '!': [{ and: [isIos, fewSeats] }] }] },
    { '>': [{ var: 'seats' }, 5] },
    { '!': { '==': [{ var: 'seats' }, 5] } },
    { and: [seatsTold, { '!': { '>': [{ var: 'seats' }, 5] } }] },
    { '!': { '<': [{ var: ['bucket', 0] }, 500] } },
    { '!': { '!=': [{ var: 'platform' }, 'ios'] } },
    { if: [{ '!=': [{ var: 'platform' }, 'ios'] }, false, true] },
    { '<': [{ or: [{ var: 'seats' }, 7] }, 5] },
    { '<': [{ or: [{ var: 'bucket' }, { var: 'seats' }, 7] }, 5] },
  ])(
    'is accepted where it is asked first, has something in its place, or does not let them in: %j',
    (when) => {
      expect(checkWhen(when).errors).toEqual([])
    },
  )

  it.each<[Rule, string, string]>([
    [{ '==': [{ var: ['seats', null] }, 0] }, '', 'seats'],
    [fewSeats, '', 'seats'],
    [{ and: [isIos, { '<=': [{ var: 'seats' }, 0] }] }, '/and/1', 'seats'],
    [{ '==': [{ var: 'seats' }, 0] }, '', 'seats'],
    [{ '==': [{ var: 'beta' }, false] }, '', 'beta'],
    [{ '>=': [{ var: 'seats' }, 0] }, '', 'seats'],
    [{ '>': [3, { var: 'seats' }] }, '', 'seats'],
    [{ or: [isIos, fewSeats] }, '/or/1', 'seats'],
    [{ if: [isIos, fewSeats, false] }, '/if/1', 'seats'],
    [{ if: [{ '!': [fewSeats] }, false, isIos] }, '/if/0/!/0', 'seats'],
    [{ '<': [{ '+': [{ var: 'seats' }, 1] }, 5] }, '', 'seats'],
    [{ '<': [{ var: 'bucket' }, 500] }, '', 'bucket'],
    [{ and: [{ '!=': [{ var: 'country' }, 'DE'] }, fewSeats] }, '/and/1', 'seats'],
    [{ or: [seatsTold, fewSeats] }, '/or/1', 'seats'],
    [{ '==': [fewSeats, true] }, '/==/0', 'seats'],
    [{ '!': [{ '!': [fewSeats] }] }, '/!/0/!/0', 'seats'],
    [{ '!': { '>': [{ var: 'seats' }, 5] } }, '/!', 'seats'],
    [
      { and: [isIos, { '!': [{ or: [isIos, { '>=': [{ var: 'bucket' }, 500] }] }] }] },
      '/and/1/!/0/or/1',
      'bucket',
    ],
    [{ '!': { '!=': [{ var: 'beta' }, false] } }, '/!', 'beta'],
    [{ '!': { '!=': [{ var: 'seats' }, 0] } }, '/!', 'seats'],
    [{ '!': { or: [{ '!=': [{ var: 'beta' }, false] }, isIos] } }, '/!/or/0', 'beta'],
    [{ if: [{ '!=': [{ var: 'seats' }, 0] }, false, true] }, '/if/0', 'seats'],
    [{ '==': [{ var: ['bucket', { var: 'seats' }] }, 0] }, '', 'seats'],
    [{ '==': [{ or: [{ var: 'bucket' }, { var: 'seats' }] }, 0] }, '', 'seats'],
    [{ '<': [{ if: [{ '!==': [{ var: 'platform' }, 'ios'] }, { var: 'seats' }, 7] }, 5] }, '', 'seats'],
    [{ fractional: [{ cat: ['s', { var: 'bucket' }] }, [true, 50], [true, 50]] }, '', 'bucket'],
  ])('that lets in who does not tell is refused: %j', (when, place, attribute) => {
    const { errors } = checkWhen(when)
    expect(errors).toEqual([
      {
        code: 'invalid_rule',
        pointer: at(place),
        detail: expect.stringContaining(`do not tell their ${attribute}`),
      },
    ])
    const fix = attribute === 'bucket' ? '{"var": ["bucket", 10000]}' : `=": [{"var": "${attribute}"}, null]}`
    expect(errors[0]?.detail).toContain(fix)
  })

  const manySeats = { '>': [{ var: 'seats' }, 5] }
  const someSeats = { '!=': [{ var: 'seats' }, 0] }
  it.each<[Rule, string, (asked: Rule) => Rule]>([
    [fewSeats, 'in an and.', (asked) => ({ and: [asked, fewSeats] })],
    [{ '!': manySeats }, 'in an or.', (asked) => ({ '!': { or: [asked, manySeats] } })],
    [
      { if: [someSeats, false, true] },
      'in an or.',
      (asked) => ({ if: [{ or: [asked, someSeats] }, false, true] }),
    ],
  ])('is refused with what mends it: %j', (when, where, mend) => {
    const [{ detail = '' } = {}] = checkWhen(when).errors
    expect(detail).toContain(where)
    const asked: Rule = JSON.parse(/ask (\{.*\}) before it/.exec(detail)?.[1] ?? 'null')
    expect(checkWhen(mend(asked)).errors).toEqual([])
  })

  it('is told that two attributes are the same where both are absent', () => {
    const { errors } = checkWhen({ '==': [{ var: 'plan' }, { var: 'country' }] })
    expect(errors.map(({ detail }) => detail)).toEqual([
      expect.stringContaining('their plan'),
      expect.stringContaining('their country'),
    ])
  })
})
