import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aheadMostMs, dateEvent, madeAt, skewOf } from './date-event.ts'
import { newEventId } from './events.fixture.ts'

const now = Date.parse('2026-11-23T10:00:00.000Z')
const [minute, day] = [60_000, 86_400_000]
const when = { receivedAt: now, skewMs: 0, oldMostMs: 7 * day }
const iso = (ms: number): string => new Date(ms).toISOString()
const dated = (at: number, skewMs = 0, made = now) =>
  dateEvent({ eventId: newEventId(made), at: iso(at) }, { ...when, skewMs })

describe('the time of an event', () => {
  it('is in its id', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (ms) => {
        expect(madeAt(newEventId(ms))).toBe(ms)
      }),
    )
  })

  it('is what the device says where its clock is right, or off by less than a minute', () => {
    expect(dated(now - 3 * minute)).toEqual({ at: now - 3 * minute, madeAt: now })
    expect(skewOf(iso(now - 59_999), now)).toBe(0)
    expect(skewOf(iso(now + 59_999), now)).toBe(0)
    expect(skewOf(undefined, now)).toBe(0)
  })

  it('is put right by when the device says that it sent it', () => {
    const skew = skewOf(iso(now - 3 * day), now)
    expect(skew).toBe(3 * day)
    expect(dated(now - 3 * day - minute, skew, now - 3 * day)).toEqual({
      at: now - minute,
      madeAt: now - 3 * day,
    })
    expect(dated(now + 2 * day - minute, skewOf(iso(now + 2 * day), now))).toMatchObject({ at: now - minute })
  })

  it('is never in the future', () => {
    expect(dated(now + day)).toMatchObject({ at: now })
    expect(dated(now + day, skewOf(iso(now - day), now))).toMatchObject({ at: now })
  })

  it('is not too long ago', () => {
    expect(dated(now - 7 * day)).toMatchObject({ at: now - 7 * day })
    expect(dated(now - 7 * day - 1)).toMatchObject({
      code: 'event_too_old',
      detail: expect.stringContaining('7 days'),
    })
  })

  it.each([
    ['1970', 0],
    ['a moment more than a week ago', now - 7 * day - 1],
    ['a moment more than a week ahead', now + aheadMostMs + 1],
    ['2099', Date.parse('2099-01-01T00:00:00Z')],
    ['the last year there is', 2 ** 48 - 1],
  ])('is refused where its id is of %s, whatever else is said', (_, made) => {
    expect(dated(made, now - made, made)).toMatchObject({ code: 'clock_wrong' })
    expect(dated(now, 0, made)).toMatchObject({ code: 'clock_wrong' })
  })
})
