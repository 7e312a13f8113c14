import { describe, expect, it, test } from 'vitest'
import { createRuleInput } from '../../../../contract/alert-rule.ts'
import { judgeRule, type Reading } from './judge-rule.ts'
import { windowsOf } from './windows-of.ts'

const ruleOf = (on: object, condition: object, minimumCount = 0) =>
  createRuleInput.parse({ name: 'a', on, scope: { kind: 'app', appId: 'shop' }, condition, minimumCount })
const rate = { question: 'errors', measure: 'rate' }
const requests = { question: 'usage', measure: 'count' }
const of = (value: number | null, count = 1000): Reading => ({ value, count })

describe('a threshold', () => {
  const rule = ruleOf(rate, { kind: 'threshold', above: 0.05, resolveAt: 0.01 }, 100)

  test.each([
    [0.06, 'bad'],
    [0.05, 'near'],
    [0.02, 'near'],
    [0.01, 'good'],
    [0, 'good'],
  ])('above: %f is %s', (value, verdict) => {
    expect(judgeRule(rule, [of(value)])).toEqual({ verdict, value, limit: 0.05 })
  })

  it('says nothing of what is too little, or not there', () => {
    expect(judgeRule(rule, [of(1, 99)]).verdict).toBe('unknown')
    expect(judgeRule(rule, [of(null)]).verdict).toBe('unknown')
    expect(judgeRule(rule, [undefined]).verdict).toBe('unknown')
  })

  test.each([
    [0.4, 'bad'],
    [0.5, 'near'],
    [0.7, 'good'],
  ])('below: %f is %s', (value, verdict) => {
    const below = ruleOf(
      { question: 'cache', measure: 'hitRate' },
      { kind: 'threshold', below: 0.5, resolveAt: 0.6 },
    )
    expect(judgeRule(below, [of(value)])).toMatchObject({ verdict, limit: 0.5 })
  })

  it('of a count is not held to a least count', () => {
    const few = ruleOf(requests, { kind: 'threshold', below: 10 }, 100)
    expect(judgeRule(few, [of(0, 0)]).verdict).toBe('bad')
  })
})

describe('a change', () => {
  const change = (direction: string, more: object = {}) =>
    ruleOf(requests, { kind: 'change', direction, percent: 50, against: 'day', ...more }, 100)

  test.each([
    ['up', 151, 100, 'bad'],
    ['up', 149, 100, 'good'],
    ['up', 10, 100, 'good'],
    ['down', 50, 100, 'bad'],
    ['down', 0, 100, 'bad'],
    ['down', 200, 100, 'good'],
    ['either', 40, 100, 'bad'],
    ['either', 160, 100, 'bad'],
    ['up', 500, 0, 'bad'],
  ])('%s: %i after %i is %s', (direction, current, before, verdict) => {
    const readings = [of(current, current), of(before, before)]
    expect(judgeRule(change(direction), readings)).toMatchObject({ verdict, limit: 50 })
  })

  it('too small in itself is none, and too little to compare says nothing', () => {
    const readings = [of(160, 160), of(100, 100)]
    expect(judgeRule(change('up', { minimumChange: 61 }), readings).verdict).toBe('good')
    expect(judgeRule(change('up', { resolvePercent: 20 }), [of(130, 130), of(100, 100)]).verdict).toBe('near')
    expect(judgeRule(change('up'), [of(99, 99), of(10, 10)]).verdict).toBe('unknown')
    expect(judgeRule(change('up'), [of(990, 990), of(null, 0)]).verdict).toBe('unknown')
  })

  it('of a share needs enough in both windows', () => {
    const rule = ruleOf(rate, { kind: 'change', direction: 'up', percent: 50, against: 'before' }, 100)
    expect(judgeRule(rule, [of(0.2, 1000), of(0.1, 99)]).verdict).toBe('unknown')
    expect(judgeRule(rule, [of(0.2, 1000), of(0.1, 100)])).toEqual({ verdict: 'bad', value: 100, limit: 50 })
  })
})

it('takes for absence only what was there in the day before', () => {
  const rule = ruleOf(requests, { kind: 'absence' })
  expect(judgeRule(rule, [of(0), of(5)]).verdict).toBe('bad')
  expect(judgeRule(rule, [undefined, of(5)]).verdict).toBe('bad')
  expect(judgeRule(rule, [of(1), of(0)]).verdict).toBe('good')
  // One that fires goes on; none begins.
  expect(judgeRule(rule, [of(0), of(0)]).verdict).toBe('near')
})

describe('a burn rate', () => {
  const rule = ruleOf(rate, { kind: 'burnRate', objective: 0.999 }, 100)

  test.each([
    ['fast', [0.02, 0.02, 0.003, 0.02], 'bad', 20, 14.4],
    ['slow', [0.008, 0.008, 0.007, 0.0065], 'bad', 6.5, 6],
    ['over', [0.02, 0, 0.007, 0], 'good', 0, 14.4],
    ['just begun', [0.001, 0.5, 0.0002, 0.1], 'good', 1, 14.4],
  ])('%s', (_, rates, verdict, value, limit) => {
    const judged = judgeRule(
      rule,
      rates.map((each) => of(each)),
    )
    expect(judged).toMatchObject({ verdict, limit })
    expect(judged.value).toBeCloseTo(value, 6)
  })

  it('says nothing where too little was asked', () => {
    expect(judgeRule(rule, [of(1, 99), of(1), of(1, 99), of(1)]).verdict).toBe('unknown')
    expect(judgeRule(rule, []).verdict).toBe('unknown')
  })

  it('is no reason for an alert by a failure or two of few requests', () => {
    const failures = (many: number) =>
      judgeRule(
        rule,
        [1, 2, 3, 4].map(() => of(many / 120, 120)),
      ).verdict
    expect([1, 4, 5, 120].map(failures)).toEqual(['good', 'good', 'bad', 'bad'])
  })

  it('that can never be reached is refused', () => {
    const windows = [{ longSeconds: 3600, shortSeconds: 300, factor: 14.4 }]
    expect(() => ruleOf(rate, { kind: 'burnRate', objective: 0.9, windows })).toThrow(/never reached/)
  })
})

describe('windows', () => {
  const now = Date.parse('2027-03-01T12:34:10Z')
  const shown = (on: object, condition: object) => {
    const rule = ruleOf(on, condition)
    return windowsOf(rule.on, rule.condition, now).map(({ from, to }) =>
      [from, to].map((time) => new Date(time).toISOString().slice(5, 16)),
    )
  }

  it('of shares take in the minute that is going on, those of counts the minutes that are known', () => {
    const condition = { kind: 'threshold', above: 1, overSeconds: 300 }
    expect(shown(rate, condition)).toEqual([['03-01T12:29', '03-01T12:35']])
    expect(shown(requests, condition)).toEqual([['03-01T12:28', '03-01T12:33']])
  })

  it('of changes are as long as each other, those of a week of whole hours', () => {
    const against = (time: string) =>
      shown(requests, { kind: 'change', percent: 5, overSeconds: 3600, against: time })
    expect(against('before')).toEqual([
      ['03-01T11:33', '03-01T12:33'],
      ['03-01T10:33', '03-01T11:33'],
    ])
    expect(against('day')[1]).toEqual(['02-28T11:33', '02-28T12:33'])
    expect(against('week')).toEqual([
      ['03-01T11:00', '03-01T12:00'],
      ['02-22T11:00', '02-22T12:00'],
    ])
  })

  it('of an absence are the last and the day before it, of a burn rate each long and short one', () => {
    expect(shown(requests, { kind: 'absence', overSeconds: 600 })).toEqual([
      ['03-01T12:23', '03-01T12:33'],
      ['02-28T12:23', '03-01T12:23'],
    ])
    expect(shown(rate, { kind: 'burnRate', objective: 0.999 })).toHaveLength(4)
  })
})
