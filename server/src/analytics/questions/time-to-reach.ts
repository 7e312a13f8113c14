import type { ReachedRelease } from '../../../../contract/analytics.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import { type Devices, estimateDevices } from '../../platform/tally/devices.ts'
import { type Level, lengthMs, startOf } from '../rollups/levels.ts'
import type { Asked } from './asked.ts'
import { unionOf } from './groups.ts'
import { listOfChannel, type ReleaseFacts } from './list-releases.ts'
import { type CountedRow, facetsOf, readRows } from './read-rows.ts'
import { type Slice, sliceTime } from './slice-time.ts'

/** By the minute for half an hour or more, then by the hour, then by the day, until a release is a month old. */
const byMinuteMs = 1.5 * lengthMs.hour
/** By requests a first part of ten minutes or more: of fewer a share would say nothing. */
const firstPartMs = lengthMs.hour + 10 * lengthMs.minute
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

/** How soon a release was with 50, 90 and 99 % of the devices (or requests) of its channel that have asked since. */
export const timeToReach = async (
  asked: Asked,
  appId: string,
  release: ReleaseFacts,
): Promise<ReachedRelease> => {
  const values = asked.appId === null ? valuesAbove : await valuesOfApp(asked, appId, release)
  const { seen, devices } = await followBest(asked, release.releasedAt, values)
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

/** From the minute of the release on; from its hour or day where its minutes are not kept any more. */
const slicesSince = (releasedAt: number, { now, keptSince }: Asked, by: 'devices' | 'requests'): Slice[] => {
  const finest: Level =
    releasedAt >= keptSince.minute ? 'minute' : releasedAt >= keptSince.hour ? 'hour' : 'day'
  const from = startOf(finest, releasedAt)
  const to = Math.min(startOf('minute', now) + lengthMs.minute, from + longestMs)
  const firstEnd = startOf('hour', from + (by === 'devices' ? byMinuteMs : firstPartMs))
  const minutes = finest === 'minute' ? Math.min(to, firstEnd) : from
  const hours = finest === 'day' ? from : Math.max(minutes, Math.min(to, startOf('day', from + byHourMs)))
  const cut = (start: number, end: number, interval: Level): Slice[] =>
    start < end ? sliceTime({ from: start, to: end, interval, timeZone: 'UTC' }) : []
  const first =
    by === 'devices' ? cut(from, minutes, 'minute') : from < minutes ? [{ start: from, end: minutes }] : []
  return [...first, ...cut(minutes, hours, 'hour'), ...cut(hours, to, 'day')]
}

/** Which groups of a facet are looked at, and which of them stand for the release or a later one. */
interface Values {
  facet: 'revision' | 'adoption'
  /** Whether a device of it is one that asked, or has got it; above apps devices are not kept by the hour. */
  hasDevices: boolean
  isAsked(value: string): boolean
  isReached(value: string): boolean
}

const valuesAbove: Values = {
  ...{ facet: 'adoption', hasDevices: false },
  isAsked: () => true,
  isReached: (value) => value === 'current',
}

/** Who reads another channel was never to have it. */
const valuesOfApp = async (
  { db }: Asked,
  appId: string,
  { channel, revision }: ReleaseFacts,
): Promise<Values> => {
  const ofChannel = new Set(await listOfChannel(db, appId, channel))
  return {
    ...{ facet: 'revision', hasDevices: true },
    isAsked: (value) => ofChannel.has(Number(value)),
    isReached: (value) => ofChannel.has(Number(value)) && Number(value) >= revision,
  }
}

interface Followed {
  seen: Seen[]
  devices: number
}

const followBest = async (asked: Asked, releasedAt: number, values: Values): Promise<Followed> => {
  if (values.hasDevices) {
    const followed = await follow(asked, values, { releasedAt, by: 'devices' })
    if (followed.devices > 0) return followed
  }
  return follow(asked, values, { releasedAt, by: 'requests' })
}

const follow = async (
  asked: Asked,
  values: Values,
  { releasedAt, by }: { releasedAt: number; by: 'devices' | 'requests' },
): Promise<Followed> => {
  const slices = slicesSince(releasedAt, asked, by)
  const rows = await readRows(asked, slices, facetsOf([values.facet], { devices: values.hasDevices }))
  rows.sort((one, two) => one.slice - two.slice)
  let all: Devices | null = null
  let got: Devices | null = null
  const seen = slices.map(({ end }): Seen => ({ end, devices: 0, requests: 0, reached: 0 }))
  const turns = takeTurns()
  for (const row of rows) {
    await turns()
    const slice = seen[row.slice]
    // Above apps what was replaced in a minute is current in it.
    if (slice === undefined || (row.at < releasedAt && !values.hasDevices)) continue
    for (const { isReached, count, devices } of groupsIn(row, values)) {
      slice.requests += count
      if (isReached) slice.reached += count
      if (!values.hasDevices) continue
      if (isReached) got = unionOf(got, devices)
      // Who got an older one in the very minute of the release may have asked before it.
      if (isReached || row.at >= releasedAt) all = unionOf(all, devices)
    }
    slice.devices = got === null ? 0 : estimateDevices(got).devices
  }
  fillGaps(seen)
  return { seen, devices: all === null ? 0 : estimateDevices(all).devices }
}

const groupsIn = (row: CountedRow, { facet, isAsked, isReached }: Values) =>
  [...(row.tally().facets.get(facet) ?? [])]
    .filter(([value]) => isAsked(value))
    .map(([value, group]) => ({ ...group, isReached: isReached(value) }))

/** A slice in which nobody asked has what the one before had. */
const fillGaps = (seen: Seen[]): void => {
  let devices = 0
  for (const slice of seen) {
    devices = Math.max(devices, slice.devices)
    slice.devices = devices
  }
}
