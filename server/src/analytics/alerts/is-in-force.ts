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
 * time: also over midnight, and where clocks are changed meanwhile.
 */
const isInWindow = ({ days, at, minutes, timeZone }: Weekly, now: Date): boolean => {
  const clock = clockOf(timeZone)
  const lastBegin = now.getTime() - minutes * 60_000
  // It has begun at one of the minutes of the window's length that lie behind; a day is 1,440 of them at most.
  const minute = Math.floor(now.getTime() / 60_000) * 60_000
  const [hours = 0, mins = 0] = at.split(':').map(Number)
  const shown = clock(minute)
  const back = (shown.hour * 60 + shown.minute - (hours * 60 + mins) + 1440) % 1440
  // Where clocks were changed since, the begin lies up to some hours beside.
  for (const shift of [0, 60, -60, 30, -30, 120, -120]) {
    const begin = minute - (back + shift) * 60_000
    if (begin > minute || begin <= lastBegin) continue
    const then = clock(begin)
    if (then.hour === hours && then.minute === mins && days.includes(then.day)) return true
  }
  return false
}

interface Clock {
  day: Weekly['days'][number]
  hour: number
  minute: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** What the clocks of a zone show at a moment. */
const clockOf = (timeZone: string): ((time: number) => Clock) => {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, hourCycle: 'h23', weekday: 'short', hour: '2-digit', minute: '2-digit' },
    })
    formats.set(timeZone, format)
  }
  const shown = format
  return (time) => {
    const parts = Object.fromEntries(shown.formatToParts(time).map(({ type, value }) => [type, value]))
    const day = weekdays.find((each) => each === parts.weekday?.toLowerCase()) ?? 'mon'
    return { day, hour: Number(parts.hour), minute: Number(parts.minute) }
  }
}
