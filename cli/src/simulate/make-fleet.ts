/** Who holds a device: what it tells about itself with every question, and how good its network is. */
export interface Device {
  bucket: number
  platform: 'android' | 'ios'
  appVersion: string
  country: string
  /** How long its network takes for one call, in ms. */
  networkMs: number
  /** Where in its day it opens the app, 0 to 1. */
  opensAt: readonly number[]
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32), so that a run can be repeated. */
export const drawFrom = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

type Shares<Value> = readonly (readonly [Value, number])[]

const platforms: Shares<Device['platform']> = [
  ['android', 0.7],
  ['ios', 0.3],
]
const appVersions: Shares<string> = [
  ['3.2.0', 0.6],
  ['3.1.4', 0.3],
  ['2.9.0', 0.1],
]
const countries: Shares<string> = [
  ['DE', 0.3],
  ['US', 0.25],
  ['BR', 0.2],
  ['IN', 0.15],
  ['JP', 0.1],
]

const choose = <Value>(shares: Shares<Value>, at: number): Value => {
  let left = at
  for (const [value, share] of shares) {
    left -= share
    if (left < 0) return value
  }
  return (shares[0] as readonly [Value, number])[0]
}

/** Most networks answer in 120 ms, one in twenty takes more than 600. */
const networkMs = (draw: () => number): number => {
  const normal = Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw())
  return Math.round(120 * Math.exp(normal))
}

/** So many devices as a real fleet has them: two platforms, three versions of the app, five countries, few opening it at night. */
export const makeFleet = (count: number, draw: () => number): Device[] =>
  Array.from({ length: count }, () => ({
    bucket: Math.floor(draw() * 10_000),
    platform: choose(platforms, draw()),
    appVersion: choose(appVersions, draw()),
    country: choose(countries, draw()),
    networkMs: networkMs(draw),
    opensAt: Array.from({ length: 1 + Math.floor(draw() * 4) }, () => 0.2 + 0.8 * draw()).sort(),
  }))
