import type { Rule } from '../../../../contract/targeting.ts'

const side = 100
/** The greatest below 2^16: no step of a round leaves 31 bits, whatever an implementation of JsonLogic counts with. */
const prime = 65_521
/** 2^32 divided by the golden ratio: spreads small numbers over all bits. */
const golden = 0x9e3779b9

/** What makes one order of the buckets of many: for each round the coefficients of its function. */
export type OrderKeys = readonly (readonly [square: number, factor: number, summand: number])[]

/** The finalizer of MurmurHash3: each bit of the input reaches each bit of the answer. */
const mix = (input: number): number => {
  let hash = input
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

export const orderKeys = (seed: string): OrderKeys => {
  let hash = seed.length
  for (let at = 0; at < seed.length; at++) hash = mix(hash + golden + seed.charCodeAt(at))
  const keyAt = (place: number) => mix(hash + Math.imul(place, golden)) % prime
  return [1, 4, 7, 10].map((place) => [keyAt(place), keyAt(place + 1), keyAt(place + 2)] as const)
}

/**
 * The place of a bucket in the order of one seed: a permutation of the 10,000 buckets. A Feistel network over 100 x 100 (a
 * permutation whatever its round function is) of nothing but the arithmetic that JsonLogic has, so that a rule can say it.
 * Its function is quadratic: with a linear one some pairs of seeds chose nearly the same half of all devices.
 */
export const placeOf = (keys: OrderKeys, bucket: number): number => {
  let place = bucket
  for (const [square, factor, summand] of keys) {
    const right = place % side
    const left = (place - right) / side
    place = right * side + ((left + (((square * right + factor) * right + summand) % prime)) % side)
  }
  return place
}

/** Of the 10,000 places, those that are in a percentage: the ones below this number. */
export const sizeOf = (percent: number): number => Math.round(percent * side)

/** As inPercentage, for who asks of many buckets. */
export const inOrder = (keys: OrderKeys, bucket: number, percent: number): boolean =>
  placeOf(keys, bucket) < sizeOf(percent)

/**
 * Whether a device (`bucket`: 0..9999) is in this percentage (0..100). Of the 10,000 buckets exactly `percent` are in it, to
 * 0.01; one that is in stays in while it grows; which ones they are for one seed says nothing about another.
 */
export const inPercentage = (seed: string, bucket: number, percent: number): boolean =>
  inOrder(orderKeys(seed), bucket, percent)

/** One round: of the place before (`accumulator`) and the round's keys (`current`) it makes the next place. */
const roundRule = (): Rule => {
  const place = { var: 'accumulator' }
  const [square, factor, summand] = [{ var: 'current.0' }, { var: 'current.1' }, { var: 'current.2' }]
  const right = { '%': [place, side] }
  const left = { '/': [{ '-': [place, right] }, side] }
  const linear = { '+': [{ '*': [square, right] }, factor] }
  const hash = { '%': [{ '+': [{ '*': [linear, right] }, summand] }, prime] }
  return { '+': [{ '*': [right, side] }, { '%': [{ '+': [left, hash] }, side] }] }
}

/** Where a bucket stands in the order of a seed, in percent: it is in every percentage above that. */
export const standingOf = (seed: string, bucket: number): number => placeOf(orderKeys(seed), bucket) / side

/** The same as a rule of JsonLogic over `{"var": "bucket"}`; without a bucket it holds for 100 percent alone. */
export const percentageRule = (seed: string, percent: number): Rule => {
  const size = sizeOf(percent)
  if (size <= 0 || size >= side * side) return { '!!': [size > 0] }
  // Strictly: to JsonLogic 0 is null otherwise. And not around it: flagd-core takes a reduce of constants for a constant.
  const keys = { if: [{ '!==': [{ var: 'bucket' }, null] }, orderKeys(seed), []] }
  const place = { reduce: [keys, roundRule(), { var: ['bucket', side * side] }] }
  return { '<': [place, size] }
}
