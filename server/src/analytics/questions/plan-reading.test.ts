import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lengthMs, startOf } from '../rollups/levels.ts'
import { type Kept, planReading, sliceOf } from './plan-reading.ts'
import { beginningOf, sliceTime } from './slice-time.ts'

const { minute, hour, day } = lengthMs
const at = (text: string) => Date.parse(text)
const all: Kept = {
  since: { minute: 0, hour: 0, day: 0 },
  dueHours: new Set(),
  dueDays: new Set(),
  dueSpans: new Set(),
}
const textOf = ({ level, from, to }: { level: string; from: number; to: number }) =>
  `${level} ${new Date(from).toISOString().slice(0, 16)} ${new Date(to).toISOString().slice(0, 16)}`
const plan = (
  from: string,
  to: string,
  interval: 'hour' | 'day' | 'month' | 'total',
  zone = 'UTC',
  kept = all,
) => {
  const slices = sliceTime({ from: at(from), to: at(to), interval, timeZone: zone })
  const { segments, rounded } = planReading(slices, kept)
  return [...segments.map(textOf), ...[...rounded].map((level) => `rounded ${level}`)]
}

describe('a plan', () => {
  it('takes days, and hours and minutes at the ends', () => {
    expect(plan('2026-11-02T22:58:00Z', '2026-11-10T01:30:00Z', 'total')).toEqual([
      'minute 2026-11-02T22:58 2026-11-02T23:00',
      'hour 2026-11-02T23:00 2026-11-03T00:00',
      'day 2026-11-03T00:00 2026-11-10T00:00',
      'hour 2026-11-10T00:00 2026-11-10T01:00',
      'minute 2026-11-10T01:00 2026-11-10T01:30',
    ])
  })

  it('takes hours for the days of another zone, and minutes where it is half an hour apart', () => {
    expect(plan('2026-11-02T23:00:00Z', '2026-11-05T23:00:00Z', 'day', 'Europe/Berlin')).toEqual([
      'hour 2026-11-02T23:00 2026-11-05T23:00',
    ])
    expect(plan('2026-11-02T18:30:00Z', '2026-11-03T18:30:00Z', 'day', 'Asia/Kolkata')).toEqual([
      'minute 2026-11-02T18:30 2026-11-02T19:00',
      'hour 2026-11-02T19:00 2026-11-03T18:00',
      'minute 2026-11-03T18:00 2026-11-03T18:30',
    ])
  })

  it('takes days within months of another zone', () => {
    expect(plan('2026-09-30T22:00:00Z', '2026-10-31T23:00:00Z', 'month', 'Europe/Berlin')).toEqual([
      'hour 2026-09-30T22:00 2026-10-01T00:00',
      'day 2026-10-01T00:00 2026-10-31T00:00',
      'hour 2026-10-31T00:00 2026-10-31T23:00',
    ])
  })

  it('takes the coarser rows whole where the finer ones are gone', () => {
    const since = { minute: at('2026-11-20T00:00:00Z'), hour: at('2026-11-10T00:00:00Z'), day: 0 }
    const kept = { ...all, since }
    expect(plan('2026-11-12T18:30:00Z', '2026-11-13T18:30:00Z', 'day', 'Asia/Kolkata', kept)).toEqual([
      'hour 2026-11-12T18:00 2026-11-13T19:00',
      'rounded hour',
    ])
    expect(plan('2026-11-02T23:00:00Z', '2026-11-04T23:00:00Z', 'day', 'Europe/Berlin', kept)).toEqual([
      'day 2026-11-02T00:00 2026-11-05T00:00',
      'rounded day',
    ])
  })

  it('takes the finer rows of what is not made yet', () => {
    const kept: Kept = {
      ...all,
      dueHours: new Set([at('2026-11-03T02:00:00Z')]),
      dueDays: new Set([at('2026-11-03T00:00:00Z')]),
    }
    expect(plan('2026-11-02T00:00:00Z', '2026-11-05T00:00:00Z', 'total', 'UTC', kept)).toEqual([
      'day 2026-11-02T00:00 2026-11-03T00:00',
      'hour 2026-11-03T00:00 2026-11-03T02:00',
      'minute 2026-11-03T02:00 2026-11-03T03:00',
      'hour 2026-11-03T03:00 2026-11-04T00:00',
      'day 2026-11-04T00:00 2026-11-05T00:00',
    ])
  })

  it('covers each minute once, whatever is asked and kept', () => {
    const base = beginningOf('2026-11-01', 'UTC')
    const settings = fc.record({
      start: fc.nat(3 * 1440),
      length: fc.integer({ min: 1, max: 5 * 1440 }),
      interval: fc.constantFrom('hour' as const, 'day' as const, 'week' as const, 'total' as const),
      timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', '-03:30'),
      minutes: fc.nat(8),
      hours: fc.nat(8),
      due: fc.array(fc.nat(8 * 24)),
    })
    fc.assert(
      fc.property(settings, ({ start, length, interval, timeZone, minutes, hours, due }) => {
        const [from, to] = [base + start * minute, base + (start + length) * minute]
        const since = {
          minute: base + Math.max(minutes, hours) * day,
          hour: base + Math.min(minutes, hours) * day,
          day: 0,
        }
        const dueHours = new Set(due.map((n) => base + n * hour).filter((h) => h >= since.minute))
        const dueDays = new Set([...dueHours].map((h) => startOf('day', h)))
        const slices = sliceTime({ from, to, interval, timeZone })
        const { segments, rounded } = planReading(slices, { ...all, since, dueHours, dueDays })
        for (const [index, { level, from: begins, to: ends }] of segments.entries()) {
          expect([startOf(level, begins), startOf(level, ends)]).toEqual([begins, ends])
          if (index > 0) expect(begins).toBe(segments[index - 1]?.to)
          for (let row = begins; row < ends; row += lengthMs[level]) {
            if (level === 'hour') expect(dueHours.has(row)).toBe(false)
            if (level !== 'minute' && rounded.has(level)) continue
            const slice = slices[sliceOf(slices, level, row)]
            expect(slice && slice.start <= row && row + lengthMs[level] <= slice.end).toBe(true)
          }
        }
        const [first, last] = [segments[0], segments.at(-1)]
        if (rounded.size === 0) expect([first?.from, last?.to]).toEqual([from, to])
        else expect([(first?.from ?? to) <= from, (last?.to ?? from) >= to]).toEqual([true, true])
      }),
    )
  })
})
