import { expect, it } from 'vitest'
import { WindowClock } from './window-clock.ts'

const open = () => {
  const set = { offsetMs: 0 }
  const clock = new WindowClock(1_000, () => set.offsetMs)
  const at = (nowMs: number) => {
    clock.moveTo(nowMs)
    return [clock.window, clock.passed, clock.leftMs]
  }
  return { set, at }
}

it('tells the window, how much of it has passed and how much is left', () => {
  const { at } = open()
  expect(at(5_250)).toEqual([5, 0.25, 750])
  expect(at(5_999)).toEqual([5, 0.999, 1])
  expect(at(6_000)).toEqual([6, 0, 1_000])
  expect(at(60_100)).toEqual([60, 0.1, 900])
})

it('stands at the border of a window while the clock is set back over it', () => {
  const { set, at } = open()
  at(6_001)
  set.offsetMs = -20
  expect(at(6_002)).toEqual([6, 0, 1_000])
  expect(at(6_030)).toEqual([6, 0.01, 990])
})

it('goes with a clock that is set far back or ahead', () => {
  const { set, at } = open()
  at(100_000)
  set.offsetMs = -50_000
  expect(at(100_500)).toEqual([50, 0.5, 500])
  set.offsetMs = 1_000_000
  expect(at(100_500)).toEqual([1_100, 0.5, 500])
})
