import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readMessage, writeMessages } from './change-message.ts'

const change = fc.record({
  appId: fc.string({ maxLength: 128, unit: 'grapheme' }),
  channel: fc.string({ maxLength: 64 }),
  sequence: fc.maxSafeNat(),
})

describe('change messages', () => {
  test('carry every change in order, none of them over the limit', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const messages = writeMessages(changes, 7900)
        expect(messages.flatMap((message) => readMessage(message) ?? [])).toEqual(changes)
        for (const message of messages) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(7900)
      }),
    )
  })

  test('drop what a newer program added', () => {
    expect(readMessage('[{"appId":"shop","channel":"stable","sequence":3,"why":"x"}]')).toEqual([
      { appId: 'shop', channel: 'stable', sequence: 3 },
    ])
  })

  test.each([
    '',
    'hello',
    '{}',
    'null',
    '[1]',
    '[{"appId":"shop"}]',
    '[{"appId":"a","channel":"b","sequence":1.5}]',
  ])('that are malformed are not read: %s', (text) => expect(readMessage(text)).toBeNull())
})
