import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../../../../contract/problems.ts'
import { type FoundHeld, findHeld } from './find-held.ts'
import type { HeldReleases } from './held-releases.ts'
import type { ReadReleases } from './read-release.ts'
import { snapshotKey } from './snapshot.ts'

/** What is held of an app, once it is at least as new as a revision. Throws 503 where that takes too long, and as findHeld does. */
export type CatchUp = (appId: string, channel: string, revision: number) => Promise<FoundHeld>

interface CatchUpOptions {
  held: HeldReleases
  releases: ReadReleases
  onError: (error: unknown) => void
  /** How long a reader waits for a node that is behind. */
  patienceMs?: number
}

/** Readers of revisions that are not there yet, in all and of one app; further ones are refused at once. */
const waitingMost = 1_000
const waitingMostOfOne = 100
/** Between two looks at the database for one app: whoever invents revisions does not reach it more often. */
const askEveryMs = 250
const lookEveryMs = 25

/** Lets a read that names a revision wait until this node answers it: it is fetched, from whichever store has it. */
export const createCatchUp = (options: CatchUpOptions): CatchUp => {
  const { held, releases, patienceMs = 2_000 } = options
  const asking = new Map<string, Promise<void>>()
  const waitingOf = new Map<string, number>()
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
    asking.set(name, asked)
    void asked.then(() => sleep(askEveryMs, undefined, { ref: false })).finally(() => asking.delete(name))
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

  const find = async (appId: string, channel: string, revision: number): Promise<FoundHeld> => {
    const found = await findHeld({ held, releases }, appId, channel)
    if (found.key === snapshotKey(appId, channel)) return found
    // It has no release that this node knows of, and stable may be further than the one that is asked for.
    await ask(appId, channel, revision)
    return findHeld({ held, releases }, appId, channel)
  }

  return async (appId, channel, revision) => {
    const found = await find(appId, channel, revision)
    if (found.held.sequence >= revision) return found
    const ofOne = waitingOf.get(appId) ?? 0
    if (waiting >= waitingMost || ofOne >= waitingMostOfOne) throw behind(revision)
    waiting += 1
    waitingOf.set(appId, ofOne + 1)
    try {
      return await wait(appId, channel, revision)
    } finally {
      waiting -= 1
      const left = (waitingOf.get(appId) ?? 1) - 1
      if (left > 0) waitingOf.set(appId, left)
      else waitingOf.delete(appId)
    }
  }
}

const behind = (revision: number): Problem =>
  new Problem('revision_not_here', {
    detail: `This node has no revision ${revision} of the app yet. Try again in a moment, or read without a revision.`,
    headers: { 'retry-after': '1', 'cache-control': 'no-store' },
  })
