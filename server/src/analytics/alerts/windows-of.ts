import type { AlertCondition } from '../../../../contract/alert-condition.ts'
import type { AlertQuestion } from '../../../../contract/alert-question.ts'

/** From, included, to, not included; whole minutes, in ms since 1970. */
export interface Window {
  from: number
  to: number
}

const minute = 60_000
const hour = 3_600_000
const day = 86_400_000
/** A minute that has ended is known by then: gateways have shipped what they counted in it. */
const knownAfterMs = 20_000
/** An hour is made a minute after its end. */
const madeAfterMs = 2 * minute

/** Whether a question is for how many, and not for how much of them: half a minute more is more. */
export const isCount = ({ question, measure }: Pick<AlertQuestion, 'question' | 'measure'>): boolean =>
  measure === 'count' || measure === 'perSecond' || (question === 'events' && measure === 'devices')

const floor = (time: number, unit: number): number => Math.floor(time / unit) * unit

/**
 * The times that a condition is judged by, in the order in which judgeRule takes them. Counts are of minutes that are over; shares and
 * latencies take in the minute that is going on, so that what is wrong since a quarter of a minute shows.
 */
export const windowsOf = (on: AlertQuestion, condition: AlertCondition, now: number): Window[] => {
  if (on.question === 'stuck') return [stuckWindow(condition, now)]
  const whole = isCount(on)
  const to = whole ? floor(now - knownAfterMs, minute) : floor(now, minute) + minute
  const last = (seconds: number): Window => ({
    from: to - seconds * 1_000 - (whole ? 0 : minute),
    to,
  })
  switch (condition.kind) {
    case 'threshold':
      return [last(condition.overSeconds)]
    case 'burnRate':
      return condition.windows.flatMap(({ longSeconds, shortSeconds }) => [
        last(longSeconds),
        last(shortSeconds),
      ])
    case 'absence': {
      const current = last(condition.overSeconds)
      return [current, { from: current.from - day, to: current.from }]
    }
    case 'change':
      return changeWindows(condition, last, now)
  }
}

/** Devices that do not get on do so for days: hours that are made are one row each. */
const stuckWindow = (condition: AlertCondition, now: number): Window => {
  const to = floor(now - madeAfterMs, hour)
  return { from: to - ('overSeconds' in condition ? condition.overSeconds : 3_600) * 1_000, to }
}

const changeWindows = (
  { against, overSeconds }: Extract<AlertCondition, { kind: 'change' }>,
  last: (seconds: number) => Window,
  now: number,
): Window[] => {
  const earlier = ({ from, to }: Window, by: number): Window => ({ from: from - by, to: to - by })
  if (against === 'week') {
    // Only hours are kept for so long.
    const to = floor(now - madeAfterMs, hour)
    const current = { from: to - overSeconds * 1_000, to }
    return [current, earlier(current, 7 * day)]
  }
  const current = last(overSeconds)
  return [current, earlier(current, against === 'day' ? day : current.to - current.from)]
}
