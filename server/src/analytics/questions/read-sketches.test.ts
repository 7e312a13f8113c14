import { describe, expect, it } from 'vitest'
import { lengthMs } from '../rollups/levels.ts'
import type { Kept } from './plan-reading.ts'
import { coverSlice } from './read-sketches.ts'

const { hour, day } = lengthMs
const at = (text: string) => Date.parse(`2026-11-${text}:00Z`)
const all: Kept = {
  since: { minute: 0, hour: 0, day: 0 },
  dueHours: new Set(),
  dueDays: new Set(),
  dueSpans: new Set(),
}
const cover = (start: number, end: number, kept = all) =>
  coverSlice({ start, end }, kept).map((row) => `${row.kind} ${new Date(row.at).toISOString().slice(8, 16)}`)

describe('the devices above apps', () => {
  it('of a day are one row: of UTC its day, else the 24 hours that end with its last', () => {
    expect(cover(at('03T00:00'), at('04T00:00'))).toEqual(['day 03T00:00'])
    expect(cover(at('02T23:00'), at('03T23:00'))).toEqual(['span 03T22:00'])
  })

  it('of a day of 25 hours are two that overlap, and of one of 23 its hours', () => {
    expect(cover(at('02T22:00'), at('03T23:00'))).toEqual(['span 03T21:00', 'span 03T22:00'])
    const short = cover(at('02T22:00'), at('03T21:00'))
    expect([short.length, short[0], short.at(-1)]).toEqual([23, 'hour 02T22:00', 'hour 03T20:00'])
  })

  it('of a week are seven', () => {
    expect(cover(at('02T23:00'), at('02T23:00') + 7 * day)).toHaveLength(7)
    expect(cover(at('02T00:00'), at('09T00:00'))).toHaveLength(7)
  })

  it('of what is not over are the hours, and the minutes of the last', () => {
    const kept = {
      ...all,
      dueHours: new Set([at('03T15:00')]),
      dueDays: new Set([at('03T00:00')]),
      dueSpans: new Set(Array.from({ length: 24 }, (_, n) => at('03T15:00') + n * hour)),
    }
    const rows = cover(at('02T23:00'), at('03T15:20'), kept)
    expect([rows.length, rows[0], rows[15], rows[16], rows.at(-1)]).toEqual([
      ...[36, 'hour 02T23:00', 'hour 03T14:00', 'minute 03T15:00', 'minute 03T15:19'],
    ])
    // The day before needs no hour that may yet change.
    expect(cover(at('01T23:00'), at('02T23:00'), kept)).toEqual(['span 02T22:00'])
  })

  it('count to the nearest hour where minutes are gone, and to the nearest day where hours are', () => {
    const kept = { ...all, since: { minute: at('20T00:00'), hour: at('10T00:00'), day: 0 } }
    expect(cover(at('12T18:30'), at('13T18:30'), kept)).toEqual(['span 13T18:00'])
    expect(cover(at('02T18:30'), at('03T18:30'), kept)).toEqual(['day 02T00:00', 'day 03T00:00'])
  })
})
