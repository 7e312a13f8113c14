import { describe, expect, it } from 'vitest'
import { adaptLimit } from './adapt-limit.ts'

/** A service that does one request after the other, `perSecond` of them, by a clock of its own. */
const load = (options: {
  perSecond: (atMs: number) => number
  arrivals: (atMs: number) => number
  forMs: number
}) => {
  let at = 0
  const limit = adaptLimit({ most: 1_000, least: 16, now: () => at })
  const queue: number[] = []
  const done: { at: number; tookMs: number }[] = []
  const refused: number[] = []
  let [ready, due] = [0, 0]
  for (; at < options.forMs; at += 1) {
    due += options.arrivals(at) / 1_000
    for (; due >= 1; due -= 1) {
      if (limit.enter()) queue.push(at)
      else refused.push(at)
    }
    ready = Math.min(ready + options.perSecond(at) / 1_000, queue.length)
    for (; ready >= 1 && queue.length > 0; ready -= 1) {
      const tookMs = at - (queue.shift() ?? at) + 1
      limit.leave(tookMs)
      done.push({ at, tookMs })
    }
  }
  return { done, refused, limit }
}

describe('what may be under way', () => {
  it('is all there is, while the service keeps up', () => {
    const { refused, limit } = load({ perSecond: () => 2_000, arrivals: () => 1_900, forMs: 10_000 })
    expect(refused).toEqual([])
    expect(limit.places()).toBe(1_000)
  })

  it('becomes what the service can do in time, when twice as many come: it stays busy, and nobody waits long', () => {
    const { done, refused } = load({ perSecond: () => 2_000, arrivals: () => 4_000, forMs: 20_000 })
    const late = done.filter(({ at }) => at >= 10_000)
    expect(late.length / 10).toBeGreaterThan(1_900)
    expect(Math.max(...late.map(({ tookMs }) => tookMs))).toBeLessThan(200)
    expect(refused.length).toBeGreaterThan(20_000)
  })

  it('grows again when the load is over', () => {
    const { refused } = load({
      perSecond: () => 2_000,
      arrivals: (at) => (at < 10_000 ? 4_000 : 1_800),
      forMs: 20_000,
    })
    expect(refused.filter((at) => at > 12_000)).toEqual([])
  })

  it('shrinks when the service becomes slower, and is found again when it is as fast as before', () => {
    const { done } = load({
      perSecond: (at) => (at > 5_000 && at < 15_000 ? 200 : 2_000),
      arrivals: () => 1_500,
      forMs: 30_000,
    })
    const slow = done.filter(({ at }) => at > 10_000 && at < 15_000)
    expect(Math.max(...slow.map(({ tookMs }) => tookMs))).toBeLessThan(300)
    expect(done.filter(({ at }) => at >= 25_000).length / 5).toBeGreaterThan(1_450)
  })

  it('stays what it is where answers are fast and slow by turns, and where some fail at once', () => {
    let at = 0
    const limit = adaptLimit({ most: 100, least: 16, now: () => at })
    for (let count = 0; count < 5_000; count += 1) {
      for (let i = 0; i < 60; i += 1) limit.enter()
      for (let i = 0; i < 60; i += 1) limit.leave([1, 1, 500][i % 3] as number, i % 3 === 0)
      at += 5
    }
    expect(limit.places()).toBe(100)
  })

  it('lets one in now and then while nothing comes back, and all again when that one does', () => {
    let at = 0
    const limit = adaptLimit({ most: 100, least: 16, now: () => at })
    for (let i = 0; i < 50; i += 1) limit.enter()
    at = 2_000
    expect([limit.enter(), limit.enter()]).toEqual([true, false])
    limit.leave(5)
    expect([limit.enter(), limit.enter()]).toEqual([true, true])
  })

  it('is no more than a few while nothing comes back at all', () => {
    const { refused } = load({ perSecond: () => 0, arrivals: () => 100, forMs: 10_000 })
    expect(refused.length).toBeGreaterThan(800)
  })
})
