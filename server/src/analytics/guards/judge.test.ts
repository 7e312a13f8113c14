import { describe, expect, test } from 'vitest'
import { sizeOf } from '../../platform/buckets/in-percentage.ts'
import type { Evidence } from './evidence.ts'
import { type JudgeOptions, judge } from './judge.ts'
import { observe } from './observe.ts'
import { openTrial, type Trial } from './trial.ts'

const options: JudgeOptions = {
  ...{ alpha: 0.05, minimumExposures: 1000, maxHoldSeconds: 3600 },
  per: 'session_start',
}
const early = { percent: 10, waitedSeconds: 0 }

const evidence = (part: Partial<Evidence> = {}): Evidence => ({
  ...{ at: 1_800_000_000_000, percent: 10, adopted: 0, seen: [], harmed: [] },
  ...{ exposures: { inside: 0, outside: 0 }, harms: { inside: 0, outside: 0 } },
  ...part,
})
/** The first so many buckets of a side, as the rollout takes them. */
const bucketsOf = ({ places }: Trial, side: 'inside' | 'outside', count: number, percent = 10) => {
  const buckets = Array.from({ length: 10_000 }, (_, bucket) => bucket)
  const isInside = (bucket: number) => (places[bucket] ?? 0) < sizeOf(percent)
  return buckets.filter((bucket) => isInside(bucket) === (side === 'inside')).slice(0, count)
}
/** All who were reached have the new revision, and so many buckets of each side had a harm. */
const trialWith = (inside: number, outside: number, limit = 1.1, exposures = 2_000): Trial => {
  const trial = openTrial(51, limit)
  observe(trial, [evidence({ exposures: { inside: exposures, outside: exposures * 9 }, adopted: exposures })])
  const harmed = [...bucketsOf(trial, 'inside', inside), ...bucketsOf(trial, 'outside', outside)]
  observe(trial, [evidence({ harmed, harms: { inside, outside } })])
  return trial
}

describe('judge', () => {
  test('holds a rollout of which nothing is known, and says what it waits for', () => {
    expect(judge(openTrial(51, 1.1), options, early)).toEqual({
      decision: 'hold',
      reason: 'waits for 1000 session_start on the new revision',
      estimate: {
        ...{ ratio: null, atLeast: null, atMost: null, evidence: 1, adopted: 0, worth: 0 },
        ...{ exposures: { inside: 0, outside: 0 }, harms: { inside: 0, outside: 0 } },
      },
    })
  })

  test('lets it go on where harm is as frequent inside as outside', () => {
    const { decision, reason, estimate } = judge(trialWith(20, 180), options, early)
    expect(decision).toBe('go')
    expect(reason).toBe('no harm found')
    expect(estimate.ratio).toBeCloseTo(1, 1)
    expect(estimate.atLeast).toBeLessThan(1)
    expect(estimate.atMost).toBeGreaterThan(1)
  })

  test('lets it go on where no harm is found anywhere', () => {
    const judgement = judge(trialWith(0, 0), options, early)
    expect(judgement).toMatchObject({ decision: 'go', reason: 'no harm found' })
  })

  test('takes it back where harm is three times as frequent, and says by how much', () => {
    const { decision, reason, estimate } = judge(trialWith(60, 180), options, early)
    expect(decision).toBe('rollback')
    expect(reason).toContain(
      'of 10000 groups of devices, it began in 60 that the rollout had reached and in 180 others',
    )
    expect(estimate.ratio).toBeGreaterThan(2.5)
    expect(estimate.atLeast).toBeGreaterThan(1.1)
  })

  test('says that harm may be more frequent still where none is seen outside', () => {
    const { decision, reason } = judge(trialWith(20, 0), options, early)
    expect(decision).toBe('rollback')
    expect(reason).toContain('16 times or more as frequent on the new revision as elsewhere, from ')
  })

  test('takes it back just when no ratio without harm is possible any more', () => {
    for (let inside = 1; inside <= 12; inside++) {
      const { decision, estimate } = judge(trialWith(inside, 10), options, early)
      expect(decision === 'rollback').toBe((estimate.atLeast ?? 0) > 1)
    }
  })

  test('finds harm beyond any limit that a guard may have', () => {
    expect(judge(trialWith(300, 100, 11), options, early).decision).toBe('rollback')
    expect(judge(trialWith(20, 180, 11), options, early)).toMatchObject({ decision: 'go' })
    expect(judge(trialWith(0, 3_000, 1 / 11), options, early).decision).toBe('rollback')
  })

  test('takes it back before there is enough to let it go on', () => {
    expect(judge(trialWith(30, 40, 1.1, 100), options, early).decision).toBe('rollback')
  })

  test('takes one back that had less of what is wanted, and only where fewer is worse', () => {
    expect(judge(trialWith(40, 900, 1 / 1.1), options, early).decision).toBe('rollback')
    expect(judge(trialWith(40, 900), options, early).decision).toBe('go')
    expect(judge(trialWith(160, 900, 1 / 1.1), options, early).decision).toBe('go')
  })

  test('holds one that leans to harm, however much has been seen', () => {
    const { decision, reason } = judge(trialWith(34, 180), options, early)
    expect(decision).toBe('hold')
    expect(reason).toContain('leans to harm, which is not certain yet')
  })

  test('lets a difference within the margin pass, however certain it is', () => {
    expect(judge(trialWith(460, 3_000, 1.5), options, early).decision).toBe('go')
    expect(judge(trialWith(460, 3_000, 1.1), options, early).decision).toBe('rollback')
  })

  test('waits no longer than it may, and says that it is not sure', () => {
    const waited = { percent: 10, waitedSeconds: 3_600 }
    const few = judge(trialWith(2, 10, 1.1, 123), options, waited)
    expect(few).toMatchObject({
      decision: 'go',
      reason: 'goes on after 3600 s without being sure: waits for 1000 session_start on the new revision',
    })
    expect(judge(trialWith(34, 180), options, waited).decision).toBe('go')
    expect(judge(trialWith(60, 180), options, waited).decision).toBe('rollback')
  })

  test('holds nothing that all devices have, and takes back what was found before', () => {
    const all = { percent: 100, waitedSeconds: 0 }
    expect(judge(openTrial(51, 1.1), options, all).decision).toBe('go')
    expect(judge(trialWith(60, 180), options, all).decision).toBe('rollback')
  })

  test('counts a device that fails a thousand times once', () => {
    const trial = trialWith(0, 180)
    const [broken = 0] = bucketsOf(trial, 'inside', 1)
    for (let time = 0; time < 1_000; time++) {
      observe(trial, [evidence({ harmed: [broken, broken], harms: { inside: 2, outside: 0 } })])
    }
    expect(trial.firstHarms).toEqual({ inside: 1, outside: 180 })
    expect(judge(trial, options, early)).toMatchObject({
      decision: 'go',
      estimate: { harms: { inside: 2_000, outside: 180 } },
    })
  })

  test('learns little while few devices have the new revision, and asks for more of them', () => {
    const trial = openTrial(51, 1.1)
    const exposures = { inside: 4_000, outside: 36_000 }
    observe(trial, [evidence({ exposures, adopted: 1_000 })])
    expect(trial.worth).toBeCloseTo(250, 0)
    expect(judge(trial, options, early).decision).toBe('hold')
  })

  test('begins anew when half of the buckets have had a harm, and asks for more evidence then', () => {
    const trial = openTrial(51, 1.1)
    const seen = Array.from({ length: 2_000 }, (_, at) => at * 5)
    const harmed = seen.slice(0, 1_200)
    observe(trial, [evidence({ seen, harmed })])
    expect(trial.round).toBe(1)
    observe(trial, [evidence({ at: 1_800_000_000_000 + 3_600_000 })])
    expect(trial).toMatchObject({ round: 2, firstHarms: { inside: 0, outside: 0 } })
    observe(trial, [evidence({ harmed })])
    expect(trial.firstHarms.inside + trial.firstHarms.outside).toBe(1_200)
  })
})
