import { setTimeout as sleep } from 'node:timers/promises'
import type { Closers } from './closers.ts'
import type { Readiness } from './health/readiness.ts'
import type { Log } from './log/open-log.ts'

interface StopOptions {
  log: Log
  flush: () => void
  readiness: Readiness
  closers: Closers
  /** How long a load balancer gets to see that this process is not ready, before it accepts nothing more. */
  drainMs: number
  /** How long the closers may take together before the process ends without them, with 1. */
  closeMs: number
}

/** The log's own write may be in hand: only what still is after this many looks, one every 10 ms, stands still. */
const looksMost = 50

/** `process.exit` waits for file operations in hand: on a disk that stands still for ever, which only a kill ends. */
const endUnclosed = async (): Promise<never> => {
  const waitsForDisk = () => process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))
  for (let looks = 1; waitsForDisk(); looks += 1) {
    if (looks === looksMost) process.kill(process.pid, 'SIGKILL')
    await sleep(10)
  }
  process.exit(1)
}

/**
 * Stops in order on SIGTERM and SIGINT: not ready any more, requests in flight finish, closers in reverse. A second signal
 * ends at once, and so does what hangs. What nobody caught is logged; after an exception nothing can be relied on, so the process ends.
 */
export const stopOnSignal = ({ log, flush, readiness, closers, drainMs, closeMs }: StopOptions): void => {
  const end = (code: number): never => {
    flush()
    process.exit(code)
  }
  let givenUp = false
  const giveUp = (): Promise<never> => {
    givenUp = true
    log.fatal({ closeMs }, 'something does not close: ending without it')
    flush()
    return endUnclosed()
  }
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (readiness.state() === 'stopping') end(1)
    readiness.stop()
    log.info({ signal }, 'stopping')
    await sleep(drainMs)
    setTimeout(giveUp, closeMs).unref()
    await closers.closeAll()
    if (givenUp) return
    log.info('stopped')
    end(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('unhandledRejection', (err) => log.error({ err }, 'a rejection nobody handled'))
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'an exception nobody caught')
    end(1)
  })
}
