import { Problem } from '../../../../../contract/problems.ts'
import type { ClientKeys } from '../../../platform/keys/client-keys.ts'
import { admit, refusalOf } from '../admit.ts'
import type { CatchUp } from '../catch-up.ts'
import { heldNow } from '../find-held.ts'
import type { HeldReleases } from '../held-releases.ts'
import type { ReadReleases } from '../read-release.ts'
import { createAskStores } from './ask-stores.ts'
import { followTopics } from './follow-topics.ts'
import { limitStreams } from './limit-streams.ts'
import { type Asker, type Desk, openStream } from './open-stream.ts'
import { readWaitQuery } from './read-live-query.ts'
import { sendHeartbeats } from './send-heartbeats.ts'
import { type RevisionFor, waitForChange } from './wait-for-change.ts'

export interface LiveOptions {
  held: HeldReleases
  releases: ReadReleases
  catchUp: CatchUp
  clientKeys: ClientKeys
  /** Streams and waiting reads that a client key, or an app without one, may have open in this process. */
  streamsPerKey: number
  heartbeatMs?: number
  /** Between two events of an app; what changes meanwhile is told together. */
  everyMs?: number
  onError: (error: unknown) => void
}

/** Who asks, as far as the address and the key tell. */
export type Asking = Omit<Asker, 'holder'> & { keyId: string | undefined }

export interface Live {
  /** Answers `GET .../stream`. Throws what a read is refused with, and 429. */
  stream(request: Request, asking: Asking): Promise<Response>
  /**
   * For a read with `wait`: resolves when its client would get something new, or has waited long enough; undefined where
   * the read does not wait. Throws 400, 429, and 503 when this process is stopping.
   */
  wait(request: Request, asking: Asking, revisionFor: RevisionFor): Promise<void> | undefined
  /** Whether this node must stay up to date with what is held under this key, held or not. */
  isFollowed(key: string): boolean
  /** Streams and waiting reads that are open in this process. */
  subscribers(): number
  /** This process is stopping: whoever listens is sent away. */
  drain(): void
}

const heartbeatMs = 20_000
const everyMs = 250

/** Live updates: streams of what changes, and reads that wait for it. */
export const createLive = (options: LiveOptions): Live => {
  const { held, releases, onError } = options
  const topics = followTopics({ held, everyMs: options.everyMs ?? everyMs, onError })
  held.onNewer(topics.noteHeld)
  let isDraining = false
  const desk: Desk = {
    held,
    releases,
    topics,
    limits: limitStreams(options.streamsPerKey),
    heartbeats: sendHeartbeats(options.heartbeatMs ?? heartbeatMs),
    catchUp: options.catchUp,
    askStores: createAskStores({ held, releases }, onError),
    stillCounts: (asker) => stillCounts(options, asker),
    isDraining: () => isDraining,
  }
  const askerOf = ({ keyId, ...asking }: Asking): Asker => ({
    ...asking,
    holder: keyId === undefined ? `app ${asking.appId}` : `key ${keyId}`,
  })
  return {
    stream: (request, asking) => openStream(desk, request, askerOf(asking)),
    wait(request, asking, revisionFor) {
      const query = readWaitQuery(request.url)
      return query && waitForChange(desk, askerOf(asking), query, request.signal, revisionFor)
    },
    isFollowed: topics.isFollowed,
    subscribers: desk.limits.size,
    drain() {
      isDraining = true
      topics.empty().catch(onError)
    },
  }
}

/** A key that cannot be asked for now counts as it did. */
const stillCounts = async (
  { clientKeys, held }: LiveOptions,
  { key, appId, channel }: Asker,
): Promise<boolean> => {
  if (key === undefined) return true
  try {
    const admitted = admit(await clientKeys.find(key), { appId, channel, isChannelFixed: true })
    if (admitted instanceof Problem) return false
    const now = heldNow({ held }, appId, channel)?.held
    const reading = { isKeyed: true, labels: admitted.labels }
    return now?.state !== 'released' || refusalOf(now.release, reading) === null
  } catch {
    return true
  }
}
