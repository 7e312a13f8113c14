import { type BitWriter, createBitWriter, finishBits, restartBits, writeBits, writeNumber } from './bits.ts'
import type { BucketSet } from './bucket-set.ts'
import {
  isSameSketch,
  type Whole,
  wholeOf,
  writeBucketGroups,
  writeHashes,
  writeWhole,
} from './device-bits.ts'
import { createDevices, type Devices, hasNoDevice, mergeDevices } from './devices.ts'
import type { HyperLogLog } from './hyper-log-log.ts'
import { writeLatencies } from './latencies.ts'
import type { Group, Tally } from './tally.ts'
import { writeText } from './text-bits.ts'

/** The first byte. */
export const formatVersion = 1

/** Used by one after the other: to make one takes as long as to write a small tally. */
const writer = createBitWriter()

/** What the groups' devices are written against, together: 0 none, 1 an app's buckets, 2 sketches above apps. */
type All = { form: 0 } | { form: 1; whole: Whole } | { form: 2; sketch: HyperLogLog }

/**
 * A tally as bytes, for readTally. Coded bit by bit, because tens of millions of rows are kept: an hour of 100 devices takes about
 * 300 bytes. The same tally always gives the same bytes. A group's devices that are all of the tally's take one bit.
 */
export const writeTally = (tally: Tally): Uint8Array<ArrayBuffer> => {
  restartBits(writer)
  writeBits(writer, formatVersion, 8)
  writeNumber(writer, tally.requests)
  writeLatencies(writer, tally.latencies)
  const all = allOf(tally)
  writeBits(writer, all.form, 2)
  if (all.form === 1) writeWhole(writer, all.whole)
  if (all.form === 2) writeHashes(writer, all.sketch)
  writeNumber(writer, tally.facets.size)
  let before = ''
  for (const facet of [...tally.facets.keys()].sort()) {
    writeName(writer, facet, before)
    writeFacet(writer, tally.facets.get(facet) ?? new Map(), tally.requests, all)
    before = facet
  }
  writeFolded(writer, tally.folded)
  return finishBits(writer)
}

const allOf = (tally: Tally): All => {
  let all: Devices | undefined
  for (const values of tally.facets.values()) {
    for (const { devices } of values.values()) {
      if (hasNoDevice(devices)) continue
      all ??= createDevices(devices.kind)
      mergeDevices(all, devices)
    }
  }
  if (all === undefined) return { form: 0 }
  return all.kind === 'buckets'
    ? { form: 1, whole: wholeOf(all satisfies BucketSet) }
    : { form: 2, sketch: all }
}

/** A facet's name: whole, or what differs at its end from the name before. */
const writeName = (writer: BitWriter, name: string, before: string): void => {
  let same = 0
  while (same < before.length && before[same] === name[same]) same++
  const isShort = same > 2
  writeBits(writer, isShort ? 1 : 0, 1)
  if (isShort) writeNumber(writer, same)
  writeText(writer, isShort ? name.slice(same) : name)
}

/** Where the counts add up to all requests, the last and largest is left out: it is what the others leave. */
const writeFacet = (writer: BitWriter, values: Map<string, Group>, requests: number, all: All): void => {
  const groups = [...values]
  if (groups.length > 1)
    groups.sort(([one, { count }], [two, group]) => count - group.count || (one < two ? -1 : 1))
  let sum = 0
  let hasDevices = false
  for (const [, { count, devices }] of groups) {
    sum += count
    hasDevices ||= !hasNoDevice(devices)
  }
  const isComplete = sum === requests
  writeNumber(writer, groups.length)
  writeBits(writer, (isComplete ? 2 : 0) + (hasDevices ? 1 : 0), 2)
  let left = groups.length
  for (const [value, { count }] of groups) {
    writeText(writer, value)
    left -= 1
    if (!isComplete || left > 0) writeNumber(writer, count)
  }
  if (hasDevices)
    writeDevices(
      writer,
      groups.map(([, { devices }]) => devices),
      all,
    )
}

const writeDevices = (writer: BitWriter, groups: readonly Devices[], all: All): void => {
  if (all.form === 1) writeBucketGroups(writer, groups, all.whole)
  if (all.form !== 2) return
  for (const devices of groups) {
    const sketch = devices.kind === 'hashes' ? devices : createDevices('hashes')
    if (sketch.kind !== 'hashes' || (devices.kind !== 'hashes' && !hasNoDevice(devices))) {
      throw new TypeError('a tally has devices either of an app or above apps')
    }
    const isAll = isSameSketch(sketch, all.sketch)
    writeBits(writer, isAll ? 1 : 0, 1)
    if (!isAll) writeHashes(writer, sketch)
  }
}

const writeFolded = (writer: BitWriter, folded: Map<string, number>): void => {
  writeNumber(writer, folded.size)
  for (const [facet, count] of [...folded].sort(([one], [two]) => (one < two ? -1 : 1))) {
    writeText(writer, facet)
    writeNumber(writer, count)
  }
}
