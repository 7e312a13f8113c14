import { takeTurns } from '../../platform/take-turns.ts'
import { bucketSetOf, mostBuckets } from '../../platform/tally/bucket-set.ts'
import { type Devices, estimateDevices } from '../../platform/tally/devices.ts'
import { devicesOf } from '../../platform/tally/tally.ts'
import type { Asked } from './asked.ts'
import { tellDevices, unionOf } from './groups.ts'
import { type CountedRow, facetsOf, readRows } from './read-rows.ts'
import { countSketched } from './read-sketches.ts'
import type { Slice } from './slice-time.ts'

export interface Told {
  devices: number
  atLeast: boolean
}

/** What a set of all buckets is taken for: with so many devices or more, the number is a lower bound. */
const full = estimateDevices(
  bucketSetOf(Uint16Array.from({ length: mostBuckets }, (_, bucket) => bucket)),
).devices

/** How many different devices asked in each slice. */
export const countDevices = (asked: Asked, slices: readonly Slice[]): Promise<Told[]> =>
  asked.appId === null ? countSketched(asked, slices) : countBuckets(asked, slices)

/** Where one row answers for a slice its number is there already; else the devices of all its rows are put together. */
const countBuckets = async (asked: Asked, slices: readonly Slice[]): Promise<Told[]> => {
  const counted = slices.map((): Told => ({ devices: 0, atLeast: false }))
  const rows = new Map<number, CountedRow[]>()
  for (const row of await readRows(asked, slices, 'sums'))
    rows.set(row.slice, [...(rows.get(row.slice) ?? []), row])
  for (const [slice, [row, ...more]] of rows) {
    const devices = row?.devices ?? 0
    if (more.length === 0) counted[slice] = { devices, atLeast: devices >= full }
  }
  const several = [...rows].filter(([, of]) => of.length > 1).map(([slice]) => slice)
  for (const [first, last] of runsOf(several)) {
    const told = await mergeBuckets(asked, slices.slice(first, last + 1))
    for (const [index, devices] of told.entries()) counted[first + index] = devices
  }
  return counted
}

const mergeBuckets = async (asked: Asked, slices: readonly Slice[]): Promise<Told[]> => {
  const all = slices.map((): Devices | null => null)
  const turns = takeTurns()
  for (const { slice, tally } of await readRows(asked, slices, facetsOf(['platform'], { devices: true }))) {
    await turns()
    all[slice] = unionOf(all[slice] ?? null, devicesOf(tally()))
  }
  return all.map((devices) => tellDevices(asked, devices))
}

/** Numbers that follow one another, as [first, last]. */
const runsOf = (numbers: readonly number[]): [number, number][] => {
  const runs: [number, number][] = []
  for (const number of [...numbers].sort((one, two) => one - two)) {
    const run = runs.at(-1)
    if (run !== undefined && run[1] === number - 1) run[1] = number
    else runs.push([number, number])
  }
  return runs
}
