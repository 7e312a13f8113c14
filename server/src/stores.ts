import type { Kysely } from 'kysely'
import type { Cache } from './platform/cache/cache.ts'
import type { Changes } from './platform/changes/changes.ts'
import type { Closers } from './platform/closers.ts'
import type { Tables } from './platform/database/tables.ts'
import type { Log } from './platform/log/open-log.ts'
import type { Redis } from './platform/redis/redis.ts'
import { noteStoreCalls } from './platform/telemetry/note-store-calls.ts'
import type { Telemetry } from './platform/telemetry/telemetry.ts'
import type { Settings } from './settings.ts'

interface Opening {
  settings: Settings
  log: Log
  closers: Closers
  telemetry: Telemetry
}

/** Redis where the settings name one, opened once for the process; else undefined. Loaded only when in use: each library delays the first answer. */
export const openRedis = async ({
  settings,
  log,
  closers,
  telemetry,
}: Opening): Promise<Redis | undefined> => {
  if (!settings.redisUrl) return undefined
  const { connectRedis } = await import('./platform/redis/connect-redis.ts')
  const { observeRedis } = await import('./platform/redis/observe-redis.ts')
  const redis = connectRedis({
    url: settings.redisUrl,
    timeoutMs: settings.redisTimeoutMs,
    onState: ({ state, server, error }) =>
      log[state === 'connected' ? 'info' : 'warn']({ server, err: error }, `redis ${state}`),
  })
  closers.add('redis', () => redis.close())
  return observeRedis(redis, noteStoreCalls(telemetry))
}

/** Level 2: in Redis, else in memory. */
export const openCache = async ({ settings, log }: Opening, redis: Redis | undefined): Promise<Cache> => {
  if (!redis) {
    const { memoryCache } = await import('./platform/cache/cache-memory.ts')
    // A quarter of the bound that level 1 has: entries here are uncompressed text, and only back it up.
    return memoryCache({ maxBytes: Math.floor(settings.cacheBytes / 4) })
  }
  const { redisCache } = await import('./platform/cache/cache-redis.ts')
  return redisCache(redis, (key, reason) => log.warn({ key, reason }, 'a cache entry cannot be read'))
}

/**
 * The change feed: over Redis, else over the database (`kysely`) of this process; undefined for a process that has neither.
 */
export const openChanges = async (
  { settings, log, closers }: Opening,
  redis: Redis | undefined,
  kysely?: Kysely<Tables>,
): Promise<Changes | undefined> => {
  const changes = await makeChanges(settings, redis, kysely, (err) => log.warn({ err }, 'change feed'))
  if (changes) closers.add('change feed', () => changes.close())
  return changes
}

const makeChanges = async (
  { databaseUrl: url, databaseTimeoutMs: timeoutMs }: Settings,
  redis: Redis | undefined,
  kysely: Kysely<Tables> | undefined,
  onError: (error: unknown) => void,
): Promise<Changes | undefined> => {
  if (redis) return (await import('./platform/changes/changes-redis.ts')).redisChanges(redis, { onError })
  if (!kysely) return undefined
  if (!url) return (await import('./platform/changes/changes-memory.ts')).memoryChanges({ onError })
  const { postgresChanges } = await import('./platform/changes/changes-postgres.ts')
  return postgresChanges({ url, kysely, timeoutMs, onError })
}
