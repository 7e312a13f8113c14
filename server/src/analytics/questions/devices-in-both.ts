import { bucketSetOf, bucketsOf, hasBucket } from '../../platform/tally/bucket-set.ts'
import type { Devices } from '../../platform/tally/devices.ts'

/** The devices that are in both of two sets of an app; null for none. */
export const devicesInBoth = (one: Devices | null, two: Devices | null): Devices | null => {
  if (one?.kind !== 'buckets' || two?.kind !== 'buckets') return null
  const both = bucketsOf(two).filter((bucket) => hasBucket(one, bucket))
  return both.length > 0 ? bucketSetOf(both) : null
}
