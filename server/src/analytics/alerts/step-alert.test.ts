import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blindMs, noDataMs, type Patience, type Progress, stepAlert, type Verdict } from './step-alert.ts'

const patience: Patience = { forMs: 60_000, resolveAfterMs: 300_000 }

/** Looks at an alert at these times, and tells what became of it at each. */
const watch = (looks: readonly (readonly [now: number, verdict: Verdict])[], given = patience) => {
  let progress: Progress | undefined
  return looks.map(([now, verdict]) => {
    const step = stepAlert(progress, verdict, now, given)
    progress = step.next
    return step.became
  })
}
const seconds = (...looks: [number, Verdict][]) =>
  watch(looks.map(([second, verdict]) => [second * 1_000, verdict] as const))

describe('an alert', () => {
  it('is nothing while all is well', () => {
    expect(seconds([0, 'good'], [15, 'near'], [30, 'unknown'])).toEqual(['nothing', 'nothing', 'nothing'])
  })

  it('is pending, then fires', () => {
    expect(seconds([0, 'bad'], [45, 'bad'], [60, 'bad'], [75, 'bad'])).toEqual([
      ...['pending', 'unchanged', 'firing', 'unchanged'],
    ])
  })

  it('fires at once where a rule has no patience', () => {
    expect(watch([[0, 'bad']], { forMs: 0, resolveAfterMs: 0 })).toEqual(['firing'])
  })

  it.each<Verdict>(['good', 'near', 'unknown'])('is gone when it is %s before it fires', (verdict) => {
    expect(seconds([0, 'bad'], [30, verdict], [60, 'bad'])).toEqual(['pending', 'gone', 'pending'])
  })

  it('is resolved once it has been good for long enough, without a break', () => {
    const fired = [
      [0, 'bad'],
      [60, 'bad'],
    ] as [number, Verdict][]
    expect(seconds(...fired, [75, 'good'], [300, 'good'], [375, 'good'])).toEqual([
      ...['pending', 'firing', 'unchanged', 'unchanged', 'resolved'],
    ])
    for (const verdict of ['bad', 'near', 'unknown'] as const) {
      expect(seconds(...fired, [75, 'good'], [300, verdict], [375, 'good'], [600, 'good']).at(-1)).toBe(
        'unchanged',
      )
    }
  })

  it('stays while it is between the limits', () => {
    const near = Array.from({ length: 100 }, (_, n): [number, Verdict] => [75 + 60 * n, 'near'])
    expect(seconds([0, 'bad'], [60, 'bad'], ...near).at(-1)).toBe('unchanged')
  })

  it('ends after an hour in which nothing was known, and says why', () => {
    let progress: Progress | undefined
    for (const now of [0, 60_000]) progress = stepAlert(progress, 'bad', now, patience).next
    const began = 120_000
    for (let now = began; now < began + noDataMs; now += 60_000) {
      progress = stepAlert(progress, 'unknown', now, patience).next
      expect(progress?.state).toBe('firing')
    }
    expect(stepAlert(progress, 'unknown', began + noDataMs, patience)).toEqual({
      became: 'resolved',
      because: 'noData',
    })
  })

  it('begins anew after a time in which nobody looked', () => {
    const late = blindMs / 1_000 + 1
    expect(seconds([0, 'bad'], [late, 'bad'], [late + 60, 'bad'])).toEqual(['pending', 'unchanged', 'firing'])
    expect(seconds([0, 'bad'], [60, 'bad'], [75, 'good'], [75 + late, 'good'])).toEqual([
      ...['pending', 'firing', 'unchanged', 'unchanged'],
    ])
  })

  it('never goes back in time where the clock does', () => {
    expect(seconds([100, 'bad'], [40, 'bad'], [160, 'bad'])).toEqual(['pending', 'unchanged', 'firing'])
  })
})

const verdicts = fc.constantFrom<Verdict>('bad', 'near', 'good', 'unknown')
const looks = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 200_000 }), verdicts), { maxLength: 200 })
  .map((steps) => {
    let now = 0
    return steps.map(([later, verdict]) => {
      now += later
      return [now, verdict] as const
    })
  })
const patiences = fc.record({
  forMs: fc.integer({ min: 0, max: 600_000 }),
  resolveAfterMs: fc.integer({ min: 0, max: 600_000 }),
})

describe('whatever is seen', () => {
  it('fires only what was bad at each look for as long as the rule wants', () => {
    fc.assert(
      fc.property(looks, patiences, (seen, given) => {
        watch(seen, given).forEach((became, at) => {
          if (became !== 'firing') return
          const [firedAt] = seen[at] ?? [0]
          let from = at
          while (from > 0 && seen[from - 1]?.[1] === 'bad') from -= 1
          expect(firedAt - (seen[from]?.[0] ?? 0)).toBeGreaterThanOrEqual(given.forMs)
        })
      }),
    )
  })

  it('resolves only what was good, or unknown, at each look for long enough', () => {
    fc.assert(
      fc.property(looks, patiences, (seen, given) => {
        watch(seen, given).forEach((became, at) => {
          if (became !== 'resolved') return
          const [endedAt, verdict] = seen[at] ?? [0, 'bad']
          expect(['good', 'unknown']).toContain(verdict)
          let from = at
          while (from > 0 && seen[from - 1]?.[1] === verdict) from -= 1
          const least = verdict === 'good' ? given.resolveAfterMs : noDataMs
          expect(endedAt - (seen[from]?.[0] ?? 0)).toBeGreaterThanOrEqual(least)
        })
      }),
    )
  })

  it('never fires twice without being resolved between, and two firings are as far apart as the rule’s patience', () => {
    fc.assert(
      fc.property(looks, patiences, (seen, given) => {
        const told = watch(seen, given)
          .map((became, at) => ({ became, now: seen[at]?.[0] ?? 0 }))
          .filter(({ became }) => became === 'firing' || became === 'resolved')
        told.forEach(({ became, now }, at) => {
          expect(became).toBe(at % 2 === 0 ? 'firing' : 'resolved')
          const before = told[at - 1]
          if (before)
            expect(now - before.now).toBeGreaterThanOrEqual(
              became === 'firing' ? given.forMs : Math.min(given.resolveAfterMs, noDataMs),
            )
        })
      }),
    )
  })
})
