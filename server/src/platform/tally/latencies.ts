import { DDSketch } from '@datadog/sketches-js'
import {
  type BitReader,
  type BitWriter,
  readNumber,
  readRice,
  riceOf,
  UnreadableTally,
  writeNumber,
  writeRice,
} from './bits.ts'

/**
 * Durations in milliseconds as a DDSketch (Masson, Rim, Lee 2019): a count per bin, each 2 % wide, so that a quantile is within 1 %
 * of the exact one, also after merging. Below a microsecond is 0; more than 1,000,000 ms is that.
 */
export type Latencies = DDSketch

const least = 0.001
const most = 1_000_000
const relativeAccuracy = 0.01
const { mapping } = new DDSketch({ relativeAccuracy })
const leastKey = mapping.key(least)
const mostKey = mapping.key(most)

export const createLatencies = (): Latencies => new DDSketch({ relativeAccuracy })

/** Adds a duration, `count` times. What is no number is left out. */
export const addLatency = (latencies: Latencies, milliseconds: number, count = 1): void => {
  if (Number.isNaN(milliseconds)) return
  if (milliseconds < least) addZeros(latencies, count)
  else addToBin(latencies, mapping.key(Math.min(milliseconds, most)), count)
}

/** Bin by bin, because the sketch's own merge forgets to make room up to a bin whose key is 0, as around 1 ms. */
export const mergeLatencies = (into: Latencies, from: Latencies): void => {
  addZeros(into, from.zeroCount)
  const { bins, minKey, maxKey, offset } = from.store
  for (let key = minKey; key <= maxKey; key++) {
    const count = bins[key - offset] ?? 0
    if (count > 0) addToBin(into, key, count)
  }
}

/** The duration, in ms, below which this share (0..1) of all were; NaN where there are none. */
export const latencyAt = (latencies: Latencies, share: number): number => latencies.getValueAtQuantile(share)

/** All durations together, in ms, within 1 %. */
export const sumOfLatencies = (latencies: Latencies): number => {
  let sum = 0
  for (const [key, count] of binsOf(latencies)) sum += mapping.value(key) * count
  return sum
}

/** The bins in use: [key, count], by rising key. */
export const binsOf = ({ store }: Latencies): [number, number][] => {
  const bins: [number, number][] = []
  for (let key = store.minKey; key <= store.maxKey; key++) {
    const count = store.bins[key - store.offset] ?? 0
    if (count > 0) bins.push([key, count])
  }
  return bins
}

const addZeros = (latencies: Latencies, count: number): void => {
  latencies.zeroCount += count
  latencies.count += count
}

const addToBin = (latencies: Latencies, key: number, count: number): void => {
  latencies.store.add(key, count)
  latencies.count += count
}

export const writeLatencies = (writer: BitWriter, latencies: Latencies): void => {
  const bins = binsOf(latencies)
  writeNumber(writer, latencies.zeroCount)
  writeNumber(writer, bins.length)
  const [first] = bins
  if (first === undefined) return
  writeNumber(writer, first[0] - leastKey)
  const gaps = riceOf((latencies.store.maxKey - first[0] + 1 - bins.length) / bins.length)
  const counts = riceOf((latencies.store.count - bins.length) / bins.length)
  writeNumber(writer, gaps)
  writeNumber(writer, counts)
  let next = first[0]
  for (const [key, count] of bins) {
    writeRice(writer, key - next, gaps)
    writeRice(writer, count - 1, counts)
    next = key + 1
  }
}

/** Passes over what writeLatencies wrote. */
export const skipLatencies = (reader: BitReader): void => {
  readNumber(reader)
  const length = readNumber(reader)
  if (length === 0) return
  readNumber(reader)
  const gaps = readNumber(reader)
  const counts = readNumber(reader)
  for (let at = 0; at < length; at++) {
    readRice(reader, gaps)
    readRice(reader, counts)
  }
}

export const readLatencies = (reader: BitReader): Latencies => {
  const latencies = createLatencies()
  addZeros(latencies, readNumber(reader))
  const length = readNumber(reader)
  if (length === 0) return latencies
  let key = readNumber(reader) + leastKey
  const gaps = readNumber(reader)
  const counts = readNumber(reader)
  if (gaps > 13 || counts > 13)
    throw new UnreadableTally('the latencies of the tally are not coded as they can be')
  const bins: [number, number][] = []
  let all = latencies.count
  for (let at = 0; at < length; at++) {
    key += readRice(reader, gaps)
    const count = readRice(reader, counts) + 1
    all += count
    if (key > mostKey || !Number.isSafeInteger(all))
      throw new UnreadableTally('the latencies of the tally go beyond their bounds')
    bins.push([key, count])
    key++
  }
  // The last one first: the sketch makes room once for all between.
  for (const [bin, count] of [...bins.splice(-1), ...bins]) addToBin(latencies, bin, count)
  return latencies
}
