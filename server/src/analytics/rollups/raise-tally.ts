import { bucketsOf } from '../../platform/tally/bucket-set.ts'
import { createDevices, type Devices } from '../../platform/tally/devices.ts'
import { type DeviceHash, hashBucket, hashText } from '../../platform/tally/hash-device.ts'
import { addHash, type HyperLogLog } from '../../platform/tally/hyper-log-log.ts'
import { addGroup, createTally, devicesOf, type Group, type Tally } from '../../platform/tally/tally.ts'
import type { CountedApp } from './find-apps.ts'
import { createSketch, type Rollup } from './rollup.ts'
import type { PartFacet } from './scopes.ts'

/** A device that still has what was replaced so long ago does not get on, or was away. */
const stuckAfterMs = 24 * 3_600_000

/** Values of the facets `revision` and `held` that name no revision. */
const noRevision = new Set(['none', 'unknown'])

/** What a revision was worth in the interval that began at `since`: current where it was live at any moment of it. */
const standingOf = (app: CountedApp, revision: string, since: number): 'current' | 'older' | 'stuck' => {
  if (app.live.has(revision)) return 'current'
  const replacedAt = app.replacedAt.get(revision)
  if (replacedAt === undefined) return 'older'
  if (replacedAt > since) return 'current'
  return replacedAt > since - stuckAfterMs ? 'older' : 'stuck'
}

/** By which values an app's groups of a facet are counted above it: revisions mean something within their app alone. */
const raisedValue = (
  facet: 'adoption' | 'held',
  value: string,
  app: CountedApp | undefined,
  since: number,
): string => {
  if (app === undefined || noRevision.has(value)) return value
  const standing = standingOf(app, value, since)
  return facet === 'adoption' && standing === 'stuck' ? 'older' : standing
}

/** The facets of revisions and config versions of events are left out. */
const ofAppAlone = /^event\/[^/]*\/(revision|configVersion)$/

const noDevices = createDevices('hashes')

/** Calls `add` with each group of a facet as it is counted above apps. */
const eachRaised = (
  { facets }: Tally,
  facet: string,
  app: CountedApp | undefined,
  since: number,
  add: (value: string, group: Group) => void,
): void => {
  const source = facet === 'adoption' ? 'revision' : facet
  for (const [value, group] of facets.get(source) ?? []) {
    const isOfRevisions = facet === 'adoption' || facet === 'held'
    add(isOfRevisions ? raisedValue(facet, value, app, since) : value, group)
  }
}

interface Raised {
  appId: string
  app: CountedApp | undefined
  /** The beginning of the interval (ms since 1970). */
  since: number
}

/** An app's tally as it is counted for scopes above it: its devices together in a sketch, by no facet. */
export const raiseTally = (tally: Tally, { appId, app, since }: Raised): Rollup => {
  const raised = createTally()
  raised.requests = tally.requests
  raised.latencies = tally.latencies
  for (const source of tally.facets.keys()) {
    if (ofAppAlone.test(source)) continue
    const facet = source === 'revision' ? 'adoption' : source
    eachRaised(tally, facet, app, since, (value, { count }) =>
      addGroup(raised, facet, value, { count, devices: noDevices }),
    )
  }
  for (const [facet, count] of tally.folded) {
    if (!ofAppAlone.test(facet) && facet !== 'revision' && facet !== 'held') raised.folded.set(facet, count)
  }
  const sketch = createSketch()
  sketchDevices(sketch, hashText(appId), devicesOf(tally))
  return { tally: raised, sketch }
}

/** The devices of one facet as they are counted above the app: a tally with that facet alone, without counts. */
export const raiseDevices = (tally: Tally, facet: PartFacet, { appId, app, since }: Raised): Rollup => {
  const raised = createTally()
  const hash = hashText(appId)
  eachRaised(tally, facet, app, since, (value, { devices }) => {
    const sketch = createSketch()
    sketchDevices(sketch, hash, devices)
    addGroup(raised, facet, value, { count: 0, devices: sketch })
  })
  return { tally: raised, sketch: null }
}

const sketchDevices = (sketch: HyperLogLog, app: DeviceHash, devices: Devices): void => {
  if (devices.kind !== 'buckets') throw new TypeError('the devices of an app are kept as buckets')
  const hash = { high: 0, low: 0 }
  for (const bucket of bucketsOf(devices)) {
    hashBucket(app, bucket, hash)
    addHash(sketch, hash)
  }
}
