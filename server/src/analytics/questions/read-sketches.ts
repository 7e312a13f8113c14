import type { Devices } from '../../platform/tally/devices.ts'
import { type Level, lengthMs, startOf, tableOf } from '../rollups/levels.ts'
import { readSketch } from '../rollups/rollup.ts'
import { spanOf } from '../rollups/scopes.ts'
import type { Asked } from './asked.ts'
import { tellDevices, unionOf } from './groups.ts'
import type { Kept } from './plan-reading.ts'
import { findKept } from './read-rows.ts'
import type { Slice } from './slice-time.ts'

/** A row whose devices are needed; a span is the 24 hours that end with the hour at `at`. */
interface Wanted {
  kind: Level | 'span'
  at: number
}

const { hour, day } = lengthMs

/**
 * Rows that together have all devices of a slice and no others; they may overlap, since a device counts once. As few as possible: a
 * sketch takes 6 KB. Where minutes are gone a slice counts from and to the nearest hour.
 */
export const coverSlice = ({ start, end }: Slice, kept: Kept): Wanted[] => {
  const wanted: Wanted[] = []
  const nearest = (at: number) =>
    startOf('hour', at) < kept.since.minute ? Math.round(at / hour) * hour : at
  const until = nearest(end)
  let at = nearest(start)
  while (at < until) {
    const row = rowAt(at, until, start, kept)
    wanted.push(row)
    at = row.kind === 'span' ? Math.min(until, Math.max(at, row.at) + hour) : row.at + lengthMs[row.kind]
  }
  return wanted
}

const rowAt = (at: number, until: number, start: number, kept: Kept): Wanted => {
  const today = startOf('day', at)
  if (today < kept.since.hour) return { kind: 'day', at: today }
  if (today === at && at + day <= until && !kept.dueDays.has(today)) return { kind: 'day', at }
  if (at === startOf('hour', at)) {
    const ahead = { kind: 'span' as const, at: at + day - hour }
    if (at + day <= until && isSpanMade(ahead.at, kept)) return ahead
    const back = { kind: 'span' as const, at: startOf('hour', until) - hour }
    if (back.at - day + hour >= start && back.at >= at && isSpanMade(back.at, kept)) return back
  }
  const thisHour = startOf('hour', at)
  const isWhole = thisHour === at && at + hour <= until && !kept.dueHours.has(at)
  return isWhole || thisHour < kept.since.minute ? { kind: 'hour', at: thisHour } : { kind: 'minute', at }
}

const isSpanMade = (last: number, { since, dueHours, dueSpans }: Kept): boolean => {
  if (last - day + hour < since.hour || dueSpans.has(last)) return false
  for (let at = last; at > last - day; at -= hour) if (dueHours.has(at)) return false
  return true
}

interface Row {
  at: Date
  devices: number
  sketch: Uint8Array | null
}

/** How many devices of a scope above apps there were in each slice. */
export const countSketched = async (
  asked: Asked,
  slices: readonly Slice[],
): Promise<{ devices: number; atLeast: boolean }[]> => {
  const kept = await findKept(asked, asked.scope, slices)
  const covers = slices.map((slice) => coverSlice(slice, kept))
  // Of a slice that one row covers the number is there already.
  const numbers = await readWanted(asked, covers.filter((cover) => cover.length === 1).flat(), false)
  const sketches = await readWanted(asked, covers.filter((cover) => cover.length > 1).flat(), true)
  return covers.map((cover) => {
    const [only] = cover
    if (cover.length === 1 && only) {
      return { devices: numbers.get(keyOf(only))?.devices ?? 0, atLeast: false }
    }
    let all: Devices | null = null
    for (const row of cover) {
      const bytes = sketches.get(keyOf(row))?.sketch
      if (bytes) all = unionOf(all, readSketch(bytes))
    }
    return tellDevices(asked, all)
  })
}

const keyOf = ({ kind, at }: Wanted): string => `${kind} ${at}`

const readWanted = async (
  { db, scope }: Asked,
  wanted: readonly Wanted[],
  withSketch: boolean,
): Promise<Map<string, Row>> => {
  const found = new Map<string, Row>()
  for (const kind of ['day', 'span', 'hour', 'minute'] as const) {
    const ats = new Set(wanted.filter((row) => row.kind === kind).map((row) => row.at))
    if (ats.size === 0) continue
    const rows = await db
      .selectFrom(tableOf(kind === 'span' ? 'hour' : kind))
      .select(['at', 'devices'])
      .$if(withSketch, (query) => query.select('sketch'))
      .where('scope', '=', kind === 'span' ? spanOf(scope) : scope)
      .where(
        'at',
        'in',
        [...ats].map((at) => new Date(at)),
      )
      .execute()
    for (const row of rows) {
      const at = row.at.getTime()
      found.set(keyOf({ kind, at }), { at: row.at, devices: row.devices, sketch: row.sketch ?? null })
    }
  }
  return found
}
