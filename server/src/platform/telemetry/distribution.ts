import { addExponential, createExponential, type Exponential, mergeExponential } from './exponential.ts'
import type { Distribution } from './metric.ts'

/** A distribution that is being counted. */
export interface Recorder extends Distribution {
  counts: number[]
  count: number
  sum: number
  exponential?: Exponential
}

export const createRecorder = (bounds: readonly number[], isExponential: boolean): Recorder => ({
  bounds,
  counts: new Array<number>(bounds.length + 1).fill(0),
  count: 0,
  sum: 0,
  ...(isExponential && { exponential: createExponential() }),
})

/** Counts one value. Runs for every request: most values are in the first buckets, so a walk is the fastest search. */
export const record = (into: Recorder, value: number): void => {
  const { bounds } = into
  let index = 0
  while (index < bounds.length && value > (bounds[index] as number)) index += 1
  into.counts[index] = (into.counts[index] as number) + 1
  into.count += 1
  into.sum += value
  if (into.exponential !== undefined) addExponential(into.exponential, value)
}

/** As it is at this moment: it does not change any more. */
export const distributionOf = ({ exponential, counts, ...rest }: Recorder): Distribution => ({
  ...rest,
  counts: [...counts],
  ...(exponential && { exponential: { ...exponential, counts: new Map(exponential.counts) } }),
})

/** The same values by fewer bounds, all of which must be among its own. Throws where one is not. */
export const withBounds = (from: Distribution, bounds: readonly number[]): Distribution => {
  const counts = new Array<number>(bounds.length + 1).fill(0)
  let into = 0
  for (const [index, count] of from.counts.entries()) {
    const bound = from.bounds[index] ?? Number.POSITIVE_INFINITY
    while (into < bounds.length && bound > (bounds[into] as number)) into += 1
    counts[into] = (counts[into] as number) + count
  }
  if (bounds.some((bound) => !from.bounds.includes(bound)))
    throw new Error(`${bounds.join(', ')} are not all among the bounds ${from.bounds.join(', ')}`)
  return { ...from, bounds, counts }
}

/** Two distributions of the same bounds together. */
export const mergeDistributions = (left: Distribution, right: Distribution): Distribution => ({
  bounds: left.bounds,
  counts: left.counts.map((count, index) => count + (right.counts[index] ?? 0)),
  count: left.count + right.count,
  sum: left.sum + right.sum,
  ...(left.exponential &&
    right.exponential && { exponential: mergeExponential(left.exponential, right.exponential) }),
})
