import {
  addDevice,
  copyDevices,
  createDevices,
  type Devices,
  estimateDevices,
  hasNoDevice,
  mergeDevices,
} from './devices.ts'
import { createLatencies, type Latencies, mergeLatencies } from './latencies.ts'

/** What shares a value: how often, and by which devices (none where devices are not kept for the facet, or not told). */
export interface Group {
  count: number
  devices: Devices
}

/** What was counted of one scope in one interval. */
export interface Tally {
  /** Config requests; 0 in a tally of events alone. */
  requests: number
  /** By facet, such as `platform`, and value, such as `ios`. */
  facets: Map<string, Map<string, Group>>
  latencies: Latencies
  /** By facet, how many of its counts capTally has put into `other`. */
  folded: Map<string, number>
}

export const createTally = (): Tally => ({
  requests: 0,
  facets: new Map(),
  latencies: createLatencies(),
  folded: new Map(),
})

/** The group of a value, made where there is none. `kind` is of its devices: `buckets` of an app, `hashes` above apps. */
export const groupOf = (
  tally: Tally,
  facet: string,
  value: string,
  kind: Devices['kind'] = 'buckets',
): Group => {
  let values = tally.facets.get(facet)
  if (values === undefined) {
    values = new Map()
    tally.facets.set(facet, values)
  }
  let group = values.get(value)
  if (group === undefined) {
    group = { count: 0, devices: createDevices(kind) }
    values.set(value, group)
  }
  return group
}

interface Counted {
  count?: number
  /** The device's bucket, 0..9999; a RangeError otherwise. */
  bucket?: number | undefined
}

/** Counts a value of a facet of an app, once where `count` is not told, and notes the device where its bucket is. */
export const countIn = (
  tally: Tally,
  facet: string,
  value: string,
  { count = 1, bucket }: Counted = {},
): void => {
  const group = groupOf(tally, facet, value)
  group.count += count
  if (bucket !== undefined) addDevice(group.devices, bucket)
}

/** Adds all of `from`, which stays as it is and shares nothing that changes. In whatever order tallies are added, the sum is the same. */
export const addTally = (into: Tally, from: Tally): void => {
  into.requests += from.requests
  mergeLatencies(into.latencies, from.latencies)
  for (const [facet, count] of from.folded) into.folded.set(facet, (into.folded.get(facet) ?? 0) + count)
  for (const [facet, values] of from.facets) {
    for (const [value, group] of values) addGroup(into, facet, value, group)
  }
}

/** Adds a group to that of the value: devices of an empty group take the kind of those that come. */
export const addGroup = (tally: Tally, facet: string, value: string, { count, devices }: Group): void => {
  const group = groupOf(tally, facet, value, devices.kind)
  group.count += count
  if (hasNoDevice(group.devices)) group.devices = copyDevices(devices)
  else mergeDevices(group.devices, devices)
}

/** The devices of a tally: all that stand at any of these facets, of which `platform` alone is enough for config requests. */
export const devicesOf = (tally: Tally, facets: readonly string[] = ['platform']): Devices => {
  let devices: Devices | undefined
  for (const facet of facets) {
    for (const group of tally.facets.get(facet)?.values() ?? []) {
      if (hasNoDevice(group.devices)) continue
      if (devices === undefined) devices = copyDevices(group.devices)
      else mergeDevices(devices, group.devices)
    }
  }
  return devices ?? createDevices('buckets')
}

/** How many devices a tally saw; see estimateDevices. */
export const countDevices = (tally: Tally): { devices: number; atLeast: boolean } =>
  estimateDevices(devicesOf(tally))
