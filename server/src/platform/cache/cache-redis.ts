import type { Redis } from '../redis/redis.ts'
import { type Cache, type Cached, CacheUnavailable } from './cache.ts'
import { assertEntry, stamp, unstamp } from './entry-text.ts'
import { writeNewer } from './write-newer.ts'

const unavailable = (error: unknown): CacheUnavailable =>
  new CacheUnavailable(error instanceof Error ? error.message : 'The cache failed', { cause: error })

/**
 * The cache in Redis: a JSON text a key, readable with `redis-cli get config:shop`, stamped with the run_id of the server
 * that it was written to. `onCorrupt` hears of values that are not of this cache; they count as absent.
 */
export const redisCache = (redis: Redis, onCorrupt: (key: string, reason: string) => void): Cache => {
  const run: Redis['run'] = async (key, command) => {
    try {
      return await redis.run(key, command)
    } catch (error) {
      throw unavailable(error)
    }
  }

  const lookUp = async (key: string) => {
    let text: string | null
    try {
      text = await redis.run(key, (commands) => commands.get(key))
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('WRONGTYPE'))) throw unavailable(error)
      onCorrupt(key, 'it is not a string')
      return null
    }
    const entry = text === null ? null : unstamp(text)
    if (text !== null && entry === null) onCorrupt(key, 'it does not begin with a sequence and an epoch')
    return entry
  }

  const readAny = async (key: string): Promise<Cached | null> => {
    const entry = await lookUp(key)
    return entry && { sequence: entry.sequence, value: entry.value }
  }

  return {
    kind: 'redis',
    readAny,
    read: async (key) => {
      const entry = await lookUp(key)
      // Asked after the answer: a connection lost in between must not lend its trust to what came over it.
      if (entry === null || entry.epoch !== redis.epoch(key)) return null
      return { sequence: entry.sequence, value: entry.value }
    },
    writeNewer: async (key, entry, ttlSeconds) => {
      assertEntry(entry)
      const epoch = redis.epoch(key)
      if (epoch === undefined) throw new CacheUnavailable('It is not known yet which Redis answers')
      const stamped = { sequence: entry.sequence, epoch, text: stamp(entry, epoch) }
      return run(key, (commands) => writeNewer(commands, key, stamped, ttlSeconds))
    },
    remove: async (key) => {
      await run(key, (commands) => commands.del(key))
    },
    ping: async () => {
      try {
        await redis.ping()
      } catch (error) {
        throw unavailable(error)
      }
    },
    // The connection belongs to whoever opened it; the changes use it too.
    close: async () => {},
  }
}
