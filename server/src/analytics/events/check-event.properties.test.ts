import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { event, faults, longestText, mostProperties } from '../../../../contract/event.ts'
import { checkEvent } from './check-event.ts'
import { newEventId } from './events.fixture.ts'

const good = {
  ...{ eventId: newEventId(), name: 'checkout', at: '2026-11-23T10:00:00.000Z', revision: 42, bucket: 4711 },
  ...{
    configVersion: '1.4.0',
    platform: 'ios',
    appVersion: '2.4.1',
    properties: { screen: 'home', ms: 1.5 },
  },
}

/** What may stand anywhere, with what is nearly right of each kind. */
const values = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    ...[
      '',
      ' ',
      'a',
      'a b',
      ' a',
      'a ',
      'ü',
      'a\u0000',
      'a\ud800',
      'other',
      'Other',
      '__proto__',
      'a/b',
      '1a',
    ],
    ...['a'.repeat(64), 'a'.repeat(65), 'a'.repeat(longestText), 'a'.repeat(longestText + 1)],
    ...[newEventId(), newEventId().toUpperCase(), `${newEventId()} `, newEventId().replace('-7', '-4')],
    ...['2026-11-23', '2026-11-23T10:00:00Z', '2026-02-30T10:00:00Z', '2026-11-23T10:00:00+01:00'],
    ...[
      '2026-11-23T24:00:00Z',
      '2026-11-23T10:00:00.123456789Z',
      '2026-11-23 10:00:00Z',
      '0000-01-01T00:00:00Z',
    ],
    ...[0, -0, 1, -1, 1.5, 9_999, 10_000, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), Number.MAX_VALUE, 1e-320],
    ...[{}, { '': 1 }, { other: 1 }, { a: null }, { a: {} }, { a: [1] }, { a: 'x', b: 2, c: true }, [], null],
    Object.fromEntries(Array.from({ length: mostProperties }, (_, n) => [`p${n}`, n])),
    Object.fromEntries(Array.from({ length: mostProperties + 1 }, (_, n) => [`p${n}`, n])),
  ),
)
const names = fc.oneof(
  fc.constantFrom(...Object.keys(good), 'name ', 'userId', '__proto__', 'toString', 'constructor'),
  fc.string(),
)
/** An event with some members missing and some changed. */
const events = fc
  .tuple(
    fc.subarray(Object.keys(good) as (keyof typeof good)[], { minLength: 5 }),
    fc.array(fc.tuple(names, values), { maxLength: 2 }),
  )
  .map(([kept, changed]) => {
    const pairs = [...kept.map((name) => [name, good[name]] as const), ...changed]
    // As JSON.parse makes it: __proto__ is a member like any other.
    return JSON.parse(
      `{${pairs.map((pair) => pair.map((part) => JSON.stringify(part)).join(':')).join(',')}}`,
    )
  })
const properties = fc.dictionary(names, values, { maxKeys: 3 }).map((all) => ({ ...good, properties: all }))

describe('the fast check of an event', () => {
  it('takes what the schema of the contract takes, and nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(events, properties, values), (given) => {
        const text = JSON.stringify(given)
        // A record of zod leaves this member out in silence, and nothing of an event is dropped.
        const isTaken = event.safeParse(given).success && !text.includes('"__proto__":')
        expect(checkEvent(given) === null, text).toBe(isTaken)
      }),
      { numRuns: 1_500 },
    )
  })

  it('says of each field what it must be', () => {
    const wrong = (field: string, value: unknown) => checkEvent({ ...good, [field]: value })
    expect(wrong('bucket', 10_000)).toEqual({
      code: 'invalid_field',
      detail: `/bucket must be ${faults.bucket}`,
    })
    expect(wrong('userId', 'ann')).toMatchObject({
      code: 'unknown_field',
      detail: expect.stringContaining('/userId'),
    })
    expect(wrong('properties', { n: 2 ** 53 })).toMatchObject({
      code: 'number_out_of_range',
      detail: expect.stringContaining('/properties/n must be'),
    })
    expect(wrong('properties', { n: 'a\0' })?.code).toBe('unsupported_character')
    expect(wrong('properties', { n: null })?.code).toBe('invalid_field')
    const { at: _, ...without } = good
    expect(checkEvent(without)).toEqual({ code: 'missing_field', detail: '/at is required' })
    expect(checkEvent('an event')?.code).toBe('invalid_field')
  })
})
