import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { HeldReleases } from '../held-releases.ts'
import type { ReadReleases } from '../read-release.ts'
import { keyOf } from '../snapshot.ts'

/** After the stores did not have what a client says it has seen, they are asked about that app again only so much later. */
const restMs = 250
const restedMost = 10_000

/**
 * Fetches what a client has seen of a channel at another node (`sequence`), so that it never goes back. True when it is held
 * now, or the stores know of nothing that new; false when they do not answer.
 */
export type AskStores = (appId: string, channel: string, sequence: number) => Promise<boolean>

export const createAskStores = (
  { held, releases }: { held: HeldReleases; releases: ReadReleases },
  onError: (error: unknown) => void,
): AskStores => {
  const fellShort = new LRUCache<string, number>({ max: restedMost, ttl: restMs })

  return async (appId, channel, sequence) => {
    const key = keyOf({ appId, channel })
    // A first release of the channel itself is news too, where stable is given in its place.
    const asked = [...new Set([channel, 'stable'])].map((one) => ({ appId, channel: one, sequence }))
    const isHeld = (): boolean => asked.some((one) => (held.peek(keyOf(one))?.sequence ?? 0) >= sequence)
    const lately = fellShort.get(key)
    if (lately !== undefined) await sleep(Math.max(0, lately + restMs - performance.now()))
    if (isHeld()) return true
    try {
      await releases.renew(asked)
    } catch (error) {
      onError(error)
      return false
    }
    if (!isHeld()) fellShort.set(key, performance.now())
    return true
  }
}
