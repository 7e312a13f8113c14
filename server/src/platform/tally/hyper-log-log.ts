import type { DeviceHash } from './hash-device.ts'

/** 2^14 registers: 0.81 % standard error. */
const precision = 14
export const registers = 2 ** precision
/** A register holds the place of the first one among the other 50 bits: 1..51. */
export const mostRank = 64 - precision + 1
const sparseMost = 1024

/**
 * How many different texts there were (Flajolet et al. 2007), with hashes of 64 bits, so that no count in reach needs a correction
 * for collisions (Heule et al. 2013). While few registers are used they are kept in a map, by index. `isShared`:
 * what is kept also belongs to another sketch, and is copied before it changes.
 */
export interface HyperLogLog {
  kind: 'hashes'
  few: Map<number, number>
  all: Uint8Array | null
  isShared: boolean
}

export const createHyperLogLog = (): HyperLogLog => ({
  kind: 'hashes',
  few: new Map(),
  all: null,
  isShared: false,
})

/** A sketch of its own that counted the same; shares memory until one of the two changes. */
export const copyHashes = (sketch: HyperLogLog): HyperLogLog => {
  sketch.isShared = true
  return { ...sketch }
}

export const addHash = (sketch: HyperLogLog, hash: DeviceHash): void => {
  const rest = hash.high & 0x3ffff
  const zeros = rest !== 0 ? Math.clz32(rest) - precision : 18 + Math.clz32(hash.low)
  raise(sketch, hash.high >>> (32 - precision), zeros + 1)
}

export const mergeHashes = (into: HyperLogLog, from: HyperLogLog): void => {
  if (from.all === null) {
    for (const [index, rank] of from.few) raise(into, index, rank)
    return
  }
  if (into.all === from.all) return
  const all = into.all === null ? spread(into) : ownRegisters(into, into.all)
  raiseAll(wordsOf(all), wordsOf(from.all))
}

const wordsOf = ({ buffer, byteOffset }: Uint8Array): Int32Array =>
  new Int32Array(buffer, byteOffset, registers / 4)

/** Each register to the higher of two, four at once: ranks leave the highest bit of a byte free, which then tells where one is lower. */
const raiseAll = (words: Int32Array, others: Int32Array): void => {
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? 0
    const other = others[index] ?? 0
    const isNotLower = ((word | 0x80808080) - other) & 0x80808080
    const kept = (isNotLower << 1) - (isNotLower >>> 7)
    words[index] = (word & kept) | (other & ~kept)
  }
}

/** Sets a register to at least this rank. */
export const raise = (sketch: HyperLogLog, index: number, rank: number): void => {
  const before = (sketch.all === null ? sketch.few.get(index) : sketch.all[index]) ?? 0
  if (rank <= before) return
  if (sketch.all !== null) {
    ownRegisters(sketch, sketch.all)[index] = rank
    return
  }
  if (sketch.isShared) sketch.few = new Map(sketch.few)
  sketch.isShared = false
  sketch.few.set(index, rank)
  if (sketch.few.size > sparseMost) spread(sketch)
}

/** The sketch with these ranks, of which so many are used; keeps them, so do not change them. */
export const hashesOf = (ranks: Uint8Array, used: number): HyperLogLog => {
  const sketch = createHyperLogLog()
  if (used > sparseMost) sketch.all = ranks
  else for (const [index, rank] of ranks.entries()) if (rank > 0) sketch.few.set(index, rank)
  return sketch
}

/** The registers in use, by rising index. */
export const ranksOf = (sketch: HyperLogLog): { indices: Uint16Array; ranks: Uint8Array } => {
  if (sketch.all === null) {
    const indices = Uint16Array.from(sketch.few.keys()).sort()
    return { indices, ranks: Uint8Array.from(indices, (index) => sketch.few.get(index) ?? 0) }
  }
  const indices = new Uint16Array(registers)
  const ranks = new Uint8Array(registers)
  let length = 0
  for (let index = 0; index < registers; index++) {
    const rank = sketch.all[index] ?? 0
    if (rank === 0) continue
    indices[length] = index
    ranks[length++] = rank
  }
  return { indices: indices.subarray(0, length), ranks: ranks.subarray(0, length) }
}

export const isNoHash = (sketch: HyperLogLog): boolean => sketch.all === null && sketch.few.size === 0

/**
 * The improved raw estimator of Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6: unbiased
 * over the whole range, without tables and without a switch between two estimators.
 */
export const estimateHashes = (sketch: HyperLogLog): number => {
  const counts = new Uint32Array(mostRank + 1)
  if (sketch.all === null) {
    counts[0] = registers - sketch.few.size
    for (const rank of sketch.few.values()) counts[rank] = (counts[rank] ?? 0) + 1
  } else {
    for (const rank of sketch.all) counts[rank] = (counts[rank] ?? 0) + 1
  }
  let sum = registers * tau(1 - (counts[mostRank] ?? 0) / registers)
  for (let rank = mostRank - 1; rank >= 1; rank--) sum = 0.5 * (sum + (counts[rank] ?? 0))
  sum += registers * sigma((counts[0] ?? 0) / registers)
  return registers ** 2 / (2 * Math.LN2) / sum
}

/** x + the sum of x^(2^k) 2^(k-1): what registers without a hash stand for. */
const sigma = (share: number): number => {
  if (share === 1) return Number.POSITIVE_INFINITY
  let sum = share
  let power = share
  for (let weight = 1, before = -1; sum !== before; weight *= 2) {
    before = sum
    power *= power
    sum += power * weight
  }
  return sum
}

/** The same at the other end: what registers that can go no higher stand for. */
const tau = (share: number): number => {
  if (share === 0 || share === 1) return 0
  let sum = 1 - share
  let root = share
  for (let weight = 0.5, before = -1; sum !== before; weight /= 2) {
    before = sum
    root = Math.sqrt(root)
    sum -= (1 - root) ** 2 * weight
  }
  return sum / 3
}

const spread = (sketch: HyperLogLog): Uint8Array => {
  const all = new Uint8Array(registers)
  for (const [index, rank] of sketch.few) all[index] = rank
  sketch.few = new Map()
  sketch.all = all
  sketch.isShared = false
  return all
}

const ownRegisters = (sketch: HyperLogLog, all: Uint8Array): Uint8Array => {
  if (!sketch.isShared) return all
  const own = all.slice()
  sketch.all = own
  sketch.isShared = false
  return own
}
