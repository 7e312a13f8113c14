import { join } from 'node:path'
import { createAnalyticsService } from './analytics/service.ts'
import { firstSteps, say, sayIfFirst } from './banner.ts'
import { noLastKnownGood, openLastKnownGood } from './config/delivery/last-known-good.ts'
import { loadExamples } from './config/load-examples.ts'
import { createConfigService } from './config/service.ts'
import { createGateway } from './gateway/service.ts'
import { openAdminToken } from './platform/auth/admin-token.ts'
import { createAuthenticate } from './platform/auth/authenticate.ts'
import { type Closers, createClosers } from './platform/closers.ts'
import { migrateWhenReachable } from './platform/database/migrate-when-reachable.ts'
import { openDatabase } from './platform/database/open-database.ts'
import { createReadiness, type Readiness } from './platform/health/readiness.ts'
import { listen } from './platform/http/listen.ts'
import { observe } from './platform/http/observe.ts'
import { type Log, openLog } from './platform/log/open-log.ts'
import { httpPeer } from './platform/peers/http-peer.ts'
import type { Peer } from './platform/peers/peer.ts'
import { stopOnSignal } from './platform/stop-on-signal.ts'
import { type Environment, environment, readSettings, type Settings } from './settings.ts'
import { openCacheAndChanges } from './stores.ts'
import { version } from './version.ts'

interface Process {
  settings: Settings
  log: Log
  closers: Closers
  readiness: Readiness
}

const peerTimeoutMs = 10_000

/** Starts what the settings name, and returns when requests are received. Everything opened here is closed in reverse. */
export const main = async (env: Environment): Promise<void> => {
  const settings = readSettings(env)
  const { log, flush } = openLog(settings.logLevel)
  const closers = createClosers((what, err) => log.error({ what, err }, 'did not close well'))
  const readiness = createReadiness()
  const started: Process = { settings, log, closers, readiness }
  stopOnSignal({ log, flush, readiness, closers, drainMs: settings.drainSeconds * 1_000 })

  const runs = (service: 'gateway' | 'config' | 'analytics'): boolean => settings.services.includes(service)
  const config = runs('config') ? await startConfig(started) : undefined
  const analytics = runs('analytics') ? createAnalyticsService(started).fetch : undefined
  const front = runs('gateway')
    ? createGateway({
        ...started,
        config: config?.fetch ?? remote(started, 'config', settings.configUrl),
        analytics: analytics ?? remote(started, 'analytics', settings.analyticsUrl),
        version,
      }).fetch
    : (config?.fetch ?? analytics)
  if (!front) throw new Error('PARASOL_SERVICES names no service.')

  const listener = await listen(observe(front, log), settings)
  closers.add('listener', () => listener.close(settings.stopSeconds * 1_000))
  await config?.introduce(listener.url)
  readiness.serve()
  log.info({ url: listener.url, services: settings.services, version, pid: process.pid }, 'listening')
}

/** A neighbour in another process. The settings have made sure that its URL is there. */
const remote = ({ closers }: Process, name: string, baseUrl = ''): Peer => {
  const { peer, close } = httpPeer({ name, baseUrl, timeoutMs: peerTimeoutMs })
  closers.add(`peer ${name}`, close)
  return peer
}

const startConfig = async (
  started: Process,
): Promise<{ fetch: Peer; introduce: (url: string) => Promise<void> }> => {
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
  const { cache, changes } = openCacheAndChanges(settings, database.kysely, log, closers)
  const lastKnownGood = settings.snapshots
    ? openLastKnownGood(join(settings.dataDir, 'snapshots'), (err) =>
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
    authenticate: createAuthenticate(adminToken.token),
    limits: { maxBytes: settings.maxDocumentBytes, maxDepth: settings.maxDocumentDepth },
    rules: settings,
    cacheBytes: settings.cacheBytes,
    cacheTtlSeconds: settings.cacheTtlSeconds,
    sweepMs: settings.sweepSeconds * 1_000,
  })
  closers.add('config service', () => service.close())

  const isFirstStart = migration.createdSchema
  const wantsExamples =
    settings.examples === 'on' || (settings.examples === 'auto' && database.kind === 'embedded')
  const examples =
    isFirstStart && wantsExamples ? await loadExamples(service.fetch, adminToken.token) : undefined
  return {
    fetch: service.fetch,
    introduce: async (url) =>
      say(firstSteps({ url, settings, adminToken, isFirstStart, examples, database: database.kind })),
  }
}

if (import.meta.main) await main(environment())
