import { inOrder, type OrderKeys, orderKeys } from './in-percentage.ts'

/** The order in which a rollout takes the buckets, for who asks of many: `inOrder(order, bucket, percent)`. */
export const rolloutOrder = (rolloutId: number): OrderKeys => orderKeys(`rollout-${rolloutId}`)

/**
 * Whether a device (`bucket`: 0..9999) gets the new release of a rollout that stands at `percent`. Of the 10,000 buckets
 * exactly `percent` are in it, to 0.01; one that is in stays in while it grows; two rollouts are independent of each other.
 */
export const isInRollout = (rolloutId: number, bucket: number, percent: number): boolean =>
  inOrder(rolloutOrder(rolloutId), bucket, percent)
