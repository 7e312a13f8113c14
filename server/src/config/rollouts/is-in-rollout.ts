import { inPercentage } from '../targeting/in-percentage.ts'

/**
 * Whether a device (`bucket`: 0..9999) gets the new release of a rollout that stands at `percent`. Of the 10,000 buckets
 * exactly `percent` are in it, to 0.01; one that is in stays in while it grows; two rollouts are independent of each other.
 */
export const isInRollout = (rolloutId: number, bucket: number, percent: number): boolean =>
  inPercentage(`rollout-${rolloutId}`, bucket, percent)
