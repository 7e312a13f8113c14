import type { Kysely } from 'kysely'
import type { Cache } from './platform/cache/cache.ts'
import type { Changes } from './platform/changes/changes.ts'
import type { Closers } from './platform/closers.ts'
import type { Tables } from './platform/database/tables.ts'
import type { Log } from './platform/log/open-log.ts'
import type { Settings } from './settings.ts'

interface Stores {
  cache: Cache
  changes: Changes
}

interface Opening {
  settings: Settings
  kysely: Kysely<Tables>
  log: Log
  closers: Closers
}

/**
 * Level 2 and the change feed: over Redis where the settings name one, else what the machine has without it. Only what is
 * in use is loaded, because each library delays the first answer.
 */
export const openCacheAndChanges = async (opening: Opening): Promise<Stores> => {
  const { settings, log, closers } = opening
  const onError = (err: unknown): void => log.warn({ err }, 'change feed')
  const stores = settings.redisUrl
    ? await openOverRedis(opening, settings.redisUrl, onError)
    : { cache: await openMemoryCache(settings), changes: await openChanges(opening, onError) }
  closers.add('change feed', () => stores.changes.close())
  return stores
}

const openOverRedis = async (
  { settings, log, closers }: Opening,
  url: string,
  onError: (error: unknown) => void,
): Promise<Stores> => {
  const { connectRedis } = await import('./platform/redis/connect-redis.ts')
  const { redisCache } = await import('./platform/cache/cache-redis.ts')
  const { redisChanges } = await import('./platform/changes/changes-redis.ts')
  const redis = connectRedis({
    url,
    timeoutMs: settings.redisTimeoutMs,
    onState: ({ state, server, error }) =>
      log[state === 'connected' ? 'info' : 'warn']({ server, err: error }, `redis ${state}`),
  })
  closers.add('redis', () => redis.close())
  const onCorrupt = (key: string, reason: string) => log.warn({ key, reason }, 'a cache entry cannot be read')
  return { cache: redisCache(redis, onCorrupt), changes: redisChanges(redis, { onError }) }
}

/** A quarter of the bound that level 1 has: entries here are uncompressed text, and only back it up. */
const openMemoryCache = async ({ cacheBytes }: Settings): Promise<Cache> => {
  const { memoryCache } = await import('./platform/cache/cache-memory.ts')
  return memoryCache({ maxBytes: Math.floor(cacheBytes / 4) })
}

const openChanges = async (
  { settings, kysely }: Opening,
  onError: (error: unknown) => void,
): Promise<Changes> => {
  const { databaseUrl: url, databaseTimeoutMs: timeoutMs } = settings
  if (!url) return (await import('./platform/changes/changes-memory.ts')).memoryChanges({ onError })
  const { postgresChanges } = await import('./platform/changes/changes-postgres.ts')
  return postgresChanges({ url, kysely, timeoutMs, onError })
}
