import type { ReachedRelease } from '../../../../contract/analytics.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import { type Devices, estimateDevices } from '../../platform/tally/devices.ts'
import { devicesOf, type Tally } from '../../platform/tally/tally.ts'
import { lengthMs } from '../rollups/levels.ts'
import type { Asked } from './asked.ts'
import { unionOf } from './groups.ts'
import { listLater, type ReleaseFacts } from './list-releases.ts'
import { facetsOf, readRows } from './read-rows.ts'
import { type Slice, sliceTime } from './slice-time.ts'

/** By the hour for so long, and then by the day, until a release is a month old. */
const byHourMs = 3 * lengthMs.day
const longestMs = 30 * lengthMs.day

/** What was seen until the end of a slice, since the release. */
interface Seen {
  end: number
  /** Devices that had got it, or a later one. */
  devices: number
  /** Requests of this slice, and those of them that were answered with it or a later one. */
  requests: number
  reached: number
}

/** How soon a release was with 50, 90 and 99 % of the devices (or requests) that have asked since. */
export const timeToReach = async (
  asked: Asked,
  appId: string,
  release: ReleaseFacts,
): Promise<ReachedRelease> => {
  const slices = slicesSince(release.releasedAt, asked.now)
  const { seen, devices } = await follow(asked, slices, await valuesFor(asked, appId, release))
  const requests = seen.reduce((sum, slice) => sum + slice.requests, 0)
  const byDevices = devices > 0
  const reachedAt = (share: number): ReachedRelease['reached50'] => {
    const isReached = (slice: Seen) =>
      byDevices
        ? slice.devices >= share * devices
        : slice.requests > 0 && slice.reached >= share * slice.requests
    const slice = seen.find(isReached)
    if (slice === undefined) return null
    const at = Math.min(slice.end, asked.now)
    return { at: new Date(at).toISOString(), seconds: Math.round((at - release.releasedAt) / 1_000) }
  }
  return {
    revision: release.revision,
    configVersion: release.configVersion,
    channel: release.channel,
    releasedAt: new Date(release.releasedAt).toISOString(),
    by: byDevices ? 'devices' : 'requests',
    asked: byDevices ? devices : requests,
    reached50: reachedAt(0.5),
    reached90: reachedAt(0.9),
    reached99: reachedAt(0.99),
  }
}

/** From the minute of the release on: what was asked before it must not count. */
const slicesSince = (releasedAt: number, now: number): Slice[] => {
  const from = Math.ceil(releasedAt / lengthMs.minute) * lengthMs.minute
  const to = Math.min(Math.max(now, from + lengthMs.minute), from + longestMs)
  const middle = Math.min(to, Math.floor((from + byHourMs) / lengthMs.day) * lengthMs.day)
  const timeZone = 'UTC'
  const hours = from < middle ? sliceTime({ from, to: middle, interval: 'hour', timeZone }) : []
  const days = sliceTime({ from: Math.max(from, middle), to, interval: 'day', timeZone })
  return middle < to ? [...hours, ...days] : hours
}

interface Values {
  facet: 'revision' | 'adoption'
  /** The values that stand for the release or a later one. */
  reached: ReadonlySet<string>
  kind: 'app' | 'above'
}

const valuesFor = async (asked: Asked, appId: string, release: ReleaseFacts): Promise<Values> =>
  asked.appId === null
    ? { facet: 'adoption', reached: new Set(['current']), kind: 'above' }
    : { facet: 'revision', reached: await listLater(asked.db, appId, release), kind: 'app' }

const follow = async (
  asked: Asked,
  slices: readonly Slice[],
  values: Values,
): Promise<{ seen: Seen[]; devices: number }> => {
  const isApp = values.kind === 'app'
  const wanted = facetsOf([values.facet, ...(isApp ? ['platform'] : [])], { devices: isApp })
  const rows = await readRows(asked, slices, wanted)
  rows.sort((one, two) => one.slice - two.slice)
  let all: Devices | null = null
  let got: Devices | null = null
  const seen = slices.map(({ end }): Seen => ({ end, devices: 0, requests: 0, reached: 0 }))
  const turns = takeTurns()
  for (const row of rows) {
    await turns()
    const [slice, tally] = [seen[row.slice], row.tally()]
    if (slice === undefined) continue
    const counted = countReached(tally, values)
    slice.requests += counted.requests
    slice.reached += counted.reached
    if (values.kind === 'above') continue
    all = unionOf(all, devicesOf(tally))
    for (const devices of counted.devices) got = unionOf(got, devices)
    slice.devices = got === null ? 0 : estimateDevices(got).devices
  }
  fillGaps(seen)
  return { seen, devices: all === null ? 0 : estimateDevices(all).devices }
}

const countReached = (tally: Tally, { facet, reached }: Values) => {
  const counted = { requests: 0, reached: 0, devices: [] as Devices[] }
  for (const [value, { count, devices }] of tally.facets.get(facet) ?? []) {
    counted.requests += count
    if (!reached.has(value)) continue
    counted.reached += count
    counted.devices.push(devices)
  }
  return counted
}

/** A slice in which nobody asked has what the one before had. */
const fillGaps = (seen: Seen[]): void => {
  let devices = 0
  for (const slice of seen) {
    devices = Math.max(devices, slice.devices)
    slice.devices = devices
  }
}
