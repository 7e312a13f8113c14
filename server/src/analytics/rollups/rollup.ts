import { createDevices, estimateDevices, hasNoDevice } from '../../platform/tally/devices.ts'
import { type HyperLogLog, mergeHashes } from '../../platform/tally/hyper-log-log.ts'
import { readTally } from '../../platform/tally/read-tally.ts'
import { addTally, countDevices, createTally, type Tally } from '../../platform/tally/tally.ts'
import { writeTally } from '../../platform/tally/write-tally.ts'
import type { Level } from './levels.ts'

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

/** The columns that SQL can add up and compare; but for `devices`, which cannot be added. A hit may be a stale one. */
export interface Sums {
  requests: number
  unchanged: number
  refused: number
  errors: number
  hits: number
  devices: number
}

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
