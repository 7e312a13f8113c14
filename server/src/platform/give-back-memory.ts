import { performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const lookEveryMs = 1_000
/** Of the time between two looks: a process that has nothing to do but look after its connections takes less. */
const restingUtilization = 0.05

type Collect = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void

/** V8 compacts only as its last resort; any other collection leaves the memory with the process. */
const collectAll = (): void => {
  setFlagsFromString('--expose-gc')
  const collect: Collect = runInNewContext('gc')
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  // It also makes the space for new objects as small as can be. Doubled from there as usual it stays too small for long, and
  // hits cost half as much again; in one step it is what it was after some thousand requests.
  setFlagsFromString('--semi-space-growth-factor=8')
}

/**
 * Gives what a start leaves behind back to the system, once, as soon as there was nothing to do for a second: V8 collects
 * as memory is asked for, and would keep it for as long as nobody asks. It takes a tenth of a second, so one that is busy
 * from its first moment on goes without. `collect` is for tests. Bun does it by itself.
 */
export const giveBackMemory = (collect = collectAll): void => {
  if ('Bun' in globalThis) return
  let before = performance.eventLoopUtilization()
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    if (utilization >= restingUtilization) return
    clearInterval(timer)
    collect()
  }, lookEveryMs)
  timer.unref()
}
