import type { StuckRow } from '../../../../contract/analytics.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import type { Devices } from '../../platform/tally/devices.ts'
import { findReplaced } from '../rollups/find-replaced.ts'
import { lengthMs } from '../rollups/levels.ts'
import type { Answered, Asked } from './asked.ts'
import { devicesInBoth } from './devices-in-both.ts'
import { addFacet, addGroupSum, type GroupSums, tellDevices, tellGroup, unionOf } from './groups.ts'
import { findReleases } from './list-releases.ts'
import { addParts, hasParts } from './read-parts.ts'
import { type CountedRow, facetsOf, readRows } from './read-rows.ts'
import { sliceTime } from './slice-time.ts'
import { pageOfRanked } from './top.ts'

/** Devices that came with what had been replaced for all for `hours`; above apps by what they came with. */
export const answerStuck = (asked: Asked, hours: number): Promise<Answered<StuckRow>> =>
  asked.appId === null ? answerAbove(asked) : answerApp(asked, hours)

const rankOf = ({ devices, requests }: { devices: number | null; requests: number }): number =>
  devices ?? requests

/** What one revision was held by: in all, and by which devices in more than one hour. */
interface Held {
  sums: GroupSums
  again: Map<string, Devices | null>
}

const answerApp = async (asked: Asked, hours: number): Promise<Answered<StuckRow>> => {
  const slices = asked.slices.flatMap(({ start: from, end: to }) =>
    sliceTime({ ...asked, from, to, interval: 'hour' }),
  )
  const rows = await readRows(asked, slices, facetsOf(['held'], { devices: true }))
  const tallies = rows.map((row) => ({ row, tally: row.tally() }))
  const held = new Set(tallies.flatMap(({ tally }) => [...(tally.facets.get('held')?.keys() ?? [])]))
  const replaced = new Map(
    (await findReplaced(asked.db, [...held]))
      .filter(({ appId }) => appId === asked.appId)
      .map(({ revision, replacedAt }) => [String(revision), replacedAt]),
  )
  const { sums, again } = await addUp(
    tallies.map(({ row, tally }) => ({ ...row, tally: () => tally })),
    (value, at) => at >= (replaced.get(value) ?? Number.POSITIVE_INFINITY) + hours * lengthMs.hour,
  )
  const facts = await findReleases(asked.db, sums.keys())
  const told = [...sums].map(([group, { count, devices }]) => ({
    group,
    configVersion: facts.get(group)?.configVersion ?? null,
    channel: facts.get(group)?.channel ?? null,
    replacedAt: new Date(replaced.get(group) ?? 0).toISOString(),
    requests: count,
    ...tellDevices(asked, devices),
    again: tellDevices(asked, again.get(group) ?? null).devices,
  }))
  return pageOfRanked(asked, sorted(told), rankOf)
}

const sorted = (rows: StuckRow[]): StuckRow[] =>
  rows.sort((one, two) => rankOf(two) - rankOf(one) || (one.group < two.group ? -1 : 1))

const addUp = async (
  rows: readonly CountedRow[],
  isStuck: (value: string, at: number) => boolean,
): Promise<Held> => {
  const sums: GroupSums = new Map()
  const again = new Map<string, Devices | null>()
  const turns = takeTurns()
  for (const hour of Map.groupBy(rows, ({ slice }) => slice).values()) {
    await turns()
    const inHour: GroupSums = new Map()
    for (const { at, tally } of hour) {
      for (const [value, { count, devices }] of tally().facets.get('held') ?? []) {
        if (isStuck(value, at)) addGroupSum(inHour, value, count, devices)
      }
    }
    for (const [value, { count, devices }] of inHour) {
      const both = devicesInBoth(sums.get(value)?.devices ?? null, devices)
      again.set(value, unionOf(again.get(value) ?? null, both))
      addGroupSum(sums, value, count, devices)
    }
  }
  return { sums, again }
}

const answerAbove = async (asked: Asked): Promise<Answered<StuckRow>> => {
  const sums: GroupSums = new Map()
  const turns = takeTurns()
  for (const row of await readRows(asked, asked.slices, facetsOf(['held'], { devices: false }))) {
    await turns()
    addFacet(asked, sums, row.tally(), 'held')
  }
  ;(await addParts(asked, 'held')(asked.slices))(0, sums)
  const told = [...sums].map(([group, sum]) => ({
    ...{ group, configVersion: null, channel: null, replacedAt: null, requests: sum.count, again: null },
    ...(hasParts(asked) ? tellGroup(asked, sum) : { devices: null, atLeast: false }),
  }))
  return pageOfRanked(asked, sorted(told), rankOf)
}
