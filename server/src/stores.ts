import type { Kysely } from 'kysely'
import type { Cache } from './platform/cache/cache.ts'
import { memoryCache } from './platform/cache/cache-memory.ts'
import { redisCache } from './platform/cache/cache-redis.ts'
import type { Changes } from './platform/changes/changes.ts'
import { memoryChanges } from './platform/changes/changes-memory.ts'
import { postgresChanges } from './platform/changes/changes-postgres.ts'
import { redisChanges } from './platform/changes/changes-redis.ts'
import type { Closers } from './platform/closers.ts'
import type { Tables } from './platform/database/tables.ts'
import type { Log } from './platform/log/open-log.ts'
import { connectRedis } from './platform/redis/connect-redis.ts'
import type { Settings } from './settings.ts'

/** Level 2 and the change feed: over Redis where the settings name one, else what the machine has without it. */
export const openCacheAndChanges = (
  settings: Settings,
  kysely: Kysely<Tables>,
  log: Log,
  closers: Closers,
): { cache: Cache; changes: Changes } => {
  const onError = (err: unknown): void => log.warn({ err }, 'change feed')
  if (settings.redisUrl) {
    const redis = connectRedis({
      url: settings.redisUrl,
      timeoutMs: settings.redisTimeoutMs,
      onState: ({ state, server, error }) =>
        log[state === 'connected' ? 'info' : 'warn']({ server, err: error }, `redis ${state}`),
    })
    closers.add('redis', () => redis.close())
    const changes = redisChanges(redis, { onError })
    closers.add('change feed', () => changes.close())
    const cache = redisCache(redis, (key, reason) =>
      log.warn({ key, reason }, 'a cache entry cannot be read'),
    )
    return { cache, changes }
  }
  const changes = settings.databaseUrl
    ? postgresChanges({ url: settings.databaseUrl, kysely, timeoutMs: settings.databaseTimeoutMs, onError })
    : memoryChanges({ onError })
  closers.add('change feed', () => changes.close())
  return { cache: memoryCache({ maxBytes: Math.floor(settings.cacheBytes / 4) }), changes }
}
