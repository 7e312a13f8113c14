import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { readTally, type Wanted } from '../../platform/tally/read-tally.ts'
import type { Tally } from '../../platform/tally/tally.ts'
import { type Level, lengthMs, startOf, tableOf } from '../rollups/levels.ts'
import type { Sums } from '../rollups/rollup.ts'
import type { Asked } from './asked.ts'
import { type Kept, planReading, type Segment, sliceOf } from './plan-reading.ts'
import type { Slice } from './slice-time.ts'

/** A row of the rollups, in the slice that it counts in. */
export interface CountedRow extends Sums {
  /** The index of the slice. */
  slice: number
  level: Level
  at: number
  /** What the question wants of the tally. */
  tally: () => Tally
}

/** What is read of each row: the sums alone, its whole tally, or of that what is wanted. */
export type Columns = 'sums' | 'whole' | Wanted

/** These facets of tallies; with the devices of their groups or without. */
export const facetsOf = (facets: readonly string[], { devices }: { devices: boolean }): Wanted => ({
  ...{ facets: new Set(facets), devices, latencies: false },
})

/** The times of a scope for which finer rows have more, and from when on rows are there. */
export const findKept = async (
  { db, keptSince }: Pick<Asked, 'db' | 'keptSince'>,
  scope: string,
  slices: readonly Slice[],
): Promise<Kept> => {
  const [from, to] = [slices[0]?.start ?? 0, slices.at(-1)?.end ?? 0]
  const rows = await db
    .selectFrom('rollups_due')
    .select(['level', 'at'])
    .where('scope', '=', scope)
    .where('level', 'in', ['hour', 'day', 'span'])
    .where('at', '>', new Date(from - lengthMs.day))
    .where('at', '<', new Date(to))
    .execute()
  const of = (level: string) => rows.filter((row) => row.level === level).map((row) => row.at.getTime())
  const dueHours = new Set(of('hour'))
  const dueDays = new Set([...of('day'), ...[...dueHours].map((hour) => startOf('day', hour))])
  return { since: keptSince, dueHours, dueDays, dueSpans: new Set(of('span')) }
}

const roundedNotes = {
  hour: 'Minutes of that time are not kept any more: hours count where most of them is.',
  day: 'Hours of that time are not kept any more: days (UTC) count where most of them is.',
  minute: '',
}

/** The rows that answer for some slices of the question, each once; `columns` says what is needed of each. */
export const readRows = async (
  asked: Asked,
  slices: readonly Slice[],
  columns: Columns,
): Promise<CountedRow[]> => {
  const kept = await findKept(asked, asked.scope, slices)
  const { segments, rounded } = planReading(slices, kept)
  for (const level of rounded) asked.notes.add(roundedNotes[level])
  const all: CountedRow[] = []
  for (const level of ['day', 'hour', 'minute'] as const) {
    const of = segments.filter((segment) => segment.level === level)
    if (of.length === 0) continue
    for (const row of await readSegments(asked.db, asked.scope, level, of, columns)) {
      const slice = sliceOf(slices, level, row.at)
      if (slice >= 0) all.push({ ...row, slice })
    }
  }
  return all
}

/** With more ranges than this a statement is about all between the first and the last. */
const rangesAtMost = 12

const readSegments = async (
  db: Kysely<Tables>,
  scope: string,
  level: Level,
  segments: readonly Segment[],
  columns: Columns,
): Promise<Omit<CountedRow, 'slice'>[]> => {
  const [first, last] = [segments[0], segments.at(-1)]
  const ranges =
    segments.length <= rangesAtMost ? segments : first && last ? [{ from: first.from, to: last.to }] : []
  const rows = await db
    .selectFrom(tableOf(level))
    .select(['at', 'requests', 'unchanged', 'refused', 'errors', 'hits', 'devices'])
    .select(columns === 'sums' ? sql<Uint8Array>`''::bytea`.as('body') : 'body')
    .where('scope', '=', scope)
    .where((eb) =>
      eb.or(
        ranges.map(({ from, to }) => eb.and([eb('at', '>=', new Date(from)), eb('at', '<', new Date(to))])),
      ),
    )
    .execute()
  const wanted = typeof columns === 'string' ? undefined : columns
  const isWanted = (at: number) => segments.some(({ from, to }) => from <= at && at < to)
  return rows.flatMap(({ at, body, ...sums }) => {
    const moment = at.getTime()
    if (ranges !== segments && !isWanted(moment)) return []
    return [{ ...sums, level, at: moment, tally: () => readTally(body, wanted) }]
  })
}
