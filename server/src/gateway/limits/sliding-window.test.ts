import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { freeOf, msUntilFree } from './sliding-window.ts'

const windowMs = 1_000
const quota = fc.integer({ min: 1, max: 1_000 })
const passed = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('a sliding window', () => {
  it.each([
    ['is free when nothing was used', 10, { used: 0, usedBefore: 0, passed: 0 }, 10],
    ['counts what was used in this window', 10, { used: 4, usedBefore: 0, passed: 0.5 }, 6],
    ['counts half of the window before in its middle', 10, { used: 0, usedBefore: 10, passed: 0.5 }, 5],
    ['counts nothing of the window before at its end', 10, { used: 0, usedBefore: 10, passed: 0.95 }, 10],
    ['owes what was taken too much', 10, { used: 12, usedBefore: 0, passed: 0 }, -2],
  ])('%s', (_, most, counted, free) => expect(freeOf(most, counted)).toBe(free))

  it('admits exactly the quota in each window under steady load, wherever it began', () => {
    fc.assert(
      fc.property(quota, passed, (most, begin) => {
        let [used, usedBefore] = [0, 0]
        const admitted: number[] = []
        for (let window = 0; window < 4; window += 1) {
          const from = window === 0 ? begin : 0
          for (let at = from; at < 1; at += 1 / (4 * most)) {
            if (freeOf(most, { used, usedBefore, passed: at }) >= 1) used += 1
          }
          admitted.push(used)
          usedBefore = used
          used = 0
        }
        expect(Math.max(...admitted)).toBeLessThanOrEqual(most)
        expect(admitted.slice(2)).toEqual([most, most])
      }),
      { numRuns: 50 },
    )
  })

  it('says when a cost is free: then, and not a thousandth of the window earlier', () => {
    const counted = fc.record({ used: fc.nat(1_500), usedBefore: fc.nat(1_500), passed })
    fc.assert(
      fc.property(quota, counted, fc.integer({ min: 1, max: 1_000 }), (most, now, asked) => {
        const cost = Math.min(asked, most)
        const free = (afterMs: number): number => {
          const at = now.passed + afterMs / windowMs
          if (at < 1) return freeOf(most, { ...now, passed: at })
          return freeOf(most, { used: 0, usedBefore: at < 2 ? now.used : 0, passed: at % 1 })
        }
        const waitMs = msUntilFree(most, cost, windowMs, now)
        expect(free(waitMs + 0.001)).toBeGreaterThanOrEqual(cost)
        if (waitMs > 1) expect(free(waitMs - 1)).toBeLessThan(cost)
      }),
    )
  })
})
