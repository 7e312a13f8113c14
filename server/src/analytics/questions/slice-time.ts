import type { Interval } from '../../../../contract/analytics.ts'
import { lengthMs } from '../rollups/levels.ts'

/** From a moment (ms since 1970, inclusive) to another (exclusive). */
export interface Slice {
  start: number
  end: number
}

interface Range {
  from: number
  to: number
  interval: Interval
  timeZone: string
}

/** The shortest that an interval can be, for how many there are at most. */
export const shortestMs = {
  minute: lengthMs.minute,
  hour: lengthMs.hour,
  day: 23 * lengthMs.hour,
  week: 7 * lengthMs.day - lengthMs.hour,
  month: 28 * lengthMs.day - lengthMs.hour,
} as const

const zoned = (at: number, timeZone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone)

/** Whether the runtime knows a time zone, by its IANA name or as an offset. */
export const isTimeZone = (timeZone: string): boolean => {
  // Temporal also takes moments that name theirs.
  if (/\[|\d[Tt ]/.test(timeZone)) return false
  try {
    zoned(0, timeZone)
    return true
  } catch {
    return false
  }
}

/** A moment as people of that time zone write it, with its offset: both 02:30 of a night that has two are told apart. */
export const writeMoment = (at: number, timeZone: string): string =>
  zoned(at, timeZone).toString({ timeZoneName: 'never', smallestUnit: 'second' })

/** When a day (`2026-11-23`) begins in a time zone: not always at 0:00. */
export const beginningOf = (day: string, timeZone: string): number =>
  Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds

/** The beginning of the interval that a moment is in. */
export const floorTo = (interval: Interval, at: number, timeZone: string): number => {
  if (interval === 'total') return at
  if (interval === 'minute') return Math.floor(at / lengthMs.minute) * lengthMs.minute
  const local = zoned(at, timeZone)
  if (interval === 'hour') return hourStart(local)
  return firstDayOf(interval, local.toPlainDate()).toZonedDateTime(timeZone).epochMilliseconds
}

const hourStart = (local: Temporal.ZonedDateTime): number =>
  Math.floor((local.epochMilliseconds - local.minute * lengthMs.minute) / lengthMs.minute) * lengthMs.minute

type Days = 'day' | 'week' | 'month'

const firstDayOf = (interval: Days, date: Temporal.PlainDate): Temporal.PlainDate => {
  if (interval === 'week') return date.subtract({ days: date.dayOfWeek - 1 })
  return interval === 'month' ? date.with({ day: 1 }) : date
}

const nextOf = { day: { days: 1 }, week: { weeks: 1 }, month: { months: 1 } } as const

/**
 * Cuts a time into the minutes, hours, days, weeks (from Monday) or months of a time zone; the first and the last are cut short where it
 * begins or ends within them. Hours are those of the clock there: where it moves by half an hour, one has 30 minutes.
 */
export const sliceTime = ({ from, to, interval, timeZone }: Range): Slice[] => {
  const slices: Slice[] = []
  let start = from
  for (const edge of edgesAfter({ from, to, interval, timeZone })) {
    const end = Math.min(edge, to)
    // A day that a country left out has no time.
    if (end > start) slices.push({ start, end })
    start = end
    if (start >= to) break
  }
  return slices
}

function* edgesAfter({ from, to, interval, timeZone }: Range): Generator<number> {
  if (interval === 'total') yield to
  else if (interval === 'minute') yield* stepsAfter(from, lengthMs.minute)
  else if (interval === 'hour') yield* hoursAfter(from, timeZone)
  else yield* daysAfter(interval, from, timeZone)
}

function* stepsAfter(from: number, length: number): Generator<number> {
  for (let at = Math.floor(from / length) * length + length; ; at += length) yield at
}

function* hoursAfter(from: number, timeZone: string): Generator<number> {
  // Where the clock was moved by half an hour it does not stand at 0 then: the rest of that hour is one of its own.
  for (let at = floorTo('minute', from, timeZone); ; ) {
    at += (60 - zoned(at, timeZone).minute) * lengthMs.minute
    yield at
  }
}

function* daysAfter(interval: Days, from: number, timeZone: string): Generator<number> {
  let date = firstDayOf(interval, zoned(from, timeZone).toPlainDate())
  for (;;) {
    date = date.add(nextOf[interval])
    yield date.toZonedDateTime(timeZone).epochMilliseconds
  }
}
