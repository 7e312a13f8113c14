import type { Log } from '../../platform/log/open-log.ts'

/** How much longer than they should apps wait before they ask again. */
export interface Load {
  pollFactor(): number
  close(): void
}

/** What the wait may be multiplied by. */
export const pollFactors = [1, 2, 4] as const
/** Up at once, down only when it would not lead up again. */
const [busyAbove, calmBelow] = [0.9, 0.4]
const everyMs = 5_000

/**
 * Watches how much of a core this process takes; every few seconds in which that is nearly all of one, apps are told to ask half
 * as often, down to a quarter. `busy` answers the share of a core since it was asked last.
 */
export const watchLoad = (log: Pick<Log, 'warn'>, busy: () => number = shareOfCore()): Load => {
  let level = 0
  const look = (): void => {
    const share = busy()
    const next = share > busyAbove ? level + 1 : share < calmBelow ? level - 1 : level
    const bounded = Math.min(Math.max(next, 0), pollFactors.length - 1)
    if (bounded > level)
      log.warn({ share, pollFactor: pollFactors[bounded] }, 'under load: apps are told to ask less')
    level = bounded
  }
  const timer = setInterval(look, everyMs).unref()
  return { pollFactor: () => pollFactors[level] ?? 1, close: () => clearInterval(timer) }
}

/** By the time of the processor: alike on every runtime. Threads that compress count too. */
const shareOfCore = (): (() => number) => {
  let usage = process.cpuUsage()
  let at = performance.now()
  return () => {
    const [spent, now] = [process.cpuUsage(usage), performance.now()]
    const share = (spent.user + spent.system) / 1_000 / (now - at)
    usage = process.cpuUsage()
    at = now
    return share
  }
}
