import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isRealDate } from '../../../../contract/real-date.ts'
import { readTime } from './read-time.ts'

const slowly = (text: string): number =>
  text.includes('T') && isRealDate(text) ? Date.parse(text) : Number.NaN

const real = fc
  .date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  })
  .map((date) => date.toISOString())
const wrong = fc
  .tuple(real, fc.nat(23), fc.constantFrom(...'0129TZ:.-+ '))
  .map(([text, at, letter]) => text.slice(0, at) + letter + text.slice(at + 1))

it('reads a time as the slow way does, whatever was read before', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(real, wrong, fc.string()), { minLength: 1, maxLength: 8 }), (texts) => {
      // Twice in a row, and in turn: what is remembered of one must not count for another.
      for (const text of texts.flatMap((one) => [one, one, texts[0] ?? '']))
        expect(readTime(text), text).toBe(slowly(text))
    }),
    { numRuns: 300 },
  )
})

it.each([
  ['2026-11-23T10:00:00.000Z', Date.UTC(2026, 10, 23, 10)],
  ['2026-11-23T24:00:00.000Z', Number.NaN],
  ['2026-11-23T23:60:00.000Z', Number.NaN],
  ['2026-11-23T23:59:60.000Z', Number.NaN],
  ['2026-11-23T10:00:00.0 0Z', Number.NaN],
  ['2026-11-23T12:00:00+02:00', Date.UTC(2026, 10, 23, 10)],
  ['2026-02-30T10:00:00.000Z', Number.NaN],
  ['2026-11-23', Number.NaN],
])('reads %s', (text, ms) => {
  readTime('2026-11-23T00:00:00.000Z')
  expect(readTime(text)).toBe(ms)
})
