/** Bits under way into bytes, the highest first. `held`: the last 0..7 bits, not yet a byte. */
export interface BitWriter {
  bytes: Uint8Array<ArrayBuffer>
  length: number
  held: number
  count: number
}

/** Bits taken from bytes; what is beyond their end is refused. `held`: the next 0..31 bits. */
export interface BitReader {
  bytes: Uint8Array
  at: number
  held: number
  count: number
}

/** What a reader throws: the bytes are cut short, or nobody wrote them so. */
export class UnreadableTally extends Error {
  override name = 'UnreadableTally'
}

/** So many ones, and no zero, say that a number is written whole. */
export const mostOnes = 20

export const createBitWriter = (): BitWriter => ({ bytes: new Uint8Array(512), length: 0, held: 0, count: 0 })

/** Throws away what was written; it keeps its room, unless that is out of the ordinary. */
export const restartBits = (writer: BitWriter): void => {
  if (writer.bytes.length > 65_536) writer.bytes = new Uint8Array(512)
  writer.length = 0
  writer.held = 0
  writer.count = 0
}

export const createBitReader = (bytes: Uint8Array, at: number): BitReader => ({
  bytes,
  at,
  held: 0,
  count: 0,
})

/** The lowest `bits` (at most 24) of a number. */
export const writeBits = (writer: BitWriter, value: number, bits: number): void => {
  if (writer.length + 4 > writer.bytes.length) {
    const larger = new Uint8Array(writer.bytes.length * 2)
    larger.set(writer.bytes)
    writer.bytes = larger
  }
  let held = (writer.held << bits) | value
  let count = writer.count + bits
  while (count >= 8) {
    count -= 8
    writer.bytes[writer.length++] = held >>> count
    held &= (1 << count) - 1
  }
  writer.held = held
  writer.count = count
}

/** Takes bytes until at least 24 bits are held, or the end has come. */
const fill = (reader: BitReader): void => {
  const { bytes } = reader
  let { at, held, count } = reader
  while (count < 24 && at < bytes.length) {
    held = (held << 8) | (bytes[at++] ?? 0)
    count += 8
  }
  reader.at = at
  reader.held = held
  reader.count = count
}

/** So many bits (at most 24) as a number. */
export const readBits = (reader: BitReader, bits: number): number => {
  if (reader.count < bits) {
    fill(reader)
    if (reader.count < bits) throw new UnreadableTally('the tally is cut short')
  }
  reader.count -= bits
  const value = reader.held >>> reader.count
  reader.held &= (1 << reader.count) - 1
  return value
}

/** Passes over numbers of so many bits until one is this; that too. */
export const skipTo = (reader: BitReader, value: number, bits: number): void => {
  const { bytes } = reader
  let { at, held, count } = reader
  for (let read = -1; read !== value; ) {
    if (count < bits) {
      if (at >= bytes.length) throw new UnreadableTally('the tally is cut short')
      held = (held << 8) | (bytes[at++] ?? 0)
      count += 8
    }
    count -= bits
    read = held >>> count
    held &= (1 << count) - 1
  }
  reader.at = at
  reader.held = held
  reader.count = count
}

/** All that was written, the last byte filled up with zeros. */
export const finishBits = (writer: BitWriter): Uint8Array<ArrayBuffer> => {
  if (writer.count > 0) writeBits(writer, 0, 8 - writer.count)
  return writer.bytes.slice(0, writer.length)
}

/** A whole number from 0 on: four bits and whether more follow, the lowest first. */
export const writeNumber = (writer: BitWriter, value: number): void => {
  let rest = value
  while (rest >= 16) {
    writeBits(writer, 16 | (rest % 16), 5)
    rest = Math.floor(rest / 16)
  }
  writeBits(writer, rest, 5)
}

export const readNumber = (reader: BitReader): number => {
  let value = 0
  let scale = 1
  for (;;) {
    const bits = readBits(reader, 5)
    value += (bits & 15) * scale
    if (value > Number.MAX_SAFE_INTEGER) throw new UnreadableTally('a number of the tally is too large')
    if (bits < 16) return value
    scale *= 16
    if (scale > Number.MAX_SAFE_INTEGER) throw new UnreadableTally('a number of the tally is too long')
  }
}

/**
 * A number by the code of Golomb and Rice (Rice 1979), the shortest for distances that fall off evenly: a run of ones for each
 * 2^k of it, then its last k bits (at most 13). One that would take more than 20 ones is written whole.
 */
export const writeRice = (writer: BitWriter, value: number, k: number): void => {
  const ones = Math.floor(value / 2 ** k)
  if (ones >= mostOnes) {
    writeBits(writer, 2 ** mostOnes - 1, mostOnes)
    writeNumber(writer, value)
    return
  }
  writeBits(writer, (1 << (ones + 1)) - 2, ones + 1)
  if (k > 0) writeBits(writer, value & ((1 << k) - 1), k)
}

export const readRice = (reader: BitReader, k: number): number => {
  const ones = readOnes(reader)
  if (ones === mostOnes) return readNumber(reader)
  return k === 0 ? ones : ones * 2 ** k + readBits(reader, k)
}

/** How many ones there are before the next zero, which is taken too; at most `mostOnes`, and then no zero is. */
const readOnes = (reader: BitReader): number => {
  if (reader.count < mostOnes) fill(reader)
  const { held, count } = reader
  const ones = count === 0 ? 0 : Math.clz32(~(held << (32 - count)))
  if (ones < mostOnes) {
    if (ones >= count) throw new UnreadableTally('the tally is cut short')
    reader.count = count - ones - 1
    reader.held = held & ((1 << reader.count) - 1)
    return ones
  }
  readBits(reader, mostOnes)
  return mostOnes
}

/** The k that suits numbers of this mean. */
export const riceOf = (mean: number): number =>
  mean <= 1 ? 0 : Math.min(13, Math.max(0, Math.round(Math.log2(mean * Math.LN2))))
