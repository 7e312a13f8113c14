import { LRUCache } from 'lru-cache'
import { everyTag, tagOf } from '../../../../contract/cache-tags.ts'
import type { Changes } from '../../platform/changes/changes.ts'
import { ownField } from './choose-policy.ts'
import type { EdgeCache } from './edge-cache.ts'

/** How old a change may be for a service to answer what was before it: far longer than any is behind. */
const rememberedMs = 60_000
const rememberedMost = 100_000

/** What the feed of changes does to a cache. */
export interface Purges {
  /** Whether an answer about an app is as new as what was heard of it: a service may hear of a change later than the cache. */
  isCurrent(appId: string | undefined, response: Response): boolean
  close(): void
}

/** Drops what is about a changed app, or has a purged tag; where messages may have been missed, all is validated before its next use. */
export const followPurges = (cache: EdgeCache, changes: Changes | undefined): Purges => {
  const floors = new LRUCache<string, number>({ max: rememberedMost, ttl: rememberedMs })
  const unsubscribe = changes?.subscribe({
    changed({ appId, sequence }) {
      floors.set(appId, Math.max(sequence, floors.get(appId) ?? 0))
      cache.purge([tagOf(appId)])
    },
    noticed({ topic, names }) {
      if (topic !== 'purge') return
      if (names.includes(everyTag)) cache.purgeAll()
      else cache.purge(names)
    },
    resumed: () => cache.distrust(),
  })
  return {
    isCurrent(appId, response) {
      const floor = appId === undefined ? undefined : floors.get(appId)
      if (floor === undefined) return true
      const [, sequence] = /(?:^|, )sequence=(\d+)/.exec(response.headers.get(ownField) ?? '') ?? []
      return sequence !== undefined && Number(sequence) >= floor
    },
    close: () => unsubscribe?.(),
  }
}
