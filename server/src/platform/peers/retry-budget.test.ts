import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createRetryBudget } from './retry-budget.ts'

const takeAll = (budget: ReturnType<typeof createRetryBudget>): number => {
  let taken = 0
  while (budget.takeRetry()) taken += 1
  return taken
}

it('allows a hundred retries in any case, and a fifth of the requests', () => {
  const budget = createRetryBudget(() => 0)
  expect(takeAll(budget)).toBe(100)
  for (let i = 0; i < 1_000; i += 1) budget.noteRequest()
  expect(takeAll(budget)).toBe(200)
})

it('forgets both after ten seconds', () => {
  let now = 0
  const budget = createRetryBudget(() => now)
  for (let i = 0; i < 1_000; i += 1) budget.noteRequest()
  expect(takeAll(budget)).toBe(300)
  now = 9_999
  expect(takeAll(budget)).toBe(0)
  now = 10_000
  expect(takeAll(budget)).toBe(100)
  now = 1_000_000
  expect(takeAll(budget)).toBe(100)
})

it('never allows more in ten seconds than its share, whatever happens when', () => {
  const step = fc.record({ waitMs: fc.nat(3_000), requests: fc.nat(300), retries: fc.nat(300) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let now = 0
      const budget = createRetryBudget(() => now)
      const seen: { slot: number; requests: number; retries: number }[] = []
      for (const { waitMs, requests, retries } of steps) {
        now += waitMs
        for (let i = 0; i < requests; i += 1) budget.noteRequest()
        let taken = 0
        for (let i = 0; i < retries; i += 1) taken += budget.takeRetry() ? 1 : 0
        const slot = Math.floor(now / 1_000)
        seen.push({ slot, requests, retries: taken })
        const window = seen.filter((one) => one.slot > slot - 10)
        const sum = (of: 'requests' | 'retries'): number => window.reduce((total, one) => total + one[of], 0)
        if (taken > 0) expect(sum('retries')).toBeLessThan(101 + 0.2 * sum('requests'))
        else if (retries > 0) expect(sum('retries')).toBeGreaterThanOrEqual(100)
      }
    }),
  )
})
