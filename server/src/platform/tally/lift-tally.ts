import { bucketsOf } from './bucket-set.ts'
import { createDevices, type Devices } from './devices.ts'
import { hashBucket, hashText } from './hash-device.ts'
import { addHash } from './hyper-log-log.ts'
import { createTally, type Tally } from './tally.ts'

/**
 * An app’s tally as one to be added to that of a scope above apps (and not to be changed): its devices are sketches of (app, bucket). Facets named in
 * `without` are left out, such as revisions, which mean something within an app alone.
 */
export const liftTally = (tally: Tally, appId: string, without: ReadonlySet<string> = new Set()): Tally => {
  const lifted = createTally()
  lifted.requests = tally.requests
  lifted.latencies = tally.latencies
  const app = hashText(appId)
  const hash = { high: 0, low: 0 }
  const lift = (devices: Devices): Devices => {
    if (devices.kind === 'hashes') return devices
    const sketch = createDevices('hashes')
    for (const bucket of bucketsOf(devices)) {
      hashBucket(app, bucket, hash)
      if (sketch.kind === 'hashes') addHash(sketch, hash)
    }
    return sketch
  }
  for (const [facet, values] of tally.facets) {
    if (without.has(facet)) continue
    const groups = [...values].map(
      ([value, { count, devices }]) => [value, { count, devices: lift(devices) }] as const,
    )
    lifted.facets.set(facet, new Map(groups))
  }
  for (const [facet, count] of tally.folded) if (!without.has(facet)) lifted.folded.set(facet, count)
  return lifted
}
