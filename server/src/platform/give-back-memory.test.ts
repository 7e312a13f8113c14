import { performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { giveBackMemory } from './give-back-memory.ts'

const used = { idle: 0, active: 0 }
const work = (parts: { idle: number; active: number }): void => {
  used.idle += parts.idle
  used.active += parts.active
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(performance, 'eventLoopUtilization').mockImplementation((now, before) => {
    const idle = (now?.idle ?? used.idle) - (before?.idle ?? 0)
    const active = (now?.active ?? used.active) - (before?.active ?? 0)
    return { idle, active, utilization: active / (idle + active) }
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

test('memory is given back once, when there was nothing to do for a second', () => {
  const collect = vi.fn()
  giveBackMemory(collect)
  for (let second = 0; second < 5; second += 1) {
    work({ idle: 500, active: 500 })
    vi.advanceTimersByTime(1_000)
  }
  expect(collect).not.toHaveBeenCalled()
  for (let second = 0; second < 5; second += 1) {
    work({ idle: 990, active: 10 })
    vi.advanceTimersByTime(1_000)
  }
  expect(collect).toHaveBeenCalledTimes(1)
})

test('what nobody holds any more goes back to the system', () => {
  const fill = () => Array.from({ length: 500_000 }, (_, number) => ({ number }))
  expect(fill()).toHaveLength(500_000)
  const before = getHeapStatistics().total_physical_size
  giveBackMemory()
  work({ idle: 1_000, active: 0 })
  vi.advanceTimersByTime(1_000)
  expect(before - getHeapStatistics().total_physical_size).toBeGreaterThan(8 * 2 ** 20)
})
