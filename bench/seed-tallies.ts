import { addLatency } from '../server/src/platform/tally/latencies.ts'
import { drawsOf } from '../server/src/platform/tally/tally.fixture.ts'
import { countIn, createTally, type Tally } from '../server/src/platform/tally/tally.ts'

/** How much an app of the fleet is used: each device of a day opens it three times, and fetches ten times in all. */
export const profile = { devices: 1_000, devicesADay: 300, requestsADay: 3_000, fetchesAtOnce: 3, events: 20 }

/** The revisions that devices of every app have; the later of each app are there as releases. */
export const revisions = ['1000001', '1000002', '1000003', '1000004', '1000005'] as const

interface Device {
  bucket: number
  platform: string
  appVersion: string
  country: string
}

/** The devices of one app: which platforms, versions and countries, and how often, is the same for all. */
export const drawDevices = (seed: number): Device[] => {
  const draw = drawsOf(seed)
  const pick = (values: Record<string, number>): string => {
    let at = draw()
    for (const [value, share] of Object.entries(values)) {
      at -= share
      if (at < 0) return value
    }
    return Object.keys(values)[0] ?? ''
  }
  return Array.from({ length: profile.devices }, () => ({
    bucket: Math.floor(draw() * 10_000),
    platform: pick({ android: 0.55, ios: 0.4, web: 0.05 }),
    appVersion: pick({ '4.12.0': 0.6, '4.11.2': 0.2, '4.11.0': 0.1, '4.10.3': 0.06, '3.9.9': 0.04 }),
    country: pick({
      ...{ DE: 0.4, AT: 0.12, CH: 0.1, US: 0.1, FR: 0.08, GB: 0.06, PL: 0.04, IT: 0.04 },
      ...{ NL: 0.02, ES: 0.02, unknown: 0.02 },
    }),
  }))
}

/** What a gateway would have counted of `requests` requests by some of these devices, each of which fetches a few times in a row. */
export const drawTally = (devices: readonly Device[], requests: number, seed: number): Tally => {
  const draw = drawsOf(seed)
  const first = Math.floor(draw() * (devices.length - profile.devicesADay))
  const newest = Math.floor(draw() * revisions.length)
  const tally = createTally()
  tally.requests = requests
  let device = devices[first]
  for (let n = 0; n < requests; n += 1) {
    // In a minute there is one of each.
    if (requests < 10 || n % profile.fetchesAtOnce === 0) {
      device = devices[first + Math.floor(draw() * profile.devicesADay)]
    }
    if (device !== undefined) countRequest(tally, device, draw, newest)
  }
  return tally
}

const countRequest = (tally: Tally, device: Device, draw: () => number, newest: number): void => {
  const { bucket, platform, appVersion, country } = device
  const hasIt = draw() < 0.9
  const held = hasIt ? revisions[newest] : draw() < 0.5 ? 'none' : revisions[newest - 1]
  const fails = draw() < 0.0005
  const values = {
    ...{ api: 'v2', channel: 'stable', kind: 'read', status: fails ? '5xx' : hasIt ? '304' : '2xx' },
    cache: draw() < 0.97 ? 'hit' : 'miss',
  }
  for (const [facet, value] of Object.entries(values)) countIn(tally, facet, value)
  const told = { revision: revisions[newest] ?? '', held: held ?? 'none', platform, appVersion, country }
  for (const [facet, value] of Object.entries(told)) countIn(tally, facet, value, { bucket })
  addLatency(tally.latencies, Math.exp((draw() + draw() + draw() - 1.5) * 1.2) * 0.3)
  if (draw() < profile.events / profile.requestsADay) {
    countIn(tally, 'event', 'app_error', { bucket })
    countIn(tally, 'event/app_error/revision', told.revision, { bucket })
    countIn(tally, 'event/app_error/platform', platform, { bucket })
    countIn(tally, 'event/app_error/appVersion', appVersion, { bucket })
    countIn(tally, 'event/app_error/property/screen', draw() < 0.5 ? 'home' : 'settings')
  }
}
