import { join } from 'node:path'
import { firstSteps, say } from './banner.ts'
import { openCdns } from './config/cdn/open-cdns.ts'
import { noLastKnownGood, openLastKnownGood } from './config/delivery/last-known-good.ts'
import { loadExamples } from './config/load-examples.ts'
import { createConfigService } from './config/service.ts'
import type { Changes } from './platform/changes/changes.ts'
import type { Peer } from './platform/peers/peer.ts'
import type { Redis } from './platform/redis/redis.ts'
import type { Ground, Process } from './start-database.ts'
import { openCache, openChanges } from './stores.ts'

/** The config service as the rest of the process has it. */
export interface Config {
  fetch: Peer
  changes: Changes
  introduce(url: string): Promise<void>
}

/** Opens the config service on the stores; `introduce` tells a person what was done, once the address is known. */
export const startConfig = async (
  started: Process,
  { database, isFirstStart, adminToken, authenticate, clientKeys }: Ground,
  redis: Redis | undefined,
): Promise<Config> => {
  const { settings, log, closers } = started
  const cache = await openCache(started, redis)
  const changes = await openChanges(started, redis, database.kysely)
  if (!changes) throw new Error('There is no feed of changes.')
  const lastKnownGood = settings.snapshots
    ? openLastKnownGood(join(settings.dataDir, 'snapshots'), settings.cacheBytes, (err) =>
        log.warn({ err }, 'a snapshot was not written'),
      )
    : noLastKnownGood
  closers.add('snapshots', () => lastKnownGood.close())

  const service = createConfigService({
    ...started,
    db: database.kysely,
    pingDatabase: () => database.ping(),
    cache,
    changes,
    lastKnownGood,
    authenticate,
    clientKeys,
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
