import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Evidence } from './evidence.ts'
import { judge } from './judge.ts'
import { observe } from './observe.ts'
import { openTrial, readTrial, writeTrial } from './trial.ts'

const buckets = fc.array(fc.nat(9_999), { maxLength: 15 })
/** What happens whatever the release does: who fails, and when, does not depend on who was reached. */
const happening = fc.record({
  harmed: buckets,
  seen: buckets,
  exposures: fc.record({ inside: fc.nat(50), outside: fc.nat(500) }),
  adopted: fc.double({ min: 0, max: 1, noNaN: true }),
})
/** A few buckets that fail again and again, and the steps of a rollout. */
const story = fc.record({
  happenings: fc.array(happening, { minLength: 5, maxLength: 20 }),
  broken: fc.array(fc.nat(9_999), { maxLength: 10 }),
  percents: fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 4 }),
  limit: fc.constantFrom(1, 1.1, 1 / 1.1),
})

type Story = typeof story extends fc.Arbitrary<infer Value> ? Value : never

const evidenceOf = ({ happenings, broken, percents }: Story): Evidence[] => {
  const steps = percents.toSorted((a, b) => a - b)
  return happenings.map((one, at) => ({
    ...{ ...one, at: 1_800_000_000_000 + at * 1_800_000 },
    adopted: Math.floor(one.exposures.inside * one.adopted),
    percent: steps[Math.floor((at / happenings.length) * steps.length)] ?? 1,
    harmed: [...one.harmed, ...broken],
    harms: { inside: 0, outside: one.harmed.length },
  }))
}

const options = { alpha: 0.2, minimumExposures: 1, maxHoldSeconds: 1, per: 'y' }
const isEverTakenBack = (rolloutId: number, limit: number, all: readonly Evidence[]): boolean => {
  const trial = openTrial(rolloutId, limit)
  return all.some((evidence) => {
    observe(trial, [evidence])
    const moment = { percent: evidence.percent, waitedSeconds: 0 }
    return judge(trial, options, moment).decision === 'rollback'
  })
}

describe('a trial', () => {
  test('takes back a release that changes nothing no more often than alpha, whatever happens and however often one looks', () => {
    const rollouts = Array.from({ length: 60 }, (_, at) => at + 1)
    // Of 60, 12 are expected at most; the standard deviation is 3.1, and four stories are looked at.
    fc.assert(
      fc.property(story, (told) => {
        const all = evidenceOf(told)
        const back = rollouts.filter((rolloutId) => isEverTakenBack(rolloutId, told.limit, all))
        expect(back.length).toBeLessThan(25)
      }),
      { numRuns: 4 },
    )
  })

  test('comes back from the database as it was', () => {
    fc.assert(
      fc.property(story, (told) => {
        const trial = openTrial(7, told.limit)
        observe(trial, evidenceOf(told))
        const stored = JSON.stringify(writeTrial(trial))
        const back = readTrial(JSON.parse(stored))
        expect(JSON.stringify(writeTrial(back))).toBe(stored)
        expect(Buffer.from(back.places.buffer).equals(Buffer.from(trial.places.buffer))).toBe(true)
      }),
      { numRuns: 10 },
    )
  })

  test('is the same whether evidence comes piece by piece or all at once', () => {
    fc.assert(
      fc.property(story, (told) => {
        const [one, other] = [openTrial(9, told.limit), openTrial(9, told.limit)]
        observe(one, evidenceOf(told))
        for (const evidence of evidenceOf(told)) observe(other, [evidence])
        expect(writeTrial(one)).toEqual(writeTrial(other))
      }),
      { numRuns: 10 },
    )
  })
})
