import { expect, it } from 'vitest'
import { takeTurns } from './take-turns.ts'

/** Counts how often the event loop has come round; ends with `stop`. */
const countPasses = () => {
  let passes = 0
  let going = true
  const pass = (): void => {
    passes += 1
    if (going) setImmediate(pass)
  }
  setImmediate(pass)
  const stop = (): void => {
    going = false
  }
  return { now: () => passes, stop }
}

it('lets works that are done side by side go on one at a time, one a pass of the event loop', async () => {
  const passes = countPasses()
  const wentOn: number[] = []
  const work = async (): Promise<void> => {
    const turns = takeTurns(0)
    for (let step = 0; step < 20; step += 1) {
      await turns()
      wentOn.push(passes.now())
    }
  }
  await Promise.all([work(), work(), work()])
  passes.stop()
  expect(wentOn).toHaveLength(60)
  expect(new Set(wentOn).size).toBe(60)
})

it('goes on at once while its time is not over', () => {
  expect(takeTurns(60_000)()).toBeUndefined()
})
