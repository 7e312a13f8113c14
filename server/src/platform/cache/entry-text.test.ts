import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assertEntry, stamp, unstamp } from './entry-text.ts'

const epoch = '0123456789abcdef0123456789abcdef01234567'

describe('an entry text', () => {
  test('carries the epoch behind the sequence', () => {
    expect(stamp({ sequence: 7, value: '{"sequence":7,"data":{}}' }, epoch)).toBe(
      `{"sequence":7,"epoch":"${epoch}","data":{}}`,
    )
  })

  test('comes back from its stamped form as it was', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.dictionary(fc.string(), fc.jsonValue()), (sequence, rest) => {
        delete rest.sequence
        // Member names that look like integers would come first.
        const value = JSON.stringify({ sequence, list: Object.entries(rest) })
        assertEntry({ sequence, value })
        const stored = stamp({ sequence, value }, epoch)
        expect(JSON.parse(stored)).toEqual({ ...JSON.parse(value), epoch })
        expect(unstamp(stored)).toEqual({ sequence, value, epoch })
      }),
    )
  })

  test.each([
    ['has another sequence', { sequence: 7, value: '{"sequence":8}' }],
    ['has a longer sequence', { sequence: 7, value: '{"sequence":77}' }],
    ['does not begin with the sequence', { sequence: 7, value: '{"data":1,"sequence":7}' }],
    ['has a fraction', { sequence: 7.5, value: '{"sequence":7.5}' }],
    ['is not an object', { sequence: 7, value: '7' }],
    ['is cut off', { sequence: 7, value: '{"sequence":7,"da' }],
  ])('that %s is refused', (_why, entry) => {
    expect(() => assertEntry(entry)).toThrow(TypeError)
  })

  test.each([
    '',
    'hello',
    '{}',
    '{"sequence":7}',
    `{"sequence":"7","epoch":"${epoch}"}`,
    `{"sequence":99999999999999999,"epoch":"${epoch}"}`,
    `{"sequence":7,"epoch":"${epoch}","cut":`,
    '{"sequence":7,"epoch":""}',
  ])('of another hand is not read: %s', (text) => {
    expect(unstamp(text)).toBeNull()
  })
})
