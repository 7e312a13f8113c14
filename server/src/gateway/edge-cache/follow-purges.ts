import { LRUCache } from 'lru-cache'
import { everyTag, tagOf } from '../../../../contract/cache-tags.ts'
import { changedHeader, readChanged } from '../../../../contract/gateway-feed.ts'
import type { Change, Changes } from '../../platform/changes/changes.ts'
import type { Peer } from '../../platform/peers/peer.ts'
import { ownField } from './choose-policy.ts'
import type { EdgeCache } from './edge-cache.ts'

/** How old a change may be for a service to answer what was before it: far longer than any is behind. */
const rememberedMs = 60_000
const rememberedMost = 100_000

/** What changes do to a cache. */
export interface Purges {
  /**
   * Whether an answer about an app is as new as what was heard of it: a service may hear of a change later than the cache.
   * `channel` is what was asked for, where that is known: the answer may be of another one.
   */
  isCurrent(app: { appId: string | undefined; channel: string | undefined }, response: Response): boolean
  /** Management whose changes are heard of before its answer is passed on, so that who made one reads it here at once. */
  hearing(management: Peer): Peer
  close(): void
}

/**
 * Drops what is about a changed app, or has a purged tag; where messages may have been missed, all is validated before its next use.
 * `noteLag` hears when a change was made that something was dropped for.
 */
export const followPurges = (
  cache: EdgeCache,
  changes: Changes | undefined,
  noteLag: (madeAt: number) => void,
): Purges => {
  // By sizes of one each: for a `max` it would take room for all of them at once, which nearly nobody needs.
  const floors = new LRUCache<string, number>({
    maxSize: rememberedMost,
    sizeCalculation: () => 1,
    ttl: rememberedMs,
  })
  const change = ({ appId, channel, sequence, madeAt }: Change): void => {
    const key = `${appId}:${channel}`
    floors.set(key, Math.max(sequence, floors.get(key) ?? 0))
    const dropped = cache.purge([tagOf(appId)])
    if (dropped > 0 && madeAt !== undefined) noteLag(madeAt)
  }
  const unsubscribe = changes?.subscribe({
    changed: change,
    noticed({ topic, names }) {
      if (topic !== 'purge') return
      if (names.includes(everyTag)) cache.purgeAll()
      else cache.purge(names)
    },
    resumed: () => cache.distrust(),
  })
  const hear = (response: Response): Response => {
    const told = response.headers.get(changedHeader)
    if (told === null) return response
    response.headers.delete(changedHeader)
    const changed = readChanged(told)
    if (changed === null) cache.distrust()
    else for (const one of changed) change(one)
    return response
  }
  return {
    isCurrent({ appId, channel: asked }, response) {
      if (floors.size === 0 || appId === undefined) return true
      const told = response.headers.get(ownField) ?? ''
      const [, sequence = -1, channel = ''] = /(?:^|, )sequence=(\d+), channel="([^"]+)"/.exec(told) ?? []
      const floorOf = (name: string): number => floors.get(`${appId}:${name}`) ?? 0
      return Number(sequence) >= Math.max(floorOf(channel), asked === undefined ? 0 : floorOf(asked))
    },
    hearing: (management) => (request) => {
      const answer = management(request)
      return answer instanceof Promise ? answer.then(hear) : hear(answer)
    },
    close: () => unsubscribe?.(),
  }
}
