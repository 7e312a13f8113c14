import type { RollupsTable } from '../../platform/database/analytics-tables.ts'
import { createDevices, estimateDevices, hasNoDevice } from '../../platform/tally/devices.ts'
import { type HyperLogLog, mergeHashes } from '../../platform/tally/hyper-log-log.ts'
import { readTally } from '../../platform/tally/read-tally.ts'
import { addTally, countDevices, createTally, groupOf, type Tally } from '../../platform/tally/tally.ts'
import { writeTally } from '../../platform/tally/write-tally.ts'
import type { Level } from './levels.ts'
import { isPart } from './scopes.ts'

/** What is kept of a scope in one minute, hour or day. */
export interface Rollup {
  tally: Tally
  /** The devices of a scope above apps, whose tally has none. */
  sketch: HyperLogLog | null
}

/** Rollups by scope. */
export type Rollups = Map<string, Rollup>

/** Adds to the rollup of a scope, made where there is none; what is added stays as it is. */
export const addRollup = (rollups: Rollups, scope: string, { tally, sketch }: Rollup): void => {
  let into = rollups.get(scope)
  if (into === undefined) {
    into = { tally: createTally(), sketch: null }
    rollups.set(scope, into)
  }
  addTally(into.tally, tally)
  if (sketch === null) return
  into.sketch ??= createSketch()
  mergeHashes(into.sketch, sketch)
}

export const createSketch = (): HyperLogLog => {
  const devices = createDevices('hashes')
  if (devices.kind !== 'hashes') throw new TypeError('devices above apps are kept as hashes')
  return devices
}

/** A sketch as bytes: that of a tally with nothing else; none where there is no device. */
export const writeSketch = (sketch: HyperLogLog | null): Uint8Array => {
  if (sketch === null || hasNoDevice(sketch)) return new Uint8Array(0)
  const tally = createTally()
  tally.facets.set('', new Map([['', { count: 0, devices: sketch }]]))
  return writeTally(tally)
}

export const readSketch = (bytes: Uint8Array): HyperLogLog | null => {
  if (bytes.length === 0) return null
  const devices = readTally(bytes).facets.get('')?.get('')?.devices
  return devices?.kind === 'hashes' ? devices : null
}

/**
 * The columns with what cannot be added up in SQL. Of the devices by a facet above apps, `sketch` has them, and `body` how many they are by
 * value, in place of counts: of one day that is all that is asked, and takes a hundredth of the time.
 */
export const writeBytes = (
  scope: string,
  { tally, sketch }: Rollup,
): { body: Uint8Array; sketch: Uint8Array } =>
  isPart(scope)
    ? { body: writeTally(numbersOf(tally)), sketch: writeTally(tally) }
    : { body: writeTally(tally), sketch: writeSketch(sketch) }

export const readBytes = (scope: string, bytes: { body: Uint8Array; sketch: Uint8Array }): Rollup =>
  isPart(scope)
    ? { tally: readTally(bytes.sketch), sketch: null }
    : { tally: readTally(bytes.body), sketch: readSketch(bytes.sketch) }

const numbersOf = ({ facets }: Tally): Tally => {
  const numbers = createTally()
  for (const [facet, groups] of facets) {
    for (const [value, { devices }] of groups) {
      groupOf(numbers, facet, value).count = estimateDevices(devices).devices
    }
  }
  return numbers
}

/** The columns that SQL can add up and compare; but for `devices`, which cannot be added. A hit may be a stale one. */
export type Sums = Omit<RollupsTable, 'at' | 'scope' | 'body' | 'sketch'>

/** The columns of minutes and hours, which are many, have four bytes. */
const mostOf = (level: Level): number => (level === 'day' ? Number.MAX_SAFE_INTEGER : 2 ** 31 - 1)

export const sumsOf = (level: Level, { tally, sketch }: Rollup): Sums => {
  const most = mostOf(level)
  const countOf = (facet: string, value: string) =>
    Math.min(most, tally.facets.get(facet)?.get(value)?.count ?? 0)
  return {
    requests: Math.min(most, tally.requests),
    unchanged: countOf('status', '304'),
    refused: countOf('status', '4xx'),
    errors: countOf('status', '5xx'),
    hits: countOf('cache', 'hit') + countOf('cache', 'stale'),
    devices: sketch === null ? countDevices(tally).devices : estimateDevices(sketch).devices,
  }
}
