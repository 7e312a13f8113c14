import { describe, expect, test } from 'vitest'
import { testEnvironment } from '../../../../tests/environment.ts'
import type { JudgeOptions } from './judge.ts'
import {
  type SimulatedEnd,
  type SimulatedFleet,
  type SimulatedPlan,
  simulateRollout,
} from './simulate-fleet.fixture.ts'

const options: JudgeOptions = {
  ...{ alpha: 0.05, minimumExposures: 1000, maxHoldSeconds: 7_200 },
  per: 'session_start',
}
const hour = 3_600
/** 10, 20, 40, 80, 100 percent in 20 minutes. */
const canary: SimulatedPlan = { percents: [10, 20, 40, 80, 100], stepSeconds: 240 }
const slowly: SimulatedPlan = { percents: [10, 20, 40, 60, 80, 100], stepSeconds: 3 * hour }
const daily: SimulatedPlan = { percents: [10, 20, 40, 80, 100], stepSeconds: 24 * hour }

const usual: SimulatedFleet = { devices: 100_000, startsPerDay: 6, rates: [0.01, 0.01], adoption: 'start' }
const bad = { rates: [0.01, 0.03] } as const
/** Two in a thousand fail at every start, and start twenty times as often as others. */
const broken = { part: 0.002, startsFactor: 20 }

type Scene = readonly [name: string, fleet: Partial<SimulatedFleet>, plan: SimulatedPlan]

const play = ([, fleet, plan]: Scene, runs: number): SimulatedEnd[] =>
  Array.from({ length: runs }, (_, at) =>
    simulateRollout({ ...usual, ...fleet }, plan, options, { seed: at + 1, seconds: 14 * 24 * hour }),
  )

const partOf = (ends: readonly SimulatedEnd[], fits: (end: SimulatedEnd) => boolean): number =>
  ends.filter(fits).length / ends.length

/** What the campaign reports. */
const report = ([name]: Scene, ends: readonly SimulatedEnd[]): void => {
  const back = ends.filter(({ decision }) => decision === 'rollback')
  const minutes = back.map(({ seconds }) => seconds / 60).sort((a, b) => a - b)
  const at = (part: number): string => (minutes[Math.floor(part * minutes.length)] ?? Number.NaN).toFixed(0)
  const percent = (part: number): string => `${(part * 100).toFixed(2)} %`
  process.stdout.write(
    `${name}: ${ends.length} runs, taken back ${percent(back.length / ends.length)}, before the step to 20 % ${percent(partOf(ends, (end) => end.decision === 'rollback' && end.percent < 20))}, before 20 % had it ${percent(partOf(ends, (end) => end.decision === 'rollback' && end.adopted < 0.2))}; minutes: half ${at(0.5)}, 95 % ${at(0.95)}\n`,
  )
}

const good: readonly Scene[] = [
  ['good', {}, canary],
  ['good, polled for every 5 to 60 minutes', { adoption: [5, 60] }, canary],
  ['good, with broken devices that are the first to have it', { broken, adoption: 'second start' }, canary],
  [
    'good, with devices that fail a hundred times as often',
    { broken: { part: 0.002, startsFactor: 100 } },
    canary,
  ],
  ['good, with bursts of a hundred errors', { burst: 100 }, canary],
  ['good, with an outage for all', { outage: true }, slowly],
  ['good, by day and by night', { day: 0.9 }, slowly],
  ['good, 300 devices of which one in twenty starts fails', { devices: 300, rates: [0.05, 0.05] }, daily],
  ['good, 1,000,000 devices', { devices: 1_000_000, broken }, { ...slowly, stepSeconds: hour }],
  ['good, for purchases', { rates: [0.04, 0.04], worse: 'fewer' }, slowly],
]

const harmful: readonly Scene[] = [
  ['errors 1 % -> 3 %', bad, canary],
  ['errors 1 % -> 3 %, polled for every 5 to 60 minutes', { ...bad, adoption: [5, 60] }, canary],
  ['errors 1 % -> 3 %, with bursts of a hundred', { ...bad, burst: 100 }, canary],
  ['errors 1 % -> 3 %, at the first start alone', { ...bad, onlyFirstStart: true }, canary],
  ['errors 1 % -> 3 %, by day and by night', { ...bad, day: 0.9 }, canary],
  [
    'errors 1 % -> 3 %, in steps from 1 %',
    bad,
    { percents: [1, 2, 4, 8, 16, 32, 64, 100], stepSeconds: 900 },
  ],
  ['errors 1 % -> 3 %, 1,000,000 devices', { ...bad, devices: 1_000_000 }, canary],
]

/** No bound: how well what is harder is found. */
const harder: readonly Scene[] = [
  ['errors 1 % -> 3 %, had from the second start on', { ...bad, adoption: 'second start' }, canary],
  ['errors 1 % -> 3 %, with broken devices', { ...bad, broken }, canary],
  ['errors 1 % -> 2 %', { rates: [0.01, 0.02] }, canary],
  ['errors 0.1 % -> 0.5 %', { rates: [0.001, 0.005] }, canary],
  ['errors 5 % -> 6 %', { rates: [0.05, 0.06] }, slowly],
  ['errors 1 % -> 3 %, 300 devices', { ...bad, devices: 300 }, daily],
  ['errors 1 % -> 3 %, 3,000 devices', { ...bad, devices: 3_000 }, daily],
  ['purchases 4 % -> 2 %', { rates: [0.04, 0.02], worse: 'fewer' }, canary],
  ['purchases 4 % -> 3 %', { rates: [0.04, 0.03], worse: 'fewer' }, slowly],
]

const isBack = ({ decision }: SimulatedEnd): boolean => decision === 'rollback'
const isBackInTime = (end: SimulatedEnd): boolean => isBack(end) && end.adopted < 0.2

describe.runIf(!testEnvironment.campaign)('rollouts over 100,000 simulated devices, 30 of each kind', () => {
  test('a good one is left alone, whenever one looks', () => {
    const ends = play(['good', { adoption: [5, 60] }, canary], 30)
    expect(partOf(ends, isBack)).toBeLessThanOrEqual(0.05)
  })
  test('errors of 3 % instead of 1 % are taken back before 20 % of the devices have them', () => {
    const ends = play(['bad', { ...bad, adoption: [5, 60] }, canary], 30)
    expect(partOf(ends, isBackInTime)).toBeGreaterThanOrEqual(0.95)
    expect(partOf(ends, (end) => isBack(end) && end.percent < 20)).toBeGreaterThanOrEqual(0.95)
  })
})

describe.runIf(testEnvironment.campaign)('rollouts over simulated devices, 400 of each kind', () => {
  test.each(good)('$0: is left alone in 95 % of runs', (...scene) => {
    const ends = play(scene, 400)
    report(scene, ends)
    expect(partOf(ends, isBack)).toBeLessThanOrEqual(0.05)
  })
  test.each(harmful)('$0: is taken back before 20 % have it in 95 % of runs', (...scene) => {
    const ends = play(scene, 400)
    report(scene, ends)
    expect(partOf(ends, isBackInTime)).toBeGreaterThanOrEqual(0.95)
  })
  test.each(harder)('$0: is found in most runs, or is not', (...scene) => {
    const ends = play(scene, 400)
    report(scene, ends)
    expect(ends).toHaveLength(400)
  })
})
