import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Flag, Override, Rule } from '../../../../contract/targeting.ts'
import { type CheckedRules, checkRules, type Ruled } from './check-rules.ts'
import { attributes } from './rules.fixture.ts'

const overrides = (when: unknown): Ruled => ({
  overrides: [
    { name: 'first', data: {} },
    { name: 'second', data: {}, when: when as Override['when'] },
  ],
})
const flags = (targeting: unknown, flag: Partial<Flag> = {}): Ruled => ({
  flags: {
    'a/b': {
      state: 'ENABLED',
      variants: { on: true, off: false },
      ...flag,
      targeting: targeting as Flag['targeting'],
    },
  },
})
const placesOf = (found: CheckedRules['errors']) => found.map(({ pointer }) => pointer)
const checkWhen = (when: unknown) => checkRules(overrides(when), attributes)
const checkTargeting = (targeting: unknown, flag?: Partial<Flag>) =>
  checkRules(flags(targeting, flag), attributes)
const at = (place: string) => `/overrides/1/when${place}`

const isIos = { '==': [{ var: 'platform' }, 'ios'] }
const seatsTold = { '!==': [{ var: 'seats' }, null] }
const fewSeats = { '<': [{ var: 'seats' }, 5] }

describe('a condition of an override', () => {
  it.each<Rule>([
    isIos,
    { and: [isIos, { sem_ver: [{ var: 'appVersion' }, '<', '2.4.0'] }] },
    { or: [isIos, { '!': isIos }, { '!!': [{ var: 'beta' }] }] },
    { if: [isIos, { var: 'beta' }, { in: [{ var: 'country' }, ['DE', 'AT']] }] },
    { in: ['pro', { var: 'plan' }] },
    { '<': [{ var: ['bucket', 10_000] }, 500] },
    { and: [seatsTold, fewSeats] },
    { '<': [0, { var: ['seats', 0] }, 10] },
    { '>': [{ '%': [{ var: ['bucket', 0] }, 100] }, 50] },
    { '!=': [{ var: 'country' }, 'DE'] },
    { '==': [{ var: 'country' }, null] },
    { '!': { '<': [{ var: 'seats' }, 5] } },
    { starts_with: [{ var: 'language' }, 'de'] },
    { ends_with: [{ var: 'plan' }, '-trial'] },
    { in: [{ var: 'appVersion' }, ['2.3.0', '2.3.1']] },
    { missing: ['country', 'plan'] },
    { missing_some: [1, ['country', 'plan']] },
    { '==': [{ substr: [{ var: ['plan', ''] }, 0, 3] }, 'pro'] },
    { '==': [{ cat: [{ var: 'country' }, '-', { var: 'language' }] }, 'DE-de'] },
    { '>=': [{ max: [{ var: ['seats', 0] }, 3] }, 4] },
    { '==': [{ fractional: [{ cat: ['a', { var: ['bucket', 0] }] }, ['on', 50], ['off', 50]] }, 'none'] },
    { '==': [{ var: 'beta' }, true] },
    { sem_ver: [{ var: 'engine' }, '^', '2.0.0-rc.1+7'] },
  ])('%j is accepted', (when) => {
    expect(checkWhen(when)).toMatchObject({ errors: [], warnings: [] })
  })

  it.each<[string, unknown, string, string]>([
    ['for nobody', {}, '', 'leave `when` away'],
    ['with two members', { and: [{ '==': [1, 1], '!=': [1, 2] }] }, '/and/0', 'one member'],
    ['that is not known', { or: [isIos, { near: [1] }] }, '/or/1', '"near" is no operation. There are var, '],
    ['that every object has', { constructor: [1] }, '', '"constructor" is no operation'],
    ['of another name', { '&&': [isIos] }, '', '&& is called and in flagd'],
    ['that goes through lists', { some: [[1], { '==': [{ var: '' }, 1] }] }, '', 'no attribute is one'],
    ['of a file of flagd', { and: [{ $ref: 'isIos' }] }, '/and/0', 'write the rule out'],
    ['with too few operands', { '==': [{ var: 'plan' }] }, '', '== takes 2 operands in a list, and has 1'],
    ['with too many operands', { in: ['DE', 'DE', 'AT'] }, '', 'in takes 2 operands'],
    ['with operands in no list', { and: isIos }, '', 'and takes a list'],
    ['with an operand of nothing', { '!': [] }, '', '! takes 1 operand in a list, and has 0'],
  ])('with an operation %s is refused', (_, when, place, detail) => {
    const { errors } = checkWhen(when)
    expect(errors).toEqual([
      { code: 'invalid_rule', pointer: at(place), detail: expect.stringContaining(detail) },
    ])
  })

  it.each<[string, unknown, string, string]>([
    [
      'nobody declared',
      { '==': [{ var: 'paln' }, 'free'] },
      '/==/0',
      '"paln" is no attribute that is declared. There are platform',
    ],
    ['made up', { var: { cat: ['pl', 'an'] } }, '', 'a computed one cannot be checked'],
    ['inside another', { var: 'plan.name' }, '', 'no attribute that is declared'],
    ['of all there is', { var: '' }, '', 'no attribute that is declared'],
    ['missing for ever', { missing: ['country', 'paln'] }, '/missing/1', '"paln" is no attribute'],
    [
      'missing for ever of some',
      { missing_some: [1, ['paln']] },
      '/missing_some/1/0',
      '"paln" is no attribute',
    ],
    ['of no name', { var: [] }, '', 'var takes a name'],
    ['that is for flags: the key', { '==': [{ var: 'targetingKey' }, 'x'] }, '/==/0', 'ask for the bucket'],
    ['that is for flags: the time', { '>': [{ var: '$flagd.timestamp' }, 5] }, '/>/0', 'schedule a release'],
    ['that is for flags: the flag', { '==': [{ var: '$flagd.flagKey' }, 'x'] }, '/==/0', 'for flags alone'],
  ])('that asks for an attribute %s is refused', (_, when, place, detail) => {
    const { errors } = checkWhen(when)
    expect(errors).toEqual([
      { code: 'invalid_rule', pointer: at(place), detail: expect.stringContaining(detail) },
    ])
  })

  it.each<[string, unknown, string, string]>([
    [
      'a text with a number',
      { '==': [{ var: 'platform' }, 1] },
      '',
      'compares a text or nothing with a number',
    ],
    ['a text with true', { '==': [{ var: 'plan' }, true] }, '', 'with true or false'],
    ['a number with a text', { '>': [{ var: ['bucket', 0] }, 'many'] }, '', 'flagd fails on a text'],
    ['a list', { '==': [{ var: 'plan' }, ['free']] }, '', 'with a list'],
    [
      'texts by +',
      { '>': [{ '+': [{ var: 'plan' }, 1] }, 1] },
      '/>/0/+/0',
      '+ takes numbers, and this is a text or nothing',
    ],
    [
      'by 0',
      { '>': [{ '/': [{ var: ['bucket', 0] }, 0] }, 1] },
      '/>/0///1'.replace('///', '/~1/'),
      'division by 0',
    ],
    ['by what may be 0', { '>': [{ '%': [5, { var: 'bucket' }] }, 1] }, '/>/0/%/1', 'written out and not 0'],
    [
      'beyond all numbers',
      { '>': [{ '*': [1e200, { '*': [1e200, 2] }] }, 1] },
      '/>/0',
      'greater than a number can be',
    ],
    [
      'the greatest of nothing',
      { '>': [{ max: [{ var: 'seats' }, 1] }, 1] },
      '/>/0/max/0',
      '{"var": ["seats", 0]}',
    ],
    ['a part of nothing', { substr: [{ var: 'plan' }, 1] }, '/substr/0', '{"var": ["plan", ""]}'],
    ['cat of nothing', { '==': [{ cat: { var: 'plan' } }, 'x'] }, '/==/0', '{"var": ["plan", "none"]}'],
    ['in a number', { in: ['5', { var: 'seats' }] }, '/in/1', 'looks into a list or a text'],
    ['a number in a text', { in: [5, { var: 'plan' }] }, '/in/0', 'looks for a text in a text'],
    ['the start of a number', { starts_with: [{ var: 'seats' }, '5'] }, '/starts_with/0', 'takes two texts'],
    ['versions by no relation', { sem_ver: [{ var: 'engine' }, '==', '2.0.0'] }, '/sem_ver/1', 'Equal is ='],
    ['with half a version', { sem_ver: [{ var: 'engine' }, '<', '2.4'] }, '/sem_ver/2', 'write 2.4.0'],
    [
      'a number as a version',
      { sem_ver: [{ var: 'seats' }, '<', '2.4.0'] },
      '/sem_ver/0',
      'declare it as a version',
    ],
    [
      'versions as texts',
      { '==': [{ var: 'appVersion' }, '2.4.0'] },
      '',
      'is a version, which == compares as a text',
    ],
    ['versions in the order of texts', { '<': [{ var: 'engine' }, '10.0.0'] }, '', 'sem_ver'],
    [
      'a half version in a list',
      { in: [{ var: 'osVersion' }, ['17.0.0', '17']] },
      '/in/1/1',
      'no full version',
    ],
    ['iOS', { '==': [{ var: 'platform' }, 'iOS'] }, '/==/1', 'write "ios"'],
    ['a country in lower case', { in: [{ var: 'country' }, ['DE', 'at']] }, '/in/1/1', 'write "AT"'],
    ['the United Kingdom', { '!=': [{ var: 'country' }, 'UK'] }, '/!=/1', 'write "GB"'],
    ['a country by name', { '==': [{ var: 'country' }, 'Germany'] }, '/==/1', 'country is never "Germany"'],
    ['a language of another spelling', { '==': ['pt_br', { var: 'language' }] }, '/==/0', 'write "pt-BR"'],
    [
      'a language that is none',
      { starts_with: [{ var: 'language' }, 'd'] },
      '/starts_with/1',
      'language is never "d"',
    ],
    [
      'a number with its text',
      { in: [{ var: 'seats' }, [5, '6']] },
      '/in/1/1',
      'seats is never "6": it is a number',
    ],
    [
      'strictly what is of another type',
      { '!==': [{ var: 'beta' }, 'true'] },
      '/!==/1',
      'beta is never "true"',
    ],
    ['0 with null', { '!=': [{ var: 'bucket' }, null] }, '/!=/1', '{"!==": [{"var": "bucket"}, null]}'],
    [
      'no key of fractional',
      {
        fractional: [
          ['on', 5],
          ['off', 95],
        ],
      },
      '',
      'says what it divides by',
    ],
    [
      'a key that may be absent',
      { fractional: [{ var: 'plan' }, ['on', 5]] },
      '/fractional/0',
      'divides by a text',
    ],
    ['a weight of a half', { fractional: ['a', ['on', 0.5]] }, '/fractional/1', 'a whole number'],
    ['a variant alone', { fractional: ['a', 'on'] }, '/fractional/1', 'lists of a variant and a weight'],
    ['into nothing', { fractional: ['a'] }, '', 'divides into nothing'],
    ['too great weights', { fractional: ['a', ['on', 2e9], ['off', 2e9]] }, '', 'at most 2147483647'],
  ])('that compares or counts %s is refused', (_, when, place, detail) => {
    const { errors } = checkWhen(when)
    expect(errors).toEqual([
      { code: 'invalid_rule', pointer: at(place), detail: expect.stringContaining(detail) },
    ])
  })

  it('is refused beyond 32 levels, 250 operations or 1,000 values', () => {
    const nested = (levels: number): unknown => (levels === 0 ? isIos : { '!': [nested(levels - 1)] })
    expect(placesOf(checkWhen(nested(31)).errors)).toEqual([])
    expect(placesOf(checkWhen(nested(5000)).errors)).toEqual([at('/!/0'.repeat(33))])
    const many = (count: number) => ({ or: Array.from({ length: count }, () => ({ var: 'beta' })) })
    expect(placesOf(checkWhen(many(249)).errors)).toEqual([])
    expect(placesOf(checkWhen(many(900)).errors)).toEqual([at('/or/249')])
    expect(placesOf(checkWhen(many(1001)).errors)).toEqual([at('')])
    const values = (count: number) => Array.from({ length: count }, (_, place) => `plan-${place}`)
    expect(placesOf(checkWhen({ in: [{ var: 'plan' }, values(1000)] }).errors)).toEqual([])
    expect(placesOf(checkWhen({ in: [{ var: 'plan' }, values(1001)] }).errors)).toEqual([at('/in/1')])
  })

  it('is refused where the rules of a config have together more than 10,000 operations', () => {
    const when = { or: Array.from({ length: 249 }, () => ({ var: 'beta' })) }
    const rules = (count: number) => ({
      overrides: Array.from({ length: count }, (_, place) => ({ name: `o${place}`, when, data: {} })),
    })
    expect(placesOf(checkRules(rules(40), attributes).errors)).toEqual([])
    expect(placesOf(checkRules(rules(45), attributes).errors)).toEqual(['/overrides/40/when'])
  })

  it('tells the first twenty mistakes', () => {
    const when = { and: Array.from({ length: 100 }, () => ({ var: 'paln' })) }
    expect(checkWhen(when).errors).toHaveLength(20)
  })

  it('tells every mistake, each once, and which attributes of the app it asks for', () => {
    const when = {
      and: [
        { '==': [{ var: 'paln' }, 1] },
        { sem_ver: [{ var: 'engine' }, '<', '2'] },
        { var: 'beta' },
        isIos,
      ],
    }
    const checked = checkWhen(when)
    expect(placesOf(checked.errors)).toEqual([at('/and/0/==/0'), at('/and/1/sem_ver/2')])
    expect(checked.used).toEqual(['beta', 'engine'])
  })
})

describe('what is checked', () => {
  it('is refused once, where its rules have more than 10,000 operations in all', () => {
    const when = { or: Array.from({ length: 100 }, () => isIos) }
    const many = (length: number): Ruled => ({
      overrides: Array.from({ length }, (_, n) => ({ name: `o${n}`, when, data: {} })),
    })
    expect(checkRules(many(49), attributes).errors).toEqual([])
    const { errors } = checkRules({ ...many(60), ...flags(when) }, attributes)
    expect(errors).toEqual([
      { code: 'invalid_rule', pointer: '/overrides/49/when', detail: expect.stringContaining('10000') },
    ])
  })

  it('may be anything that JSON can say', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (when, targeting) => {
        expect(checkWhen(when).errors).toEqual(expect.any(Array))
        expect(checkTargeting(targeting).errors).toEqual(expect.any(Array))
      }),
      { numRuns: 1000 },
    )
  })
})
