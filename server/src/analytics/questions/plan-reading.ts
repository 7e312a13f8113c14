import { type Level, lengthMs, startOf } from '../rollups/levels.ts'
import type { Slice } from './slice-time.ts'

/** What is known of a scope's rows when a question comes. */
export interface Kept {
  /** From when on each level is whole; of what is older, only the coarser ones are. */
  since: Record<Level, number>
  /** Hours, and days, that are over but not made (again) yet, or not over: the finer rows have more. */
  dueHours: ReadonlySet<number>
  dueDays: ReadonlySet<number>
  /** The same of the devices of 24 hours above apps, by their last hour. */
  dueSpans: ReadonlySet<number>
}

/** Rows of one level, from a moment on (inclusive) to another (exclusive). */
export interface Segment {
  level: Level
  from: number
  to: number
}

export interface Plan {
  segments: Segment[]
  /** Some rows reach over the edge of a slice, and count where their middle is. */
  rounded: ReadonlySet<Level>
}

/**
 * Which rows answer for a time, the coarsest that fit: a day where no slice begins or ends within it, else its hours, else their minutes.
 * Where the finer ones are not kept any more, the coarser row counts whole. Slices must follow one another without a gap.
 */
export const planReading = (slices: readonly Slice[], kept: Kept): Plan => {
  const [start, end] = [slices[0]?.start ?? 0, slices.at(-1)?.end ?? 0]
  const edges = slices.map((slice) => slice.end)
  const plan = { segments: [] as Segment[], rounded: new Set<Level>() }
  let edge = 0
  for (let at = start; at < end; ) {
    while ((edges[edge] ?? end) <= at) edge += 1
    const until = edges[edge] ?? end
    const level = levelAt(at, until, kept)
    const from = startOf(level, at)
    const to =
      level === 'minute' ? Math.min(until, startOf('hour', at) + lengthMs.hour) : from + lengthMs[level]
    if (level !== 'minute' && (from < at || to > until)) plan.rounded.add(level)
    addSegment(plan.segments, { level, from: level === 'minute' ? at : from, to })
    at = to
  }
  return plan
}

/** `until` is where the slice ends that `at` is in. */
const levelAt = (at: number, until: number, { since, dueHours, dueDays }: Kept): Level => {
  const [day, hour] = [startOf('day', at), startOf('hour', at)]
  if (day < since.hour) return 'day'
  if (day === at && at + lengthMs.day <= until && !dueDays.has(day)) return 'day'
  if (hour < since.minute) return 'hour'
  return hour === at && at + lengthMs.hour <= until && !dueHours.has(hour) ? 'hour' : 'minute'
}

const addSegment = (segments: Segment[], segment: Segment): void => {
  const last = segments.at(-1)
  if (last?.level === segment.level && last.to === segment.from) last.to = segment.to
  else segments.push(segment)
}

/** The slice that a row counts in: where its middle is, or none. */
export const sliceOf = (slices: readonly Slice[], level: Level, at: number): number => {
  const middle = level === 'minute' ? at : at + lengthMs[level] / 2
  let low = 0
  let high = slices.length
  while (low < high) {
    const half = (low + high) >> 1
    if ((slices[half]?.end ?? 0) <= middle) low = half + 1
    else high = half
  }
  const slice = slices[low]
  return slice !== undefined && slice.start <= middle ? low : -1
}
