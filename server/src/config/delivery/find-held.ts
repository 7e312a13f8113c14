import { appId as appIdSchema } from '../../../../contract/fields.ts'
import { Problem } from '../../../../contract/problems.ts'
import type { Held, HeldReleases } from './held-releases.ts'
import { Crowded } from './limit-loads.ts'
import type { ReadReleases, Source } from './read-release.ts'
import { absent, invalidAppId } from './refusals.ts'
import { snapshotKey } from './snapshot.ts'

/** What an app's clients get on a channel, and where it came from. */
export interface FoundHeld {
  key: string
  held: Held
  source: Source
}

export interface Sources {
  held: HeldReleases
  releases: ReadReleases
}

/** Whether only who sends a key gets it. */
export const asksForKey = (found: FoundHeld | undefined): boolean =>
  found?.held.state === 'released' && found.held.release.needsKey

/** What is in memory; a channel without a release gives what is stable. */
export const heldNow = (
  { held }: Pick<Sources, 'held'>,
  appId: string,
  channel: string,
): FoundHeld | undefined => {
  const key = snapshotKey(appId, channel)
  const now = held.get(key)
  if (now) return { key, held: now, source: 'memory' }
  if (channel === 'stable' || !held.absence(key)) return undefined
  return heldNow({ held }, appId, 'stable')
}

/** The same through every level of DESIGN §6. Throws 400 (no appId), 404 or 503. */
export const findHeld = async (sources: Sources, appId: string, channel: string): Promise<FoundHeld> => {
  if (!appIdSchema.safeParse(appId).success) throw invalidAppId(appId)
  const now = heldNow(sources, appId, channel)
  if (now) return now
  const key = snapshotKey(appId, channel)
  const absence = sources.held.absence(key)
  const ofStable = () => findHeld(sources, appId, 'stable')
  if (absence) {
    if (channel !== 'stable') return ofStable()
    throw absent(appId, absence)
  }
  const found = await read(sources, appId, channel)
  if (found === 'ask stable') return ofStable()
  if (found.state === 'held') return { key, held: found.held, source: found.source }
  if (channel !== 'stable') return ofStable()
  throw absent(appId, found.why)
}

const read = async ({ releases }: Sources, appId: string, channel: string) => {
  try {
    return await releases.read(appId, channel)
  } catch (error) {
    // The database is away and nobody has a copy, as of a channel that never had a release.
    const isAway =
      error instanceof Problem && error.code === 'store_unavailable' && !(error instanceof Crowded)
    if (channel !== 'stable' && isAway) return 'ask stable' as const
    throw error
  }
}
