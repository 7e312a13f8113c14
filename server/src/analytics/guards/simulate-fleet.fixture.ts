import { sizeOf } from '../../platform/buckets/in-percentage.ts'
import { bucketCount, type Evidence } from './evidence.ts'
import { type JudgeOptions, judge } from './judge.ts'
import { observe } from './observe.ts'
import { openTrial, type Trial } from './trial.ts'

/** Devices as they are, and what a release does to them. */
export interface SimulatedFleet {
  devices: number
  startsPerDay: number
  /** Of the starts: those with a harm on the old revision, and on the new one. */
  rates: readonly [old: number, new: number]
  /** When a device whose turn it is gets the new revision: at its next start, at the one after, or by a poll (minutes apart). */
  adoption: 'start' | 'second start' | readonly [least: number, most: number]
  /** A part of the devices, with more starts than others, each of which fails. */
  broken?: { part: number; startsFactor: number }
  /** A harm in ten is told this often. */
  burst?: number
  /** The new rate holds for the first start on the new revision alone. */
  onlyFirstStart?: boolean
  /** From 0 to 1: how much more is started by day than on average. */
  day?: number
  /** In one hour harms are ten times as frequent for all. */
  outage?: boolean
  worse?: 'more' | 'fewer'
  margin?: number
}

export interface SimulatedPlan {
  percents: readonly number[]
  stepSeconds: number
}

export interface SimulatedEnd {
  decision: 'rollback' | 'go'
  percent: number
  seconds: number
  /** Of all devices, those that have had the new revision. */
  adopted: number
}

/** SFC32 (Chris Doty-Humphrey, PractRand): the same seed, the same run. */
const randomOf = (seed: number): (() => number) => {
  let [a, b, c, counter] = [seed >>> 0, 0x9e3779b9, 0x243f6a88, 1]
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (let at = 0; at < 15; at++) next()
  return next
}

/** Knuth's for few; for many, what the normal distribution says is as good. */
const poisson = (random: () => number, mean: number): number => {
  if (mean > 50) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal))
  }
  let count = -1
  for (let product = 1; product > Math.exp(-mean); count++) product *= random()
  return count
}

const lookSeconds = 30
const daySeconds = 86_400
const hourSeconds = 3_600

interface Devices {
  buckets: Uint16Array
  /** The starts of this many devices are drawn evenly: each of the broken ones is several. */
  weight: number
  whole: number
  /** Starts since the rollout reached the device; and whether it has had the new revision. */
  starts: Uint8Array
  hadNew: Uint8Array
  /** Seconds between two polls, and at which second the first is. */
  every: Float32Array
  phase: Float32Array
}

const makeDevices = ({ devices, broken, adoption }: SimulatedFleet, random: () => number): Devices => {
  const few = Math.round(devices * (broken?.part ?? 0))
  const polls = typeof adoption === 'string' ? undefined : adoption
  const made: Devices = {
    buckets: new Uint16Array(devices),
    weight: devices - few + few * (broken?.startsFactor ?? 1),
    whole: devices - few,
    starts: new Uint8Array(devices),
    hadNew: new Uint8Array(devices),
    every: new Float32Array(polls ? devices : 0),
    phase: new Float32Array(polls ? devices : 0),
  }
  for (let device = 0; device < devices; device++) {
    made.buckets[device] = random() * bucketCount
    if (polls === undefined) continue
    const every = 60 * (polls[0] + random() * (polls[1] - polls[0]))
    made.every[device] = every
    made.phase[device] = random() * every
  }
  return made
}

/** Whether a device whose bucket was reached at `reachedAt` has the new revision at a start now. */
const hasNew = (
  { adoption }: SimulatedFleet,
  devices: Devices,
  device: number,
  reachedAt: number,
  now: number,
): boolean => {
  if (adoption === 'start') return true
  if (adoption === 'second start') {
    const starts = devices.starts[device] ?? 0
    if (starts < 1) devices.starts[device] = starts + 1
    return starts >= 1
  }
  const [every = 1, phase = 0] = [devices.every[device], devices.phase[device]]
  return now >= Math.ceil((reachedAt - phase) / every) * every + phase
}

interface World {
  fleet: SimulatedFleet
  random: () => number
  devices: Devices
  /** Of each bucket, when the rollout reached it. */
  reachedAt: Float64Array
  dayBeganAt: number
  outageAt: number
}

const rateAt = ({ fleet, outageAt }: World, now: number, isNew: boolean, isFirst: boolean): number => {
  const [old, fresh] = fleet.rates
  const base = now >= outageAt && now < outageAt + hourSeconds ? Math.min(0.5, old * 10) : old
  const counts = isNew && (isFirst || !fleet.onlyFirstStart)
  return counts ? base + fresh - old : base
}

/** What becomes known in one look's time. */
const play = (world: World, now: number, percent: number): Evidence => {
  const { fleet, random, devices, reachedAt } = world
  const swing = Math.sin((2 * Math.PI * (now + world.dayBeganAt)) / daySeconds)
  const mean =
    ((devices.weight * fleet.startsPerDay) / daySeconds) * lookSeconds * (1 + (fleet.day ?? 0) * swing)
  const exposures = { inside: 0, outside: 0 }
  const harms = { inside: 0, outside: 0 }
  const [seen, harmed]: number[][] = [[], []]
  let adopted = 0
  for (let left = poisson(random, mean); left > 0; left--) {
    const drawn = random() * devices.weight
    const isBroken = drawn >= devices.whole
    const spread = isBroken ? (drawn - devices.whole) / (fleet.broken?.startsFactor ?? 1) : drawn
    const device = Math.min(fleet.devices - 1, Math.floor(isBroken ? devices.whole + spread : spread))
    const bucket = devices.buckets[device] ?? 0
    const reached = reachedAt[bucket] ?? Number.POSITIVE_INFINITY
    const side = reached <= now ? 'inside' : 'outside'
    const isNew = side === 'inside' && hasNew(fleet, devices, device, reached, now)
    const isFirst = !devices.hadNew[device]
    if (isNew) devices.hadNew[device] = 1
    adopted += Number(isNew)
    exposures[side] += 1
    seen?.push(bucket)
    if (!isBroken && random() >= rateAt(world, now, isNew, isFirst)) continue
    harms[side] += fleet.burst !== undefined && random() < 0.1 ? fleet.burst : 1
    harmed?.push(bucket)
  }
  const at = 1_800_000_000_000 + now * 1_000
  return { at, percent, exposures, adopted, harms, seen: seen ?? [], harmed: harmed ?? [] }
}

const reach = ({ reachedAt }: World, { places }: Trial, percent: number, now: number): void => {
  const size = sizeOf(percent)
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    if ((reachedAt[bucket] ?? 0) > now && (places[bucket] ?? 0) < size) reachedAt[bucket] = now
  }
}

const openWorld = (fleet: SimulatedFleet, seed: number, seconds: number): World => {
  const random = randomOf(seed)
  return {
    fleet,
    random,
    devices: makeDevices(fleet, random),
    reachedAt: new Float64Array(bucketCount).fill(Number.POSITIVE_INFINITY),
    dayBeganAt: random() * daySeconds,
    outageAt: fleet.outage ? random() * seconds * 0.5 : Number.POSITIVE_INFINITY,
  }
}

/**
 * A rollout over simulated devices, judged every 30 seconds, until it is taken back or all have it. Its steps wait as the guard says; like a
 * real one it is reached by `seconds` at the latest.
 */
export const simulateRollout = (
  fleet: SimulatedFleet,
  { percents, stepSeconds }: SimulatedPlan,
  options: JudgeOptions,
  { seed, seconds }: { seed: number; seconds: number },
): SimulatedEnd => {
  const world = openWorld(fleet, seed, seconds)
  const within = 1 + (fleet.margin ?? 0.1)
  const trial = openTrial(seed * 17 + 3, fleet.worse === 'fewer' ? 1 / within : within)
  let [step, stepAt] = [0, stepSeconds]
  reach(world, trial, percents[0] ?? 100, 0)
  for (let now = 0; ; ) {
    const percent = percents[step] ?? 100
    observe(trial, [play(world, now, percent)])
    now += lookSeconds
    const { decision } = judge(trial, options, { percent, waitedSeconds: Math.max(0, now - stepAt) })
    const isOver = decision === 'rollback' || now >= seconds || (decision === 'go' && percent >= 100)
    if (isOver) {
      const adopted = world.devices.hadNew.reduce((sum, had) => sum + had, 0) / fleet.devices
      return { decision: decision === 'rollback' ? 'rollback' : 'go', percent, seconds: now, adopted }
    }
    if (decision !== 'go' || now < stepAt) continue
    step += 1
    stepAt = now + stepSeconds
    reach(world, trial, percents[step] ?? 100, now)
  }
}
