import { expect, it } from 'vitest'
import { watchOwnLoad } from './watch-own-load.ts'

/** A process by a clock of its own, whose turns take as long as told. */
const start = () => {
  let nowMs = 0
  let look = (): void => {}
  const told: [isOverloaded: boolean, refused: number][] = []
  const load = watchOwnLoad({
    now: () => nowMs,
    onTurn: (isOverloaded, refused) => told.push([isOverloaded, refused]),
    every: (_, each) => {
      look = each
      return () => {}
    },
  })
  /** One turn, in which so many requests come, each of which takes so long if it is answered; how many were refused. */
  const turn = (requests: number, eachMs: number): number => {
    const refusedMs = 0.01
    const began = nowMs
    let refused = 0
    for (let count = 0; count < requests; count += 1) {
      const isRefused = load.isTooMuch()
      nowMs += isRefused ? refusedMs : eachMs
      if (isRefused) refused += 1
    }
    nowMs = Math.max(nowMs, began + 100)
    look()
    return refused
  }
  return {
    ...{ turn, told },
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}

it('refuses what stands at the end of a turn, once turns take too long again and again, and nothing when they no longer do', () => {
  const { turn, told } = start()
  for (let times = 0; times < 5; times += 1) expect(turn(2_000, 0.5)).toBe(0)
  expect(told).toEqual([[true, 0]])
  const refused = turn(2_000, 0.5)
  expect(refused).toBeGreaterThan(1_500)
  expect(refused).toBeLessThan(1_800)
  for (let times = 0; times < 20; times += 1) expect(turn(100, 0.5)).toBe(0)
  expect(told).toEqual([
    [true, 0],
    [false, refused],
  ])
  expect(turn(2_000, 0.5)).toBe(0)
})

it('takes one long pause for no overload, nor many where little is asked', () => {
  const { turn, pass, told } = start()
  for (let times = 0; times < 10; times += 1) {
    pass(5_000)
    expect(turn(150, 0.5)).toBe(0)
  }
  for (let times = 0; times < 4; times += 1) turn(2_000, 0.5)
  turn(2_000, 0.01)
  turn(2_000, 0.5)
  expect(told).toEqual([])
})
