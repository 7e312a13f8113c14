import { type BitReader, createBitReader, readBits, readNumber, UnreadableTally } from './bits.ts'
import { mostBuckets } from './bucket-set.ts'
import { readBucketGroups, readHashes, readWhole, skipBucketGroups, type Whole } from './device-bits.ts'
import { createDevices, type Devices } from './devices.ts'
import { copyHashes, type HyperLogLog } from './hyper-log-log.ts'
import { readLatencies, skipLatencies } from './latencies.ts'
import { skipSubset } from './subset-bits.ts'
import { addGroup, createTally, type Group, type Tally } from './tally.ts'
import { readText, skipText } from './text-bits.ts'
import { formatVersion } from './write-tally.ts'

/** Bytes that devices may take in memory: 26,000 full sets or 16,000 full sketches, beside those that are equal to the whole. */
const mostBytes = { sets: 32 * 1024 * 1024, sketches: 256 * 1024 * 1024 }

/** More groups than any capped tally has. */
const mostGroups = 2 ** 18

/** What is wanted of a tally; the rest is passed over, which takes a fraction of the time. */
export interface Wanted {
  facets: ReadonlySet<string>
  devices: boolean
  latencies: boolean
}

type All =
  | { form: 0 }
  | { form: 1; whole: Whole }
  | { form: 2; sketch: HyperLogLog }
  | { form: 3; size: number }

interface Reading {
  reader: BitReader
  tally: Tally
  all: All
  groups: number
  /** Bytes that sketches may yet take. */
  room: number
  wanted: Wanted | undefined
}

/**
 * The tally that writeTally wrote, or what is wanted of it. Throws UnreadableTally for bytes that are cut short, of a later format, or
 * written by nobody; what it takes in memory is bounded by the length of the bytes, and by 300 MiB.
 */
export const readTally = (bytes: Uint8Array, wanted?: Wanted, room = mostBytes): Tally => {
  if (bytes[0] !== formatVersion) throw new UnreadableTally(`format ${bytes[0]} of a tally is not known here`)
  const reader = createBitReader(bytes, 1)
  const tally = createTally()
  tally.requests = readNumber(reader)
  if (wanted?.latencies === false) skipLatencies(reader)
  else tally.latencies = readLatencies(reader)
  const all = readAll(reader, room.sets, wanted)
  const reading = { reader, tally, all, groups: 0, room: room.sketches, wanted }
  const facets = readNumber(reader)
  let name = ''
  for (let at = 0; at < facets; at++) {
    name = readName(reader, name)
    if (tally.facets.has(name)) throw new UnreadableTally('a facet of the tally stands in it twice')
    if (wanted === undefined || wanted.facets.has(name)) readFacet(reading, name)
    else skipFacet(reading)
  }
  readFolded(reader, tally)
  return tally
}

const readAll = (reader: BitReader, room: number, wanted: Wanted | undefined): All => {
  const form = readBits(reader, 2)
  if (form === 0) return { form }
  if (form === 1 && wanted?.devices === false) return { form: 3, size: skipSubset(reader, mostBuckets) }
  if (form === 1) return { form, whole: readWhole(reader, room) }
  if (form === 2) return { form, sketch: readHashes(reader) }
  throw new UnreadableTally('devices of this form are not known here')
}

const readName = (reader: BitReader, before: string): string => {
  if (readBits(reader, 1) === 0) return readText(reader)
  const same = readNumber(reader)
  if (same > before.length) throw new UnreadableTally('a facet of the tally has no name')
  const name = before.slice(0, same) + readText(reader)
  if (name.length > 4096) throw new UnreadableTally('a facet of the tally has too long a name')
  return name
}

const readFacet = (reading: Reading, facet: string): void => {
  const { reader, tally } = reading
  const length = readNumber(reader)
  reading.groups += length
  if (reading.groups > mostGroups) throw new UnreadableTally('the tally has more values than any tally has')
  const flags = readBits(reader, 2)
  const isComplete = (flags & 2) !== 0
  const values: string[] = []
  const counts: number[] = []
  let left = tally.requests
  for (let at = 0; at < length; at++) {
    values.push(readText(reader))
    const count = isComplete && at === length - 1 ? left : readNumber(reader)
    left -= count
    if (isComplete && left < 0)
      throw new UnreadableTally('a facet of the tally counts more than all requests')
    counts.push(count)
  }
  const devices = (flags & 1) !== 0 ? readDevices(reading, length) : []
  const groups = new Map<string, Group>()
  tally.facets.set(facet, groups)
  for (let at = 0; at < length; at++) {
    const value = values[at] ?? ''
    const group = { count: counts[at] ?? 0, devices: devices[at] ?? createDevices('buckets') }
    if (groups.has(value)) addGroup(tally, facet, value, group)
    else groups.set(value, group)
  }
}

const skipFacet = (reading: Reading): void => {
  const { reader, all } = reading
  const length = readNumber(reader)
  const flags = readBits(reader, 2)
  for (let at = 0; at < length; at++) {
    skipText(reader)
    if ((flags & 2) === 0 || at < length - 1) readNumber(reader)
  }
  if ((flags & 1) === 0) return
  if (all.form === 1) skipBucketGroups(reader, length, all.whole.buckets.length)
  else readDevices(reading, length)
}

const readDevices = (reading: Reading, length: number): Devices[] => {
  const { reader, all } = reading
  if (all.form === 1) return readBucketGroups(reader, length, all.whole)
  if (all.form === 3) {
    skipBucketGroups(reader, length, all.size)
    return []
  }
  if (all.form === 0) throw new UnreadableTally('a facet of the tally has devices where the tally has none')
  return Array.from({ length }, () => {
    if (readBits(reader, 1) === 1) return copyHashes(all.sketch)
    const sketch = readHashes(reader)
    reading.room -= sketch.all?.length ?? 48 * sketch.few.size
    if (reading.room < 0)
      throw new UnreadableTally('the devices of the tally take more memory than any tally does')
    return sketch
  })
}

const readFolded = (reader: BitReader, tally: Tally): void => {
  const length = readNumber(reader)
  for (let at = 0; at < length; at++) {
    const facet = readText(reader)
    tally.folded.set(facet, (tally.folded.get(facet) ?? 0) + readNumber(reader))
  }
}
