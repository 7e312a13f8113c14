import { join } from 'node:path'
import { firstSteps, say, sayIfFirst } from './banner.ts'
import { openCdns } from './config/cdn/open-cdns.ts'
import { noLastKnownGood, openLastKnownGood } from './config/delivery/last-known-good.ts'
import { loadExamples } from './config/load-examples.ts'
import { createConfigService } from './config/service.ts'
import { openAdminToken } from './platform/auth/admin-token.ts'
import { createAuthenticate } from './platform/auth/authenticate.ts'
import type { Changes } from './platform/changes/changes.ts'
import type { Closers } from './platform/closers.ts'
import { migrateWhenReachable } from './platform/database/migrate-when-reachable.ts'
import { openDatabase } from './platform/database/open-database.ts'
import type { Readiness } from './platform/health/readiness.ts'
import { createFindKeyHolder } from './platform/keys/find-key-holder.ts'
import type { Log } from './platform/log/open-log.ts'
import type { Peer } from './platform/peers/peer.ts'
import type { Redis } from './platform/redis/redis.ts'
import type { Settings } from './settings.ts'
import { openCache, openChanges } from './stores.ts'

/** What everything in this process shares. */
export interface Process {
  settings: Settings
  log: Log
  closers: Closers
  readiness: Readiness
}

/** The config service as the rest of the process has it. */
export interface Config {
  fetch: Peer
  changes: Changes
  introduce(url: string): Promise<void>
}

/** Opens the stores and the config service on them; `introduce` tells a person what was done, once the address is known. */
export const startConfig = async (started: Process, redis: Redis | undefined): Promise<Config> => {
  const { settings, log, closers } = started
  const adminToken = await openAdminToken(settings.adminToken, settings.dataDir)
  sayIfFirst(settings)
  const database = await openDatabase({
    ...(settings.databaseUrl && { url: settings.databaseUrl }),
    dataDir: settings.dataDir,
    poolSize: settings.databasePool,
    statementTimeoutMs: settings.databaseTimeoutMs,
    connectTimeoutMs: settings.databaseTimeoutMs,
    onError: (err) => log.warn({ err }, 'database connection lost'),
  })
  closers.add('database', () => database.close())
  const migration = await migrateWhenReachable(database, log)
  closers.add('migration', () => migration.close())
  const cache = await openCache(started, redis)
  const changes = await openChanges(started, redis, database.kysely)
  if (!changes) throw new Error('There is no feed of changes.')
  const lastKnownGood = settings.snapshots
    ? openLastKnownGood(join(settings.dataDir, 'snapshots'), settings.cacheBytes, (err) =>
        log.warn({ err }, 'a snapshot was not written'),
      )
    : noLastKnownGood
  closers.add('snapshots', () => lastKnownGood.close())

  const findKeyHolder = createFindKeyHolder(database.kysely, (err) =>
    log.warn({ err }, 'the use of a key was not noted'),
  )
  const service = createConfigService({
    ...started,
    db: database.kysely,
    pingDatabase: () => database.ping(),
    cache,
    changes,
    lastKnownGood,
    authenticate: createAuthenticate(adminToken.token, findKeyHolder),
    limits: { maxBytes: settings.maxDocumentBytes, maxDepth: settings.maxDocumentDepth },
    // A gateway in this process has nothing between itself and the answers.
    rules: { ...settings, tellsEdge: !settings.services.includes('gateway') },
    cacheBytes: settings.cacheBytes,
    cacheTtlSeconds: settings.cacheTtlSeconds,
    sweepMs: settings.sweepSeconds * 1_000,
    streamsPerKey: settings.streamsPerKey,
    requireIfMatch: settings.requireIfMatch,
    ofrepPerSecond: settings.ofrepPerSecond,
    // The others are for management, the sweep and what follows changes.
    coldLoads: Math.max(1, settings.databasePool - 2),
    cdns: openCdns(settings),
  })
  closers.add('config service', () => service.close())

  const isFirstStart = migration.createdSchema
  const wantsExamples =
    settings.examples === 'on' || (settings.examples === 'auto' && database.kind === 'embedded')
  const examples =
    isFirstStart && wantsExamples ? await loadExamples(service.fetch, adminToken.token) : undefined
  return {
    fetch: service.fetch,
    changes,
    introduce: async (url) =>
      say(firstSteps({ url, settings, adminToken, isFirstStart, examples, database: database.kind })),
  }
}
