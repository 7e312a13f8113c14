import { type Weekly, weekdays } from '../../../../contract/alert-silence.ts'

interface SilenceTimes {
  starts_at: Date
  ends_at: Date | null
  ended_at: Date | null
  weekly: Weekly | null
}

/** Whether a silence silences at this moment. */
export const isInForce = ({ starts_at, ends_at, ended_at, weekly }: SilenceTimes, now: Date): boolean => {
  if (ended_at !== null || now < starts_at || (ends_at !== null && now >= ends_at)) return false
  return weekly === null || isInWindow(weekly, now)
}

/**
 * Whether a moment is in a window that comes back. A window begins when the clock of its zone shows `at`, and lasts `minutes` of real
 * time. Where clocks leave that time out it begins as much later, and where they show it twice the first time (RFC 5545).
 */
const isInWindow = ({ days, at, minutes, timeZone }: Weekly, now: Date): boolean => {
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime())
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
  // None is longer than a day.
  return [today, today.subtract({ days: 1 })].some((date) => {
    const begin = date.toZonedDateTime({ timeZone, plainTime: at }).epochMilliseconds
    const end = begin + minutes * 60_000
    return isOn(days, date) && begin <= now.getTime() && now.getTime() < end
  })
}

const isOn = (days: Weekly['days'], { dayOfWeek }: Temporal.PlainDate): boolean =>
  days.some((day) => weekdays.indexOf(day) === dayOfWeek - 1)
