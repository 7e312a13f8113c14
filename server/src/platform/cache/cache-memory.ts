import { LRUCache } from 'lru-cache'
import type { Cache, Cached } from './cache.ts'
import { assertEntry } from './entry-text.ts'

/** What an entry costs beside its characters: its object, its node in the list, its place in the map. */
const overheadBytes = 250

/** A cache within this process, bounded by bytes: the entries that were not used for longest go first. */
export const memoryCache = ({ maxBytes }: { maxBytes: number }): Cache => {
  const entries = new LRUCache<string, Cached>({
    maxSize: maxBytes,
    // Two bytes a character is what V8 needs at most; counting exactly would read each document.
    sizeCalculation: (entry, key) => overheadBytes + 2 * (entry.value.length + key.length),
  })
  const read = async (key: string) => entries.get(key) ?? null

  return {
    kind: 'memory',
    read,
    readAny: read,
    writeNewer: async (key, { sequence, value }, ttlSeconds) => {
      assertEntry({ sequence, value })
      const there = entries.peek(key)
      if (there !== undefined && there.sequence >= sequence) return false
      entries.set(key, { sequence, value }, { ttl: ttlSeconds * 1000 })
      return entries.has(key)
    },
    remove: async (key) => {
      entries.delete(key)
    },
    ping: async () => {},
    close: async () => entries.clear(),
  }
}
