import {
  type BitReader,
  type BitWriter,
  readBits,
  readNumber,
  readRice,
  riceOf,
  UnreadableTally,
  writeBits,
  writeNumber,
  writeRice,
} from './bits.ts'

/**
 * Writes some of the numbers 0..universe-1, in rising order: whether it is all of them, how many, then the distances between them, or between those that are
 * not among them where these are fewer. Takes at most 4 % more than the fewest bits possible, from one number to all but one.
 */
export const writeSubset = (writer: BitWriter, members: Uint16Array, universe: number): void => {
  writeBits(writer, members.length === universe ? 1 : 0, 1)
  if (members.length === universe) return
  writeNumber(writer, members.length)
  const isTurned = members.length * 2 > universe
  const written = isTurned ? withoutThem(members, universe) : members
  if (written.length === 0) return
  const k = kOf(written.length, universe)
  let next = 0
  for (const member of written) {
    writeRice(writer, member - next, k)
    next = member + 1
  }
}

export const readSubset = (reader: BitReader, universe: number): Uint16Array => {
  if (readBits(reader, 1) === 1) return withoutThem(new Uint16Array(0), universe)
  const size = readNumber(reader)
  if (size > universe) throw new UnreadableTally('a set of the tally has more members than there are')
  const isTurned = size * 2 > universe
  const written = new Uint16Array(isTurned ? universe - size : size)
  const k = written.length === 0 ? 0 : kOf(written.length, universe)
  let next = 0
  for (let at = 0; at < written.length; at++) {
    next += readRice(reader, k)
    if (next >= universe) throw new UnreadableTally('a set of the tally goes beyond its bounds')
    written[at] = next++
  }
  return isTurned ? withoutThem(written, universe) : written
}

const kOf = (size: number, universe: number): number => riceOf((universe - size) / size)

/** All numbers below `universe` that are not among these. */
export const withoutThem = (members: Uint16Array, universe: number): Uint16Array => {
  const rest = new Uint16Array(universe - members.length)
  let length = 0
  let at = 0
  for (let number = 0; number < universe; number++) {
    if (members[at] === number) at++
    else rest[length++] = number
  }
  return rest
}
