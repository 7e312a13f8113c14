import { expect, test } from 'vitest'
import { createChannelInput } from './alert-channel.ts'
import { createRuleInput } from './alert-rule.ts'
import { silenceInput } from './alert-silence.ts'

const threshold = { kind: 'threshold', above: 1 }
const rate = { question: 'errors', measure: 'rate' }
const count = { question: 'usage', measure: 'count' }

const faultOf = (
  schema: typeof createRuleInput | typeof createChannelInput | typeof silenceInput,
  input: object,
) => schema.safeParse(input).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)[0]

test.each<[string, object, RegExp]>([
  [
    'health of an app',
    { on: { question: 'health', measure: 'down' }, scope: { kind: 'eachApp' } },
    /^scope: /,
  ],
  ['what is stuck in the fleet', { on: { question: 'stuck', measure: 'share' } }, /^scope: .*apps alone/],
  [
    'lag below a template',
    { on: { question: 'lag', measure: 'share' }, scope: { kind: 'template', appId: 'a' } },
    /^scope: /,
  ],
  [
    'a budget of requests',
    { on: count, condition: { kind: 'burnRate', objective: 0.99 } },
    /^condition: a budget/,
  ],
  ['the absence of a rate', { on: rate, condition: { kind: 'absence' } }, /^condition: absence/],
  [
    'a change of health',
    {
      on: { question: 'health', measure: 'down' },
      condition: { kind: 'change', percent: 5, against: 'day' },
    },
    /^condition: /,
  ],
  ['above and below', { condition: { kind: 'threshold', above: 1, below: 1 } }, /^condition.above: give one/],
  ['neither', { condition: { kind: 'threshold' } }, /^condition.above: give one/],
  [
    'an end past the limit',
    { condition: { kind: 'threshold', above: 1, resolveAt: 2 } },
    /^condition.resolveAt: /,
  ],
  ['half minutes', { condition: { ...threshold, overSeconds: 90 } }, /^condition.overSeconds: /],
  [
    'half hours of last week',
    { condition: { kind: 'change', percent: 5, against: 'week', overSeconds: 1800 } },
    /^condition.overSeconds: minutes/,
  ],
  [
    'half hours of what is stuck',
    {
      on: { question: 'stuck', measure: 'share' },
      scope: { kind: 'eachApp' },
      condition: { ...threshold, overSeconds: 1800 },
    },
    /^condition.overSeconds: what is stuck/,
  ],
  [
    'the devices of an event in the fleet',
    { on: { question: 'events', measure: 'share', event: 'app_error' } },
    /^scope: devices by value/,
  ],
  [
    'the devices of a platform in the fleet',
    { on: { question: 'devices', measure: 'count', where: { facet: 'platform', value: 'ios' } } },
    /^scope: devices by value/,
  ],
  [
    'the revision of a fleet',
    { on: { ...count, where: { facet: 'revision', value: '7' } } },
    /^scope: devices by value/,
  ],
  ['slower than nothing', { on: { question: 'latency', measure: 'slower' } }, /^on.thanMs: /],
  ['p99 than something', { on: { question: 'latency', measure: 'p99', thanMs: 5 } }, /^on.thanMs: /],
  ['no question there is', { on: { question: 'mood', measure: 'count' } }, /^on.question: /],
])('a rule about %s is refused', (_, input, fault) => {
  expect(faultOf(createRuleInput, { name: 'a', on: rate, condition: threshold, ...input })).toMatch(fault)
})

test.each([
  ['https://user:secret@example.com/', 'a password'],
  ['ftp://example.com/', 'another scheme'],
  ['file:///etc/passwd', 'a file'],
  ['//example.com', 'no scheme'],
  ['javascript:alert(1)', 'a script'],
])('a webhook at %s is refused: %s', (url) => {
  expect(faultOf(createChannelInput, { name: 'a', kind: 'webhook', url })).toMatch(/^url: /)
})

test.each([
  'a@example.com\r\nBcc: b@example.com',
  'a@example.com\nb@example.com',
  'Ann <a@example.com>',
  'a@example.com, b@example.com',
  '"a b"@example.com',
  'a@-example.com',
  'a',
  '',
])('mail to %j is refused', (address) => {
  expect(faultOf(createChannelInput, { name: 'a', kind: 'email', to: [address] })).toMatch(/^to.0: /)
})

test.each<[object, RegExp]>([
  [{ reason: 'a' }, /^until: say until when/],
  [{ reason: 'a', from: '2027-06-30', until: '2027-06-29' }, /^until: it would end/],
  [{ reason: 'a', weekly: { days: ['sun'], at: '24:00', minutes: 5, timeZone: 'UTC' } }, /^weekly.at: /],
  [{ until: '2027-06-29' }, /^reason: /],
])('the silence %j is refused', (input, fault) => {
  expect(faultOf(silenceInput, input)).toMatch(fault)
})
