const side = 100
const rounds = 8
/** 2^32 divided by the golden ratio: spreads small numbers over all bits. */
const golden = 0x9e3779b9

/** The finalizer of MurmurHash3: each bit of the input reaches each bit of the answer, of which 31 are kept. */
const mix = (input: number): number => {
  let hash = input
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 1
}

/**
 * The place of a bucket in the order in which a rollout reaches the 10,000 buckets: a permutation of them, another one for
 * each rollout, so that it is not always the same devices that go first. A Feistel network over 100 x 100 (a permutation
 * whatever its round function is) needs no table, as a shuffle would for each rollout under way.
 */
const placeOf = (rolloutId: number, bucket: number): number => {
  const key = mix(mix(rolloutId | 0) ^ Math.floor(rolloutId / 2 ** 32) ^ golden)
  let left = Math.floor(bucket / side)
  let right = bucket % side
  for (let round = 0; round < rounds; round++) {
    const next = (left + (mix(key + Math.imul(round * side + right, golden)) % side)) % side
    left = right
    right = next
  }
  return left * side + right
}

/**
 * Whether a device (`bucket`: 0..9999) gets the new release of a rollout that stands at `percent`. Of the 10,000 buckets
 * exactly `percent` are in it, to 0.01; one that is in stays in while it grows; two rollouts are independent of each other.
 */
export const isInRollout = (rolloutId: number, bucket: number, percent: number): boolean =>
  placeOf(rolloutId, bucket) < Math.round(percent * side)
