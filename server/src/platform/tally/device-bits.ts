import { type BitReader, type BitWriter, readBits, UnreadableTally, writeBits, writeRice } from './bits.ts'
import { type BucketSet, bucketSetOf, bucketsOf, copyBuckets, mostBuckets } from './bucket-set.ts'
import { type Devices, hasNoDevice } from './devices.ts'
import {
  createHyperLogLog,
  type HyperLogLog,
  hashesOf,
  mostRank,
  ranksOf,
  registers,
} from './hyper-log-log.ts'
import { readRices } from './read-rices.ts'
import { readMarks, readSubset, skipSubset, writeSubset } from './subset-bits.ts'

const noBuckets = new Uint16Array(0)
/** Used by one call at a time, and never cleared: only places of the same call are read. */
const rankOf = new Uint16Array(mostBuckets)

/** The buckets of a whole tally: those of a group are written as some of them. */
export interface Whole {
  set: BucketSet
  buckets: Uint16Array
  /** Bytes that may yet be taken for sets read. */
  room: number
}

export const wholeOf = (set: BucketSet, room = 0): Whole => ({ set, buckets: bucketsOf(set).slice(), room })

export const writeWhole = (writer: BitWriter, { buckets }: Whole): void =>
  writeSubset(writer, buckets, buckets.length, mostBuckets)

export const readWhole = (reader: BitReader, room: number): Whole => {
  const buckets = readSubset(reader, mostBuckets) ?? ranksTo(mostBuckets)
  return { set: bucketSetOf(buckets), buckets, room }
}

/**
 * Writes the sets of a facet's groups. Where no device is in two of them, as nearly always, each is written as some of those that are
 * left over by the groups before: two platforms then take one bit a device together.
 */
export const writeBucketGroups = (writer: BitWriter, groups: readonly Devices[], whole: Whole): void => {
  const areApart = findOwners(groups, whole)
  const { length } = whole.buckets
  writeBits(writer, areApart ? 1 : 0, 1)
  if (areApart) writeApart(writer, groups, length)
  else for (const devices of groups) writeSubset(writer, ranksWithin(devices, whole), sizeOf(devices), length)
}

/** Of each device of the whole, the group that has it, or -1. Written by one call, and used up by writeApart. */
const owners = new Int32Array(mostBuckets)

/** False where two groups have one device. */
const findOwners = (groups: readonly Devices[], { buckets }: Whole): boolean => {
  if (groups.reduce((sum, devices) => sum + sizeOf(devices), 0) > buckets.length) return false
  for (let rank = 0; rank < buckets.length; rank++) rankOf[buckets[rank] ?? 0] = rank
  owners.fill(-1, 0, buckets.length)
  for (const [group, devices] of groups.entries()) {
    const buckets = listOf(devices)
    // The list has room for more, and to make one without is work for each group.
    for (let at = 0; at < sizeOf(devices); at++) {
      const rank = rankOf[buckets[at] ?? 0] ?? 0
      if (owners[rank] !== -1) return false
      owners[rank] = group
    }
  }
  return true
}

/** Used again and again: the places of a group among those devices that no group before had. */
const places = new Uint16Array(mostBuckets)

const writeApart = (writer: BitWriter, groups: readonly Devices[], length: number): void => {
  let left = length
  for (let group = 0; group < groups.length; group++) {
    let size = 0
    for (let place = 0; place < left; place++) {
      const owner = owners[place] ?? -1
      if (owner === group) places[size++] = place
      else owners[place - size] = owner
    }
    writeSubset(writer, places, size, left)
    left -= size
  }
}

/** Used again and again: the devices of the whole that no group before had. */
const leftRead = new Uint16Array(mostBuckets)

export const readBucketGroups = (reader: BitReader, length: number, whole: Whole): BucketSet[] => {
  const areApart = readBits(reader, 1) === 1
  const sets: BucketSet[] = []
  leftRead.set(whole.buckets)
  let left = whole.buckets.length
  for (let group = 0; group < length; group++) {
    const places = readSubset(reader, left)
    sets.push(setOf(places === null ? leftRead.slice(0, left) : takeAt(leftRead, places), whole))
    if (areApart) left = places === null ? 0 : leaveAt(leftRead, left, places)
  }
  return sets
}

/** Passes over what writeBucketGroups wrote of a whole of so many devices. */
export const skipBucketGroups = (reader: BitReader, length: number, whole: number): void => {
  const areApart = readBits(reader, 1) === 1
  let left = whole
  for (let group = 0; group < length; group++) {
    const size = skipSubset(reader, left)
    if (areApart) left -= size
  }
}

const setOf = (buckets: Uint16Array, whole: Whole): BucketSet => {
  if (buckets.length === whole.buckets.length) return copyBuckets(whole.set)
  whole.room -= Math.min(2 * buckets.length, 1252)
  if (whole.room < 0)
    throw new UnreadableTally('the devices of the tally take more memory than any tally does')
  return bucketSetOf(buckets)
}

/** The buckets at these rising places. */
const takeAt = (buckets: Uint16Array, places: Uint16Array): Uint16Array => {
  const taken = new Uint16Array(places.length)
  for (let at = 0; at < places.length; at++) taken[at] = buckets[places[at] ?? 0] ?? 0
  return taken
}

/** Moves the first `length` buckets together, without those at these rising places; returns how many are left. */
const leaveAt = (buckets: Uint16Array, length: number, places: Uint16Array): number => {
  let next = 0
  for (let at = 0; at < length; at++) {
    buckets[at - next] = buckets[at] ?? 0
    if (places[next] === at) next++
  }
  return length - places.length
}

const ranksTo = (length: number): Uint16Array => {
  const ranks = new Uint16Array(length)
  for (let rank = 0; rank < length; rank++) ranks[rank] = rank
  return ranks
}

/** Its first buckets, as many as it has. */
const listOf = (devices: Devices): Uint16Array => {
  if (devices.kind === 'buckets') return devices.bitmap === null ? devices.list : bucketsOf(devices)
  if (hasNoDevice(devices)) return noBuckets
  throw new TypeError('a tally has devices either of an app or above apps')
}

const sizeOf = (devices: Devices): number => (devices.kind === 'buckets' ? devices.size : 0)

/** The places of a set's buckets among those of the whole. */
const ranksWithin = (devices: Devices, { buckets }: Whole): Uint16Array =>
  sizeOf(devices) === buckets.length
    ? ranksTo(buckets.length)
    : placesIn(listOf(devices).subarray(0, sizeOf(devices)), buckets)

/** Where each of the rising numbers stands among others that hold them all. */
const placesIn = (numbers: Uint16Array, among: Uint16Array): Uint16Array => {
  let place = 0
  return numbers.map((number) => {
    while ((among[place] ?? number) < number) place++
    return place++
  })
}

/** Writes a sketch: which registers are used, then their ranks around the one in the middle. */
export const writeHashes = (writer: BitWriter, sketch: HyperLogLog): void => {
  const { indices, ranks } = ranksOf(sketch)
  writeSubset(writer, indices, indices.length, registers)
  if (indices.length === 0) return
  const middle = middleOf(ranks)
  writeBits(writer, middle, 6)
  for (const rank of ranks)
    writeRice(writer, rank < middle ? 2 * (middle - rank) - 1 : 2 * (rank - middle), 1)
}

/** The rank that as many are below as above. */
const middleOf = (ranks: Uint8Array): number => {
  const counts = new Uint32Array(mostRank + 1)
  for (const rank of ranks) counts[rank] = (counts[rank] ?? 0) + 1
  let below = 0
  for (const [rank, count] of counts.entries()) {
    below += count
    if (below > ranks.length >> 1) return rank
  }
  return 1
}

/** Used again and again: what is read is copied at once. */
const marksRead = new Uint8Array(registers)
const codesRead = new Int32Array(registers + 1)

export const readHashes = (reader: BitReader): HyperLogLog => {
  const used = readMarks(reader, marksRead)
  if (used === 0) return createHyperLogLog()
  const middle = readBits(reader, 6)
  readRices(reader, 1, codesRead, used)
  // Looked at, but not taken, for registers after the last that is used.
  codesRead[used] = 0
  const ranks = new Uint8Array(registers)
  let next = 0
  // Below zero as soon as one is.
  let outside = 0
  for (let index = 0; index < registers; index++) {
    const mark = marksRead[index] ?? 0
    const code = codesRead[next] ?? 0
    // Odd codes are below the middle, even ones above or at it.
    const rank = middle + ((code >>> 1) ^ -(code & 1))
    outside |= (rank - 1) | (mostRank - rank)
    // Without a branch, which nobody could foretell: most of the time here was spent on that.
    ranks[index] = rank & -mark
    next += mark
  }
  if (outside < 0) throw new UnreadableTally('a register of the tally is out of bounds')
  return hashesOf(ranks, used)
}

export const isSameSketch = (one: HyperLogLog, two: HyperLogLog): boolean => {
  const first = ranksOf(one)
  const second = ranksOf(two)
  return (
    first.indices.length === second.indices.length &&
    first.indices.every((index, at) => index === second.indices[at] && first.ranks[at] === second.ranks[at])
  )
}
