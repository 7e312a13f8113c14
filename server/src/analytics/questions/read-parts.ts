import { takeTurns } from '../../platform/take-turns.ts'
import { readTally } from '../../platform/tally/read-tally.ts'
import { lengthMs } from '../rollups/levels.ts'
import { type PartFacet, partFacets, partOf } from '../rollups/scopes.ts'
import type { Asked } from './asked.ts'
import { addGroupSum, type GroupSums } from './groups.ts'
import { sliceOf } from './plan-reading.ts'
import type { Slice } from './slice-time.ts'

export const isPartFacet = (facet: string): facet is PartFacet =>
  (partFacets as readonly string[]).includes(facet)

/** Above apps devices by a facet are kept by the day; intervals of hours have none. */
export const hasParts = ({ interval }: Asked): boolean => interval !== 'minute' && interval !== 'hour'

const byDayNote = 'Above apps, devices by a value are counted by days of UTC, until the last full hour.'
const notByHourNote =
  'Above apps, devices by a value are kept by the day: take an interval of a day or longer.'

/** The devices of a scope above apps by the values of a facet, for each slice of a question. */
const readParts = async (asked: Asked, slices: readonly Slice[], facet: PartFacet): Promise<GroupSums[]> => {
  const parts = slices.map((): GroupSums => new Map())
  asked.notes.add(hasParts(asked) ? byDayNote : notByHourNote)
  if (!hasParts(asked)) return parts
  const days = await listDays(asked, slices, facet)
  for (const { index, body } of days.filter(({ isOnly }) => isOnly)) {
    const { facets } = readTally(body)
    for (const [value, { count }] of facets.get(facet) ?? []) {
      parts[index]?.set(value, { count: 0, devices: null, number: count })
    }
  }
  await addSketches(
    asked,
    facet,
    parts,
    days.filter(({ isOnly }) => !isOnly),
  )
  return parts
}

interface Day {
  /** Of the slice that it counts in. */
  index: number
  at: Date
  /** How many devices there were by value: enough where no other day counts in the slice. */
  body: Uint8Array
  isOnly: boolean
}

const listDays = async (asked: Asked, slices: readonly Slice[], facet: PartFacet): Promise<Day[]> => {
  const [from, to] = [slices[0]?.start ?? 0, slices.at(-1)?.end ?? 0]
  const rows = await asked.db
    .selectFrom('rollups_day')
    .select(['at', 'body'])
    .where('scope', '=', partOf(asked.scope, facet))
    .where('at', '>', new Date(from - lengthMs.day))
    .where('at', '<', new Date(to))
    .execute()
  // A time that is shorter than a day lies within one.
  const indexOf = (at: Date) => (slices.length === 1 ? 0 : sliceOf(slices, 'day', at.getTime()))
  const days = rows.map((row) => ({ ...row, index: indexOf(row.at) })).filter(({ index }) => index >= 0)
  const many = new Map<number, number>()
  for (const { index } of days) many.set(index, (many.get(index) ?? 0) + 1)
  return days.map((day) => ({ ...day, isOnly: many.get(day.index) === 1 }))
}

const addSketches = async (
  { db, scope }: Asked,
  facet: PartFacet,
  parts: readonly GroupSums[],
  days: readonly Day[],
): Promise<void> => {
  if (days.length === 0) return
  const indexes = new Map(days.map(({ at, index }) => [at.getTime(), index]))
  const rows = await db
    .selectFrom('rollups_day')
    .select(['at', 'sketch'])
    .where('scope', '=', partOf(scope, facet))
    .where(
      'at',
      'in',
      days.map(({ at }) => at),
    )
    .execute()
  const turns = takeTurns()
  for (const { at, sketch } of rows) {
    await turns()
    const sums = parts[indexes.get(at.getTime()) ?? -1]
    if (sums === undefined) continue
    for (const [value, { devices }] of readTally(sketch).facets.get(facet) ?? []) {
      addGroupSum(sums, value, 0, devices)
    }
  }
}

/** Gives the groups of a scope above apps their devices. */
export const addParts =
  (asked: Asked, facet: PartFacet) =>
  async (slices: readonly Slice[]): Promise<(index: number, sums: GroupSums) => void> => {
    const parts = await readParts(asked, slices, facet)
    return (index, sums) => {
      for (const [value, part] of parts[index] ?? []) {
        sums.set(value, { ...part, count: sums.get(value)?.count ?? 0 })
      }
    }
  }
