import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readMessage, writeMessages, writeNotices } from './change-message.ts'

const change = fc.record({
  appId: fc.string({ maxLength: 128, unit: 'grapheme' }),
  channel: fc.string({ maxLength: 64 }),
  sequence: fc.maxSafeNat(),
})
const changes = fc.array(
  fc.oneof(
    change,
    fc.tuple(change, fc.maxSafeNat()).map(([one, madeAt]) => ({ ...one, madeAt })),
  ),
  { maxLength: 200 },
)

const changesOf = (message: string) => {
  const told = readMessage(message)
  return Array.isArray(told) ? told : []
}

const notice = fc.record({
  topic: fc.constantFrom('keys' as const, 'limits' as const, 'purge' as const),
  names: fc.array(fc.string({ maxLength: 200, unit: 'grapheme' }), { maxLength: 200 }),
})

describe('change messages', () => {
  test('carry every change in order, none of them over the limit', () => {
    fc.assert(
      fc.property(changes, (given) => {
        const messages = writeMessages(given, 7900)
        expect(messages.flatMap(changesOf)).toEqual(given)
        for (const message of messages) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(7900)
      }),
    )
  })

  test('carry every name of a notice in order, none of them over the limit', () => {
    fc.assert(
      fc.property(notice, (given) => {
        const messages = writeNotices(given, 7900)
        const read = messages.map(readMessage)
        expect(read.map((told) => told && 'topic' in told && told.topic)).toEqual(
          messages.map(() => given.topic),
        )
        expect(read.flatMap((told) => (told && 'names' in told ? told.names : []))).toEqual(given.names)
        for (const message of messages) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(7900)
      }),
    )
  })

  test('drop what a newer program added', () => {
    expect(
      readMessage('[{"appId":"shop","channel":"stable","sequence":3,"why":"x","madeAt":"noon"}]'),
    ).toEqual([{ appId: 'shop', channel: 'stable', sequence: 3 }])
  })

  test.each([
    '',
    'hello',
    '{}',
    'null',
    '[1]',
    '[{"appId":"shop"}]',
    '[{"appId":"a","channel":"b","sequence":1.5}]',
    '{"topic":"keys"}',
    '{"topic":"weather","names":[]}',
    '{"topic":"keys","names":[1]}',
  ])('that are malformed are not read: %s', (text) => expect(readMessage(text)).toBeNull())
})
