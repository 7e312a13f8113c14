import { other } from '../../platform/tally/cap-tally.ts'
import {
  copyDevices,
  type Devices,
  estimateDevices,
  hasNoDevice,
  mergeDevices,
} from '../../platform/tally/devices.ts'
import type { Tally } from '../../platform/tally/tally.ts'
import type { Asked } from './asked.ts'

/** What was counted of one value, over several rows. */
export interface GroupSum {
  count: number
  /** null: none was told. */
  devices: Devices | null
  /** How many devices, where that is known without them. */
  number?: number
}
export type GroupSums = Map<string, GroupSum>

/** Adds the groups of a facet. What was put into `other` is noted for whoever reads the answer. */
export const addFacet = (
  { notes }: Pick<Asked, 'notes'>,
  sums: GroupSums,
  tally: Tally,
  facet: string,
): void => {
  for (const [value, { count, devices }] of tally.facets.get(facet) ?? []) {
    addGroupSum(sums, value, count, devices)
  }
  if (tally.folded.has(facet)) {
    notes.add(
      `There were more values of ${facet} than are kept apart: the less frequent ones count as ${other}.`,
    )
  }
}

export const addGroupSum = (sums: GroupSums, value: string, count: number, devices: Devices | null): void => {
  const sum: GroupSum = sums.get(value) ?? { count: 0, devices: null }
  sum.count += count
  sum.devices = unionOf(sum.devices, devices)
  sums.set(value, sum)
}

/** All devices of two sets; the first may be changed, the second is not. */
export const unionOf = (into: Devices | null, devices: Devices | null): Devices | null => {
  if (devices === null || hasNoDevice(devices)) return into
  if (into === null) return copyDevices(devices)
  mergeDevices(into, devices)
  return into
}

const atLeastNote =
  'Some apps have more devices than their buckets can tell: such numbers of devices are lower bounds (atLeast).'

/** How many devices these are; what is only a lower bound is noted. */
export const tellDevices = (
  { notes }: Pick<Asked, 'notes'>,
  devices: Devices | null,
): { devices: number; atLeast: boolean } => {
  if (devices === null) return { devices: 0, atLeast: false }
  const told = estimateDevices(devices)
  if (told.atLeast) notes.add(atLeastNote)
  return told
}

/** How many devices a group has. */
export const tellGroup = (asked: Pick<Asked, 'notes'>, { devices, number }: GroupSum) =>
  number === undefined ? tellDevices(asked, devices) : { devices: number, atLeast: false }

/** Part of a whole to four digits; null of nothing. */
export const shareOf = (part: number, whole: number): number | null =>
  whole > 0 ? Math.round((part / whole) * 10_000) / 10_000 : null
