import type { Kysely } from 'kysely'
import type { Authenticate } from '../platform/auth/authenticate.ts'
import type { Cache } from '../platform/cache/cache.ts'
import type { Change, Changes, Notice } from '../platform/changes/changes.ts'
import type { Tables } from '../platform/database/tables.ts'
import { addHealthRoutes } from '../platform/health/health-routes.ts'
import { keepForASecond, watchDependency } from '../platform/health/measure-health.ts'
import type { Readiness } from '../platform/health/readiness.ts'
import { logFault, pathOf } from '../platform/http/observe.ts'
import type { BodyLimits } from '../platform/http/read-body.ts'
import { createService } from '../platform/http/service.ts'
import { runDue } from '../platform/jobs/run-due.ts'
import type { ClientKeys } from '../platform/keys/client-keys.ts'
import { logRarely } from '../platform/log/log-rarely.ts'
import type { Log } from '../platform/log/open-log.ts'
import type { Peer } from '../platform/peers/peer.ts'
import { addMetricsRoute } from '../platform/telemetry/metrics-route.ts'
import { createTelemetry, type Telemetry } from '../platform/telemetry/telemetry.ts'
import { addManagement } from './app.ts'
import type { Cdn } from './cdn/cdn.ts'
import { knownAfterSeconds, purgeWhenDue } from './cdn/purge-when-due.ts'
import { queueChanges } from './cdn/queue-purges.ts'
import { watchCdns } from './cdn/watch-cdns.ts'
import { createRunChange, createTransact } from './change.ts'
import { createCatchUp } from './delivery/catch-up.ts'
import { createDelivery } from './delivery/deliver-config.ts'
import { followChanges } from './delivery/follow-changes.ts'
import { createHeldReleases } from './delivery/held-releases.ts'
import type { LastKnownGood } from './delivery/last-known-good.ts'
import { createLive } from './delivery/live/create-live.ts'
import type { DeliveryRules } from './delivery/prepare.ts'
import { createReadPast } from './delivery/read-past.ts'
import { createReadReleases } from './delivery/read-release.ts'
import { relayOutbox } from './delivery/relay-outbox.ts'
import { watchLoad } from './delivery/watch-load.ts'
import { dueWorks } from './due-works.ts'
import { addGatewayFeed } from './gateway-feed/routes.ts'
import { observeConfig } from './observe-config.ts'
import { createOpenFeature } from './openfeature/deliver-openfeature.ts'
import { limitRate } from './openfeature/limit-rate.ts'
import { guardBySignals } from './rollouts/guard.ts'
import { createSchemaChecks } from './schemas/create-schema-checks.ts'
import { keepTemplateDocuments } from './store/documents.ts'

export interface ConfigServiceOptions {
  db: Kysely<Tables>
  pingDatabase: () => Promise<void>
  cache: Cache
  changes: Changes
  lastKnownGood: LastKnownGood
  authenticate: Authenticate
  clientKeys: ClientKeys
  readiness: Readiness
  log: Log
  limits: BodyLimits
  rules: Omit<DeliveryRules, 'outcomes' | 'onBrokenRule'>
  cacheBytes: number
  cacheTtlSeconds: number
  sweepMs: number
  streamsPerKey: number
  requireIfMatch: boolean
  /** Requests for flags that one client key, or one app without keys, may make of this process in a second; 0: any number. */
  ofrepPerSecond: number
  /** Connections to the database that reads of what is not in memory may take. */
  coldLoads: number
  /** In front, to be told of each change. */
  cdns: readonly Cdn[]
  telemetry?: Telemetry
}

/** The Config API: management of apps, versions and releases, and their delivery. */
export const createConfigService = (
  options: ConfigServiceOptions,
): { fetch: Peer; close: () => Promise<void> } => {
  const { db, log, clientKeys, telemetry = createTelemetry() } = options
  const { meters } = telemetry
  const warnRarely = logRarely<string>(1_000, (what, err, leftOut) => log.warn({ err, leftOut }, what))
  const rules: DeliveryRules = {
    ...options.rules,
    outcomes: outcomeBounds(options.cacheBytes),
    onBrokenRule: countBrokenRules(log),
  }
  const load = watchLoad(log)
  const held = createHeldReleases(options.cacheBytes, rules)
  // Of what is held, templates are the smallest part: thousands of apps share each.
  const templates = keepTemplateDocuments(Math.floor(options.cacheBytes / 16))
  const releases = createReadReleases({
    ...options,
    ...{ held, meters },
    templates,
    onStoreError: logRarely(1_000, (store, err, leftOut) =>
      log.warn({ store, err, leftOut }, 'store does not answer'),
    ),
  })
  const catchUp = createCatchUp({ held, releases, onError: (err) => warnRarely('catching up failed', err) })
  const live = createLive({
    ...{ held, releases, catchUp, clientKeys, streamsPerKey: options.streamsPerKey },
    onError: (err) => warnRarely('subscribers were not told', err),
  })
  options.readiness.onStop(live.drain)
  const following = followChanges({
    ...options,
    held,
    releases,
    isFollowed: live.isFollowed,
    evaluating: () => ({ rules, pollFactor: load.pollFactor() }),
    onError: (doing, err) => log.warn({ doing, err }, 'following changes failed; it is tried again'),
  })
  const relay = relayOutbox({
    ...options,
    templates,
    onError: (err) => warnRarely('outbox waits; it is tried again', err),
  })

  /** The answer to whoever published waits until this node and all others have the news, or for a second. */
  const tell = async (told: readonly Change[]): Promise<void> => {
    await Promise.all([following.apply(told), relay.tell(told)])
  }

  /** Nobody waits for it: gateways look by themselves as well. */
  const notify = (notice: Notice): void => {
    options.changes
      .notify(notice)
      .catch((err) => warnRarely('gateways were not told; they look by themselves', err))
  }

  const service = createService({ onFault: logFault(log) })
  const checks = createSchemaChecks()
  const transact = createTransact(db, checks, tell, notify, (transaction, changes) =>
    queueChanges(transaction, options.cdns, changes),
  )
  addManagement(service, {
    ...options,
    transact,
    change: createRunChange(transact, { ...options, tellsEdge: rules.tellsEdge }),
  })
  const jobs = runDue({
    works: dueWorks({ db, transact, guard: guardBySignals }),
    everyMs: 1_000,
    onError: logRarely(60_000, (work, err, leftOut) =>
      log.warn({ work, err, leftOut }, 'due work failed; it is tried again'),
    ),
  })
  const gatewayFeed = addGatewayFeed(service, { ...options, onError: warnRarely })
  const repeatAfterSeconds = knownAfterSeconds({ ...options, ...rules })
  const purging = purgeWhenDue({ ...options, repeatAfterSeconds })
  const measure = measureHealth(options, held)
  addHealthRoutes(service, measure, options.readiness)
  addMetricsRoute(service, telemetry)
  observeConfig(meters, { db, held, following, live, load, measure })
  const delivery = {
    ...{ held, releases, clientKeys, freshness: following.freshness, rules, load, catchUp },
    readPast: createReadPast({
      ...{ db, templates, rules, maxBytes: Math.floor(options.cacheBytes / 16) },
      onError: (err) => warnRarely('a past release was not read', err),
    }),
  }
  const openFeature = createOpenFeature({
    ...delivery,
    limitRate: limitRate({ perSecond: options.ofrepPerSecond }),
  })
  const deliver = createDelivery({ ...delivery, live, openFeature })

  return {
    fetch: (request) => deliver(request, pathOf(request.url)) ?? service.fetch(request),
    async close() {
      load.close()
      gatewayFeed.close()
      // Where the database is silent each waits for it: together, but for what jobs lead to.
      await Promise.all([purging, jobs].map((work) => work.close()))
      await Promise.all([relay, following, checks].map((work) => work.close()))
    },
  }
}

/** Degraded while a store is away, or a CDN keeps refusing; down only when there is neither a database nor anything held to serve. */
const measureHealth = (
  { db, pingDatabase, cache, lastKnownGood, cdns }: ConfigServiceOptions,
  held: { size(): { entries: number } },
) => {
  const database = watchDependency(pingDatabase)
  const redis = watchDependency(cache.kind === 'redis' ? () => cache.ping() : undefined)
  const cdn = watchCdns(
    db,
    cdns.map(({ name }) => name),
  )
  return keepForASecond(async () => {
    const [databaseNow, redisNow, cdnsNow] = await Promise.all([database(), redis(), cdn()])
    const services = { database: databaseNow, redis: redisNow, external_apis: cdnsNow }
    const canServe =
      services.database.state !== 'down' || held.size().entries > 0 || (await lastKnownGood.any())
    const troubled = Object.values(services).some(({ state }) => state === 'down' || state === 'degraded')
    const status = !canServe ? 'down' : troubled ? 'degraded' : 'ok'
    return { status, timestamp: new Date().toISOString(), services }
  })
}

/** Of what is held, the answers of one app may take this part each: strangers who ask it everything leave room to others. */
const outcomeBounds = (cacheBytes: number): DeliveryRules['outcomes'] => ({
  formBytes: Math.floor(cacheBytes / 16),
  queryBytes: Math.min(2_097_152, Math.floor(cacheBytes / 64)),
})

/** The first of a second is told with how many there have been in all. */
const countBrokenRules = (log: Log): DeliveryRules['onBrokenRule'] => {
  let count = 0
  const tell = logRarely<string>(1_000, (rule, err, leftOut) =>
    log.warn({ rule, err, leftOut, count }, 'a rule failed: its devices get what they would without it'),
  )
  return (rule, error) => {
    count += 1
    tell(rule, error)
  }
}
