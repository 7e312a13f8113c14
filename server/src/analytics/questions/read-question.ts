import type { Kysely } from 'kysely'
import { type Interval, mostIntervals, type QuestionQuery } from '../../../../contract/analytics.ts'
import { Problem } from '../../../../contract/problems.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { decodeCursor, encodeCursor, foreignCursor } from '../../platform/http/cursor.ts'
import { findKeeping } from '../rollups/find-keeping.ts'
import type { KeepDays } from '../rollups/fold-turn.ts'
import { lengthMs, partitionOf } from '../rollups/levels.ts'
import { fleetScope, scopeBelow } from '../rollups/scopes.ts'
import type { Asked, Place } from './asked.ts'
import { beginningOf, floorTo, isTimeZone, shortestMs, sliceTime } from './slice-time.ts'

interface Question {
  db: Kysely<Tables>
  keep: KeepDays
  appId: string | null
  template: string | null
  query: Omit<QuestionQuery, 'format'> & { groupBy?: string | undefined }
  /** The interval where none is asked for. */
  usualInterval?: Interval
}

const refuse = (parameter: string, detail: string): never => {
  throw new Problem('invalid_parameter', {
    detail: `${parameter}: ${detail}`,
    errors: [{ code: 'invalid_parameter', parameter, detail }],
  })
}

/** What is asked for; throws 400 for a time zone that nobody knows, and for times that are the wrong way round or too much. */
export const readQuestion = async (question: Question): Promise<Asked & { countedUntil: number }> => {
  const { db, keep, appId, template, query } = question
  const { timeZone, interval = question.usualInterval ?? 'hour', groupBy = null, limit } = query
  if (!isTimeZone(timeZone)) {
    refuse('timeZone', `there is no time zone ${timeZone}; take an IANA name such as Europe/Berlin`)
  }
  const { now, countedUntil, keptSince } = await findKeeping(db, keep)
  const cursor = readCursor(query.cursor)
  const range = cursor ?? rangeOf(query, interval, now)
  const { to } = range
  const oldest = oldestOf(keptSince.day)
  const from = Math.max(range.from, Math.min(oldest, to))
  const notes = new Set<string>()
  if (from > range.from)
    notes.add(`Nothing is kept of before ${new Date(oldest).toISOString().slice(0, 10)}.`)
  if (interval !== 'total' && (to - from) / shortestMs[interval] > mostIntervals) {
    const detail = `from ${new Date(from).toISOString()} to ${new Date(to).toISOString()} there are more than ${mostIntervals} intervals of a ${interval}; take a longer interval, or a shorter time`
    refuse('interval', detail)
  }
  return {
    ...{ db, appId, template, timeZone, interval, groupBy, limit, from, to, now, keptSince, countedUntil },
    scope: appId ?? (template === null ? fleetScope : scopeBelow(template)),
    after: cursor?.after ?? null,
    slices: from < to ? sliceTime({ from, to, interval, timeZone }) : [],
    notes,
  }
}

/** Where the first partition of days may begin: there is nothing before it, which may be asked for all the same. */
const oldestOf = (keptSince: number): number => partitionOf('day', keptSince).from.getTime()

/** A day alone begins in the time zone. */
const momentOf = (text: string, timeZone: string): number =>
  text.includes('T') ? Date.parse(text) : beginningOf(text, timeZone)

/** Whole minutes; no later than the end of this one, so that no answer has numbers of what has not been. */
const rangeOf = (
  query: { from?: string | undefined; to?: string | undefined; timeZone: string },
  interval: Interval,
  now: number,
): { from: number; to: number } => {
  const end = Math.ceil(now / lengthMs.minute) * lengthMs.minute
  const asked = query.to === undefined ? end : momentOf(query.to, query.timeZone)
  const to = Math.min(Math.ceil(asked / lengthMs.minute) * lengthMs.minute, end)
  if (query.from === undefined) return { from: floorTo(interval, to - lengthMs.day, query.timeZone), to }
  const from = Math.floor(momentOf(query.from, query.timeZone) / lengthMs.minute) * lengthMs.minute
  if (from >= end) refuse('from', 'it is in the future')
  if (from >= asked) refuse('from', 'it must be before `to`')
  return { from, to }
}

/** Pages after the first are of the same time, though `to` may have been now. */
export const writeCursor = ({ from, to }: Asked, next: Place | null): string | null =>
  next && encodeCursor(JSON.stringify([from, to, next.start, next.key]))

const readCursor = (cursor: string | undefined): { from: number; to: number; after: Place } | null => {
  const text = decodeCursor(cursor, 'string')
  if (text === null) return null
  try {
    const [from, to, start, key, ...rest] = JSON.parse(text)
    const moments = [from, to, start].every((at) => Number.isSafeInteger(at) && Math.abs(at) <= 8.64e15)
    // By the clock of the database, which need not be that of this node.
    const isPast = to <= Date.now() + lengthMs.day
    if (moments && isPast && from < to && typeof key === 'string' && rest.length === 0) {
      return { from, to, after: { start, key } }
    }
  } catch {
    // Refused below.
  }
  throw foreignCursor()
}
