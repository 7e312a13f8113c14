import type { ExponentialBuckets } from './metric.ts'

/** As the SDKs of OpenTelemetry: so many buckets, and as fine as they allow. */
const bucketsMost = 160
const finest = 20

/** Counts values in base-2 exponential buckets, coarser when they would be more than 160. */
export interface Exponential extends ExponentialBuckets {
  counts: Map<number, number>
  scale: number
  zeroCount: number
  least: number
  most: number
}

export const createExponential = (): Exponential => ({
  scale: finest,
  zeroCount: 0,
  counts: new Map(),
  least: Number.POSITIVE_INFINITY,
  most: Number.NEGATIVE_INFINITY,
})

/** The index of the bucket that ends at or above `value`. */
const indexOf = (value: number, scale: number): number => Math.ceil(Math.log2(value) * 2 ** scale) - 1

/** Counts by the index that buckets have at a scale which is `steps` lower: each bucket of that has 2 ** steps of these. */
const coarser = (counts: ReadonlyMap<number, number>, steps: number): Map<number, number> => {
  const merged = new Map<number, number>()
  for (const [index, count] of counts) {
    const to = Math.floor(index / 2 ** steps)
    merged.set(to, (merged.get(to) ?? 0) + count)
  }
  return merged
}

/** By how much a scale must be lower for all from the bucket `least` to the bucket `most` to be no more than there may be. */
const stepsToFit = (least: number, most: number): number => {
  let steps = 0
  while (Math.floor(most / 2 ** steps) - Math.floor(least / 2 ** steps) >= bucketsMost) steps += 1
  return steps
}

/** Counts one value; 0 and less are counted apart. */
export const addExponential = (into: Exponential, value: number): void => {
  if (!(value > 0)) {
    into.zeroCount += 1
    return
  }
  let index = indexOf(value, into.scale)
  const least = Math.min(index, into.least)
  const most = Math.max(index, into.most)
  const steps = stepsToFit(least, most)
  if (steps > 0) {
    into.counts = coarser(into.counts, steps)
    into.scale -= steps
    index = Math.floor(index / 2 ** steps)
  }
  into.least = Math.floor(least / 2 ** steps)
  into.most = Math.floor(most / 2 ** steps)
  into.counts.set(index, (into.counts.get(index) ?? 0) + 1)
}

/** Two countings together, as coarse as the coarser one, or coarser where they lie far apart: what is sent has all between. */
export const mergeExponential = (left: ExponentialBuckets, right: ExponentialBuckets): ExponentialBuckets => {
  const scale = Math.min(left.scale, right.scale)
  const counts = coarser(left.counts, left.scale - scale)
  for (const [index, count] of coarser(right.counts, right.scale - scale))
    counts.set(index, (counts.get(index) ?? 0) + count)
  const indices = [...counts.keys()]
  const steps = indices.length === 0 ? 0 : stepsToFit(Math.min(...indices), Math.max(...indices))
  return { scale: scale - steps, zeroCount: left.zeroCount + right.zeroCount, counts: coarser(counts, steps) }
}

/** What was counted since `before`, which is an earlier state of the same counting. */
export const sinceExponential = (now: ExponentialBuckets, before: ExponentialBuckets): ExponentialBuckets => {
  const counts = new Map(now.counts)
  for (const [index, count] of coarser(before.counts, before.scale - now.scale)) {
    const left = (counts.get(index) ?? 0) - count
    if (left > 0) counts.set(index, left)
    else counts.delete(index)
  }
  return { scale: now.scale, zeroCount: now.zeroCount - before.zeroCount, counts }
}
