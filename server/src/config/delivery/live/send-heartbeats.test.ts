import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sendHeartbeats } from './send-heartbeats.ts'

describe('heartbeats', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('come to each reader once in the time, and never to all in one turn', () => {
    const beats = Array.from({ length: 2_000 }, () => 0)
    let now = 0
    let most = 0
    const { add } = sendHeartbeats(20_000)
    for (const reader of beats.keys()) {
      add({
        beat() {
          beats[reader] = (beats[reader] ?? 0) + 1
          now += 1
        },
      })
    }
    for (let ms = 0; ms < 60_000; ms += 100) {
      now = 0
      vi.advanceTimersByTime(100)
      most = Math.max(most, now)
    }
    expect(new Set(beats)).toEqual(new Set([3]))
    expect(most).toBe(10)
  })

  it('cost nothing while nobody listens, and nothing comes after the end', () => {
    const { add } = sendHeartbeats(1_000)
    expect(vi.getTimerCount()).toBe(0)
    let beats = 0
    const beat = (): void => {
      beats += 1
    }
    const ends = [1, 2].map(() => add({ beat }))
    vi.advanceTimersByTime(1_000)
    expect(beats).toBe(2)
    for (const end of [...ends, ...ends]) end()
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(5_000)
    expect(beats).toBe(2)
  })
})
