import type { Kysely } from 'kysely'
import type { LimitsFeed } from '../../../../contract/gateway-feed.ts'
import type { Changes } from '../../platform/changes/changes.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { within } from '../../platform/within.ts'
import { readLimitsState } from '../store/limits.ts'

/** Also where no notice arrives, what is told is no older than this. */
const freshMs = 2_000
const patienceMs = 1_000

/** The limits as gateways are told them, ready to be sent. */
export interface PreparedLimits {
  text: string
  etag: string
}

export interface HeldLimits {
  /** Of the last two seconds; `anew`: read after this was asked. Rejects with a store's error where they were never read. */
  find(options: { anew: boolean }): Promise<PreparedLimits>
  close(): void
}

interface HoldOptions {
  db: Kysely<Tables>
  changes: Changes
  onError: (error: unknown) => void
  now?: () => number
}

/**
 * Holds the limits, so that any number of gateways that ask every second cost the database one small statement every two, or
 * when they change. While it is away the last ones count: nobody is let in or refused for want of it.
 */
export const holdLimits = ({
  db,
  changes,
  onError,
  now = () => performance.now(),
}: HoldOptions): HeldLimits => {
  let held: { limits: PreparedLimits; readAt: number } | undefined
  let isOld = true
  const forget = (): void => {
    isOld = true
  }
  const unsubscribe = changes.subscribe({ changed: () => {}, noticed, resumed: forget })
  function noticed({ topic }: { topic: string }): void {
    if (topic === 'limits') forget()
  }

  const read = oneAfterTheOther(async () => {
    // What is told from here on may not be in what is read.
    isOld = false
    const readAt = now()
    try {
      held = { limits: prepare(await readLimitsState(db)), readAt }
    } catch (error) {
      isOld = true
      throw error
    }
    return held.limits
  })

  return {
    async find({ anew }) {
      if (held && !anew && !isOld && now() - held.readAt < freshMs) return held.limits
      try {
        return await within(patienceMs, 'reading the limits', read())
      } catch (error) {
        if (!held) throw error
        onError(error)
        return held.limits
      }
    },
    close: unsubscribe,
  }
}

const prepare = (feed: LimitsFeed): PreparedLimits => ({
  text: JSON.stringify(feed),
  etag: `"${feed.revision}"`,
})

/** Runs work once at a time. Whoever comes while it runs shares the next run, which begins after they came. */
const oneAfterTheOther = <Result>(work: () => Promise<Result>): (() => Promise<Result>) => {
  let running: Promise<Result> | undefined
  let next: Promise<Result> | undefined
  const run = (): Promise<Result> => {
    next = undefined
    running = work().finally(() => {
      running = undefined
    })
    return running
  }
  return () => {
    // Between two runs there is a moment with `next` alone, in which no third may begin.
    if (next) return next
    if (!running) return run()
    next = running.then(run, run)
    return next
  }
}
