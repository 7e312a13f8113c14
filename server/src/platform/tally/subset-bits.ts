import {
  type BitReader,
  type BitWriter,
  readBits,
  readNumber,
  riceOf,
  UnreadableTally,
  writeBits,
  writeNumber,
  writeRice,
} from './bits.ts'
import { readRices } from './read-rices.ts'

/**
 * Writes the first `size` members, some of the numbers 0..universe-1 in rising order: whether it is all of them, how many, then the distances between them, or
 * between those that are not among them where these are fewer. Takes at most 4 % more than the fewest bits possible, from one number to all but one.
 */
export const writeSubset = (
  writer: BitWriter,
  members: Uint16Array,
  size: number,
  universe: number,
): void => {
  writeBits(writer, size === universe ? 1 : 0, 1)
  if (size === universe) return
  writeNumber(writer, size)
  if (size * 2 > universe) {
    writeOthers(writer, members, size, universe)
    return
  }
  const k = kOf(size, universe)
  let next = 0
  for (let at = 0; at < size; at++) {
    const member = members[at] ?? 0
    writeRice(writer, member - next, k)
    next = member + 1
  }
}

/** The numbers that are not among them. */
const writeOthers = (writer: BitWriter, members: Uint16Array, size: number, universe: number): void => {
  const k = kOf(universe - size, universe)
  let next = 0
  let at = 0
  for (let number = 0; number < universe; number++) {
    if (at < size && members[at] === number) {
      at++
      continue
    }
    writeRice(writer, number - next, k)
    next = number + 1
  }
}

/** The numbers that writeSubset wrote; null where they are all below `universe`. */
export const readSubset = (reader: BitReader, universe: number): Uint16Array | null => {
  if (readBits(reader, 1) === 1) return null
  const { length, isTurned } = readLength(reader, universe)
  const written = new Uint16Array(length)
  const gaps = readGaps(reader, length, universe)
  let next = 0
  for (let at = 0; at < length; at++) {
    next += gaps[at] ?? 0
    if (next >= universe) throw new UnreadableTally('a set of the tally goes beyond its bounds')
    written[at] = next++
  }
  return isTurned ? withoutThem(written, universe) : written
}

/** The same as ones and zeros, one for each number below `marks.length`; returns how many are ones. */
export const readMarks = (reader: BitReader, marks: Uint8Array): number => {
  const universe = marks.length
  if (readBits(reader, 1) === 1) {
    marks.fill(1)
    return universe
  }
  const { length, isTurned } = readLength(reader, universe)
  const gaps = readGaps(reader, length, universe)
  marks.fill(isTurned ? 1 : 0)
  let next = 0
  for (let at = 0; at < length; at++) {
    next += gaps[at] ?? 0
    if (next >= universe) throw new UnreadableTally('a set of the tally goes beyond its bounds')
    marks[next++] = isTurned ? 0 : 1
  }
  return isTurned ? universe - length : length
}

/** Passes over what writeSubset wrote, and tells how many numbers they were. */
export const skipSubset = (reader: BitReader, universe: number): number => {
  if (readBits(reader, 1) === 1) return universe
  const { length, isTurned } = readLength(reader, universe)
  readGaps(reader, length, universe)
  return isTurned ? universe - length : length
}

/** Used again and again: what is read is copied at once. */
const gapsRead = new Int32Array(2 ** 14)

const readGaps = (reader: BitReader, length: number, universe: number): Int32Array => {
  const gaps = length <= gapsRead.length ? gapsRead : new Int32Array(length)
  if (length > 0) readRices(reader, kOf(length, universe), gaps, length)
  return gaps
}

/** How many numbers are written: the members, or all others. */
const readLength = (reader: BitReader, universe: number): { length: number; isTurned: boolean } => {
  const size = readNumber(reader)
  if (size > universe) throw new UnreadableTally('a set of the tally has more members than there are')
  const isTurned = size * 2 > universe
  return { length: isTurned ? universe - size : size, isTurned }
}

const kOf = (size: number, universe: number): number => riceOf((universe - size) / size)

/** All numbers below `universe` that are not among these. */
const withoutThem = (members: Uint16Array, universe: number): Uint16Array => {
  const rest = new Uint16Array(universe - members.length)
  let length = 0
  let at = 0
  for (let number = 0; number < universe; number++) {
    if (members[at] === number) at++
    else rest[length++] = number
  }
  return rest
}
