import { type BitReader, mostOnes, readRice } from './bits.ts'

/** Bits that are looked up at once, the most codes that are told of them, and the bits each of these takes in the table. */
const window = 12
const codesAtOnce = 4
const codeBits = 6
/** With a larger k few codes fit. */
const tableMostK = 2

/** By k, of each `window` bits: with how many whole codes they begin (3 bits), how many bits these take (4), and the codes. */
const tables: (Int32Array | undefined)[] = []

const tableOf = (k: number): Int32Array => {
  tables[k] ??= Int32Array.from({ length: 2 ** window }, (_, bits) => entryOf(bits, k))
  return tables[k]
}

const entryOf = (bits: number, k: number): number => {
  let codes = 0
  let taken = 0
  let entry = 0
  while (codes < codesAtOnce) {
    const ones = Math.clz32(~(bits << (32 - window + taken)))
    if (taken + ones + 1 + k > window) break
    taken += ones + 1 + k
    const code = (ones << k) | ((bits >>> (window - taken)) & ((1 << k) - 1))
    entry |= code << (7 + codeBits * codes++)
  }
  return entry | (taken << 3) | codes
}

/** Where codes go: from a place of an array on to another. */
interface Target {
  into: Int32Array
  from: number
  to: number
}

/**
 * Reads so many codes into an array; as readRice, but many times as fast, because sketches have millions of them. What does not fit into
 * 31 bits is cut to that.
 */
export const readRices = (reader: BitReader, k: number, into: Int32Array, length: number): void => {
  if (k > tableMostK) {
    readEach(reader, k, { into, from: 0, to: length })
    return
  }
  for (let from = 0; from < length; ) {
    from = readByTable(reader, k, { into, from, to: length })
    const to = Math.min(length, from + codesAtOnce)
    readEach(reader, k, { into, from, to })
    from = to
  }
}

/** Reads codes until one is long, or they or the bytes are near their end; returns where in the array that is. */
const readByTable = (reader: BitReader, k: number, { into, from, to }: Target): number => {
  const table = tableOf(k)
  const { bytes } = reader
  const last = to - codesAtOnce
  let { at, held, count } = reader
  let index = from
  while (index <= last) {
    if (count < window) {
      if (at + 2 > bytes.length) break
      held = (held << 16) | ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
      at += 2
      count += 16
    }
    const entry = table[(held >>> (count - window)) & (2 ** window - 1)] ?? 0
    if (entry === 0) break
    // What is beyond the codes of this entry is written over by the next.
    into[index] = (entry >>> 7) & 63
    into[index + 1] = (entry >>> 13) & 63
    into[index + 2] = (entry >>> 19) & 63
    into[index + 3] = (entry >>> 25) & 63
    index += entry & 7
    count -= (entry >>> 3) & 15
  }
  reader.at = at
  reader.held = held & ((1 << count) - 1)
  reader.count = count
  return index
}

const readEach = (reader: BitReader, k: number, { into, from, to }: Target): void => {
  const { bytes } = reader
  let { at, held, count } = reader
  for (let index = from; index < to; index++) {
    while (count < 24 && at < bytes.length) {
      held = (held << 8) | (bytes[at++] ?? 0)
      count += 8
    }
    const ones = count === 0 ? 0 : Math.clz32(~(held << (32 - count)))
    if (ones >= mostOnes || count < ones + 1 + k) {
      // A long run, or the end of the bytes, or the last bits of a code: rare.
      reader.at = at
      reader.held = held
      reader.count = count
      into[index] = Math.min(readRice(reader, k), 2 ** 31 - 1)
      at = reader.at
      held = reader.held
      count = reader.count
      continue
    }
    count -= ones + 1 + k
    into[index] = (ones << k) | ((held >>> count) & ((1 << k) - 1))
    held &= (1 << count) - 1
  }
  reader.at = at
  reader.held = held
  reader.count = count
}
