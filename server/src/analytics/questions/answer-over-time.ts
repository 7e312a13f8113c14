import { takeTurns } from '../../platform/take-turns.ts'
import type { Answered, Asked } from './asked.ts'
import { type Columns, type CountedRow, readRows } from './read-rows.ts'
import { type Slice, writeMoment } from './slice-time.ts'

/** How a question is answered for each slice of time: what is added up, and the rows that come of it. */
export interface OverTime<Sum, Row extends { group: string | null }> {
  /** What is read of each row; none where all comes from `prepare`. */
  columns: 'none' | Columns
  begin(): Sum
  add(sum: Sum, row: CountedRow): void
  /** What else is needed for these slices, by their index, such as devices above apps; asked once for each part of a page. */
  prepare?(slices: readonly Slice[]): Promise<(index: number, sum: Sum) => void>
  /** What has to be known before rows are made of the sums. */
  finish?(sums: readonly Sum[]): Promise<void>
  /** One or several, each with another group; without `groupBy` exactly one, also where nothing was counted. */
  rowsOf(sum: Sum): Row[]
}

/** Slices that are read at once where how many rows come of each is not known. */
const slicesAtOnce = 64

/** A page of rows by time, within a slice by group: stable, because each knows its place whatever else is counted. */
export const answerOverTime = async <Sum, Row extends { group: string | null }>(
  asked: Asked,
  question: OverTime<Sum, Row>,
): Promise<Answered<Row & { at: string }>> => {
  const { after, limit, groupBy, timeZone } = asked
  const slices = after === null ? asked.slices : asked.slices.filter(({ start }) => start >= after.start)
  const atOnce = groupBy === null ? limit + 1 : Math.min(slicesAtOnce, limit + 1)
  const rows: { row: Row & { at: string }; start: number; key: string }[] = []
  for (let from = 0; from < slices.length && rows.length <= limit; from += atOnce) {
    const some = slices.slice(from, from + atOnce)
    const sums = await addUp(asked, some, question)
    for (const [index, { start }] of some.entries()) {
      const at = writeMoment(start, timeZone)
      for (const row of sortedRows(question.rowsOf(sums[index] as Sum))) {
        const key = keyOf(row.group)
        if (after !== null && start === after.start && key <= after.key) continue
        rows.push({ row: { at, ...row }, start, key })
      }
      if (rows.length > limit) break
    }
  }
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const next = rows.length > limit && last ? { start: last.start, key: last.key } : null
  return { rows: page.map(({ row }) => row), next }
}

/** Sorts as the group does, revisions by their number; no two groups have the same, `7` and `07` neither. */
const keyOf = (group: string | null): string =>
  group !== null && /^\d{1,15}$/.test(group) ? `${group.padStart(16, '0')} ${group}` : (group ?? '')

const sortedRows = <Row extends { group: string | null }>(rows: Row[]): Row[] =>
  rows.length < 2 ? rows : rows.sort((one, two) => (keyOf(one.group) < keyOf(two.group) ? -1 : 1))

const addUp = async <Sum, Row extends { group: string | null }>(
  asked: Asked,
  slices: readonly Slice[],
  question: OverTime<Sum, Row>,
): Promise<Sum[]> => {
  const sums = slices.map(() => question.begin())
  const addPrepared = await question.prepare?.(slices)
  const turns = takeTurns()
  const rows = question.columns === 'none' ? [] : await readRows(asked, slices, question.columns)
  for (const row of rows) {
    await turns()
    const sum = sums[row.slice]
    if (sum !== undefined) question.add(sum, row)
  }
  if (addPrepared) for (const [index, sum] of sums.entries()) addPrepared(index, sum)
  await question.finish?.(sums)
  return sums
}
