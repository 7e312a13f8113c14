import { expect, it, test } from 'vitest'
import { createRuleInput } from '../../../../contract/alert-rule.ts'
import { describeAlert, durationText } from './describe-alert.ts'

const app = { kind: 'app', appId: 'shop' }
const said = (rule: object, subject: string, value: number | null, limit: number): string =>
  describeAlert(createRuleInput.parse({ name: 'a', scope: app, ...rule }), subject, {
    verdict: 'bad',
    value,
    limit,
  })

test.each<[object, string, number | null, number, string]>([
  [
    { on: { question: 'errors', measure: 'rate' }, condition: { kind: 'threshold', above: 0.01 } },
    ...(['', 0.0416, 0.01] as const),
    'Share of answers 5xx of shop: 4.16 % within 5 min (limit 1 %)',
  ],
  [
    {
      on: { question: 'latency', measure: 'p99' },
      condition: { kind: 'threshold', above: 250 },
      scope: { kind: 'fleet' },
    },
    ...(['', 1312.7, 250] as const),
    'Latency (p99): 1,313 ms within 5 min (limit 250 ms)',
  ],
  [
    {
      on: { question: 'usage', measure: 'count', where: { facet: 'platform', value: 'ios' } },
      condition: { kind: 'absence' },
    },
    ...(['', 0, 0] as const),
    'Requests with platform ios of shop: none for 15 min',
  ],
  [
    {
      on: {
        question: 'events',
        measure: 'share',
        event: 'app_error',
        where: { property: 'screen', value: 'cart' },
      },
      condition: { kind: 'change', percent: 50, against: 'day' },
      scope: { kind: 'eachApp' },
    },
    ...(['radio', -62.04, 50] as const),
    'Share of devices with app_error with screen cart of radio: 62 % less than a day before, within 1 h (limit 50 %)',
  ],
  [
    {
      on: { question: 'latency', measure: 'slower', thanMs: 50 },
      condition: { kind: 'burnRate', objective: 0.995 },
      scope: { kind: 'template', appId: 'storefront' },
    },
    ...(['', 21.3, 14.4] as const),
    'Share of answers slower than 50 ms of the apps below storefront: 21.3 times what an objective of 99.5 % allows (limit 14.4 times)',
  ],
  [
    {
      on: { question: 'stuck', measure: 'share' },
      condition: { kind: 'threshold', above: 0.3, overSeconds: 3600 },
      scope: { kind: 'eachApp' },
    },
    ...(['*', 37, 0.3] as const),
    'Share of devices that hold what was replaced 1 d ago: so it is with 37 more apps',
  ],
  [
    {
      on: { question: 'health', measure: 'down' },
      condition: { kind: 'threshold', above: 0 },
      scope: { kind: 'fleet' },
    },
    ...(['database', 1, 0] as const),
    'The database is down',
  ],
])('says %j', (rule, subject, value, limit, text) => {
  expect(said(rule, subject, value, limit)).toBe(text)
})

it('says how long in one unit', () => {
  expect([45, 60, 90, 300, 3600, 86_400].map(durationText)).toEqual([
    '45 s',
    '1 min',
    '90 s',
    '5 min',
    '1 h',
    '1 d',
  ])
})
