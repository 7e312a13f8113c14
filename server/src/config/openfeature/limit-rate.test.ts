import { describe, expect, it } from 'vitest'
import { limitRate } from './limit-rate.ts'

const start = (perSecond: number, namesMost?: number) => {
  const clock = { ms: 0 }
  const limit = limitRate({ perSecond, now: () => clock.ms, ...(namesMost && { namesMost }) })
  const admitted = (name: string, times: number) =>
    Array.from({ length: times }, () => limit(name)).filter((seconds) => seconds === 0).length
  return { clock, limit, admitted }
}

describe('a limit on the rate', () => {
  it('admits as many as a second has at once, and then one each time that one more is due', () => {
    const { clock, limit, admitted } = start(10)
    expect(admitted('shop', 25)).toBe(10)
    expect(limit('shop')).toBe(1)
    clock.ms = 99
    expect(admitted('shop', 5)).toBe(0)
    clock.ms = 100
    expect(admitted('shop', 5)).toBe(1)
    clock.ms = 600
    expect(admitted('shop', 25)).toBe(5)
    clock.ms = 60_000
    expect(admitted('shop', 25)).toBe(10)
  })

  it('admits over a long time what it says, however it is asked', () => {
    const { clock, limit } = start(1_000)
    let count = 0
    for (; clock.ms < 10_000; clock.ms += 0.1) if (limit('shop') === 0) count += 1
    expect(count).toBeGreaterThanOrEqual(10_900)
    expect(count).toBeLessThanOrEqual(11_000)
  })

  it('tells whole seconds to wait, one at least, after which there is room', () => {
    const { clock, limit } = start(1)
    expect([limit('shop'), limit('shop')]).toEqual([0, 1])
    clock.ms = 1_000
    expect([limit('shop'), limit('shop')]).toEqual([0, 1])
  })

  it('counts each name by itself, and forgets those it has not heard of for longest', () => {
    const { limit, admitted } = start(2, 2)
    expect([admitted('a', 5), admitted('b', 5)]).toEqual([2, 2])
    expect(limit('a')).toBe(1)
    expect(admitted('c', 1)).toBe(1)
    expect(limit('a')).toBe(1)
    expect(limit('b')).toBe(0)
  })

  it('of 0 admits all', () => {
    expect(start(0).admitted('shop', 10_000)).toBe(10_000)
  })
})
