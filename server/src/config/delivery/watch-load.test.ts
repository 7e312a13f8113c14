import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { watchLoad } from './watch-load.ts'

describe('watching the load', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('lets apps ask half as often with each look at a busy process, and more often again once it is calm', () => {
    let share = 0.5
    const warned: unknown[] = []
    const load = watchLoad({ warn: (what: unknown) => void warned.push(what) } as never, () => share)
    const factorAfter = (now: number): number => {
      share = now
      vi.advanceTimersByTime(5_000)
      return load.pollFactor()
    }
    expect([0.5, 0.95, 0.5, 1, 1, 0.3, 0.6, 0.1, 0.1].map(factorAfter)).toEqual([1, 2, 2, 4, 4, 2, 2, 1, 1])
    expect(warned).toEqual([
      { share: 0.95, pollFactor: 2 },
      { share: 1, pollFactor: 4 },
    ])
    load.close()
    expect(factorAfter(1)).toBe(1)
  })
})
