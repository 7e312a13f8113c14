import { takeTurns } from '../../platform/take-turns.ts'
import { readTally } from '../../platform/tally/read-tally.ts'
import { lengthMs } from '../rollups/levels.ts'
import { type PartFacet, partFacets, partOf } from '../rollups/scopes.ts'
import type { Asked } from './asked.ts'
import { addGroupSum, type GroupSums, unionOf } from './groups.ts'
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
export const readParts = async (
  asked: Asked,
  slices: readonly Slice[],
  facet: PartFacet,
): Promise<GroupSums[]> => {
  const parts = slices.map((): GroupSums => new Map())
  asked.notes.add(hasParts(asked) ? byDayNote : notByHourNote)
  const [from, to] = [slices[0]?.start ?? 0, slices.at(-1)?.end ?? 0]
  if (!hasParts(asked)) return parts
  const rows = await asked.db
    .selectFrom('rollups_day')
    .select(['at', 'body'])
    .where('scope', '=', partOf(asked.scope, facet))
    .where('at', '>', new Date(from - lengthMs.day))
    .where('at', '<', new Date(to))
    .execute()
  const turns = takeTurns()
  for (const { at, body } of rows) {
    await turns()
    // A slice that is shorter than a day lies within one.
    const only = slices.length === 1 ? 0 : undefined
    const sums = parts[only ?? sliceOf(slices, 'day', at.getTime())]
    if (sums === undefined) continue
    for (const [value, { devices }] of readTally(body).facets.get(facet) ?? []) {
      addGroupSum(sums, value, 0, devices)
    }
  }
  return parts
}

/** Gives the groups of a scope above apps their devices. */
export const addParts =
  (asked: Asked, facet: PartFacet) =>
  async (slices: readonly Slice[]): Promise<(index: number, sums: GroupSums) => void> => {
    const parts = await readParts(asked, slices, facet)
    return (index, sums) => {
      for (const [value, { devices }] of parts[index] ?? []) {
        const sum = sums.get(value) ?? { count: 0, devices: null }
        sums.set(value, { ...sum, devices: unionOf(sum.devices, devices) })
      }
    }
  }
