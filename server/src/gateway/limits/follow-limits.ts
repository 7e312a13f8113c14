import type { LimitsFeed } from '../../../../contract/gateway-feed.ts'
import type { Changes } from '../../platform/changes/changes.ts'

interface FollowOptions {
  /** Asks the config service; null where nothing has changed since that revision. `isUrgent`: what it knows may be too old. */
  ask: (revision: number | undefined, isUrgent: boolean) => Promise<LimitsFeed | null>
  changes: Changes | undefined
  update: (limits: LimitsFeed['limits']) => void
  onError: (error: unknown) => void
}

/** Between two looks for changes whose notice was lost. */
const everyMs = 5_000
const retryMs = 1_000

/** Keeps the limits of this gateway current. Until the config service answered for the first time there are none. */
export const followLimits = ({ ask, changes, update, onError }: FollowOptions): { close(): void } => {
  let revision: number | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  let running: Promise<void> | undefined
  let isDue = false

  const read = async (isUrgent: boolean): Promise<number> => {
    try {
      const feed = await ask(revision, isUrgent)
      if (isClosed || !feed) return everyMs
      revision = feed.revision
      update(feed.limits)
      return everyMs
    } catch (error) {
      if (!isClosed) onError(error)
      return retryMs
    }
  }
  const run = async (isUrgent: boolean): Promise<void> => {
    clearTimeout(timer)
    let waitMs = await read(isUrgent)
    while (isDue && !isClosed) {
      isDue = false
      waitMs = await read(true)
    }
    running = undefined
    if (isClosed) return
    timer = setTimeout(() => start(false), waitMs)
    timer.unref()
  }
  const start = (isUrgent: boolean): void => {
    // What was asked before the notice may be answered with what was before it.
    if (running) isDue ||= isUrgent
    else running = run(isUrgent)
  }

  const unsubscribe = changes?.subscribe({
    changed: () => {},
    noticed: ({ topic }) => {
      if (topic === 'limits') start(true)
    },
    resumed: () => start(true),
  })
  start(false)
  return {
    close() {
      isClosed = true
      unsubscribe?.()
      clearTimeout(timer)
    },
  }
}
