/** The 10,000 cells that devices fall into; a rollout takes them in an order of its own. */
export const bucketCount = 10_000

/** Counts of the devices that a rollout has reached, and of all others. */
export interface Sides {
  inside: number
  outside: number
}

/** What became known at one time: what was sent in one batch, or several. */
export interface Evidence {
  /** Milliseconds since 1970, by the server. */
  at: number
  /** Where the rollout stood; whoever is below it is inside. */
  percent: number
  /** Signs of life, such as `session_start`. */
  exposures: Sides
  /** Of the exposures inside, those with the new revision, or with none told. */
  adopted: number
  /** Harms, however often a device told of them. */
  harms: Sides
  /** Buckets with a sign of life. */
  seen: readonly number[]
  /** Buckets with a harm. */
  harmed: readonly number[]
}
