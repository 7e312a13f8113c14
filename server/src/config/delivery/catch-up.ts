import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../../../../contract/problems.ts'
import { type FoundHeld, findHeld } from './find-held.ts'
import type { HeldReleases } from './held-releases.ts'
import type { ReadReleases } from './read-release.ts'

/** What is held of an app, once it is at least as new as a revision. Throws 503 where that takes too long, and as findHeld does. */
export type CatchUp = (appId: string, channel: string, revision: number) => Promise<FoundHeld>

interface CatchUpOptions {
  held: HeldReleases
  releases: ReadReleases
  onError: (error: unknown) => void
  /** How long a reader waits for a node that is behind. */
  patienceMs?: number
}

/** Readers of revisions that are not there yet; further ones are refused at once. */
const waitingMost = 1_000
/** Between two looks at the database for one app: whoever invents revisions does not reach it more often. */
const askEveryMs = 250
const lookEveryMs = 25

/** Lets a read that names a revision wait until this node answers it: it is fetched, from whichever store has it. */
export const createCatchUp = (options: CatchUpOptions): CatchUp => {
  const { held, releases, patienceMs = 2_000 } = options
  const asking = new Map<string, Promise<void>>()
  let waiting = 0

  /** Both channels, because one without a release gives what is stable. */
  const ask = (appId: string, channel: string, sequence: number): Promise<void> => {
    const name = `${appId}:${channel}`
    const before = asking.get(name)
    if (before) return before
    const channels = [...new Set([channel, 'stable'])]
    const asked = releases
      .renew(channels.map((one) => ({ appId, channel: one, sequence })))
      .catch(options.onError)
      .then(() => sleep(askEveryMs, undefined, { ref: false }))
      .finally(() => asking.delete(name))
    asking.set(name, asked)
    return asked
  }

  const wait = async (appId: string, channel: string, revision: number): Promise<FoundHeld> => {
    const until = performance.now() + patienceMs
    for (;;) {
      void ask(appId, channel, revision)
      await sleep(lookEveryMs)
      const found = await findHeld({ held, releases }, appId, channel)
      if (found.held.sequence >= revision) return found
      if (performance.now() > until) throw behind(revision)
    }
  }

  return async (appId, channel, revision) => {
    const found = await findHeld({ held, releases }, appId, channel)
    if (found.held.sequence >= revision) return found
    if (waiting >= waitingMost) throw behind(revision)
    waiting += 1
    try {
      return await wait(appId, channel, revision)
    } finally {
      waiting -= 1
    }
  }
}

const behind = (revision: number): Problem =>
  new Problem('revision_not_here', {
    detail: `This node has no revision ${revision} of the app yet. Try again in a moment, or read without a revision.`,
    headers: { 'retry-after': '1', 'cache-control': 'no-store' },
  })
