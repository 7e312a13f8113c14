import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import type { Weekly } from '../../../../contract/alert-silence.ts'
import { isInForce } from './is-in-force.ts'

const always = { starts_at: new Date(0), ends_at: null, ended_at: null }
const weekly = (days: Weekly['days'], at: string, minutes: number, timeZone = 'Europe/Berlin'): Weekly => ({
  days,
  at,
  minutes,
  timeZone,
})
const during = (window: Weekly, now: string) => isInForce({ ...always, weekly: window }, new Date(now))

it('silences from its beginning, until its end or until it is ended', () => {
  const silence = { starts_at: new Date(1_000), ends_at: new Date(2_000), ended_at: null, weekly: null }
  const at = (now: number) => isInForce(silence, new Date(now))
  expect([999, 1_000, 1_999, 2_000].map(at)).toEqual([false, true, true, false])
  expect(isInForce({ ...silence, ended_at: new Date(1_500) }, new Date(1_600))).toBe(false)
})

test.each<[string, Weekly, string, boolean]>([
  ['begins', weekly(['mon'], '22:00', 120), '2027-03-01T21:00:00Z', true],
  ['has not begun', weekly(['mon'], '22:00', 120), '2027-03-01T20:59:59Z', false],
  ['goes on after midnight', weekly(['mon'], '22:00', 180), '2027-03-01T23:59:59Z', true],
  ['is over', weekly(['mon'], '22:00', 180), '2027-03-02T00:00:00Z', false],
  ['is of another day', weekly(['tue'], '22:00', 120), '2027-03-01T21:30:00Z', false],
  ['lasts a whole day', weekly(['sun'], '00:00', 1440), '2027-03-07T22:59:00Z', true],
  ['is an hour earlier in summer', weekly(['mon'], '22:00', 60), '2027-07-05T20:30:00Z', true],
  // 2027-03-28 in Berlin: 2:00 becomes 3:00.
  ['goes on over the change of clocks', weekly(['sun'], '01:30', 120), '2027-03-28T02:29:00Z', true],
  ['is as long as ever then', weekly(['sun'], '01:30', 120), '2027-03-28T02:30:00Z', false],
  [
    'does not begin before an hour that is left out',
    weekly(['sun'], '02:30', 30),
    '2027-03-28T01:29:59Z',
    false,
  ],
  [
    'begins as much later where that hour is left out',
    weekly(['sun'], '02:30', 30),
    '2027-03-28T01:30:00Z',
    true,
  ],
  ['is there though its hour is left out', weekly(['sun'], '02:00', 120), '2027-03-28T01:00:00Z', true],
  ['is as long then', weekly(['sun'], '02:00', 120), '2027-03-28T03:00:00Z', false],
  // 2027-10-31: 3:00 becomes 2:00 again.
  ['begins in the first of two hours', weekly(['sun'], '02:30', 30), '2027-10-31T00:45:00Z', true],
  ['does not begin again in the second', weekly(['sun'], '02:30', 30), '2027-10-31T01:45:00Z', false],
  ['is by the clock of its zone', weekly(['fri'], '09:00', 30, 'Asia/Kolkata'), '2027-03-05T03:40:00Z', true],
])('a window %s', (_, window, now, silences) => {
  expect(during(window, now)).toBe(silences)
})

it('silences as many minutes of a week as its windows have together', () => {
  const windows = fc.record({
    days: fc.uniqueArray(fc.constantFrom<Weekly['days'][number]>('mon', 'wed', 'sun'), { minLength: 1 }),
    at: fc.constantFrom('00:00', '13:37', '23:59'),
    minutes: fc.integer({ min: 5, max: 1440 }),
    timeZone: fc.constantFrom('UTC', 'Asia/Tokyo', 'America/Caracas'),
  })
  fc.assert(
    fc.property(windows, (window) => {
      const from = Date.parse('2027-05-03T00:00:00Z')
      let silent = 0
      for (let minute = 0; minute < 10_080; minute += 5) {
        if (isInForce({ ...always, weekly: window }, new Date(from + minute * 60_000))) silent += 5
      }
      expect(Math.abs(silent - window.days.length * window.minutes)).toBeLessThanOrEqual(
        5 * window.days.length + 5,
      )
    }),
    { numRuns: 10 },
  )
})
