import type { Changes } from '../platform/changes/changes.ts'
import { addHealthRoutes } from '../platform/health/health-routes.ts'
import type { Check } from '../platform/health/measure-health.ts'
import type { Readiness } from '../platform/health/readiness.ts'
import { jsonResponse } from '../platform/http/answers.ts'
import { logFault } from '../platform/http/observe.ts'
import { createService } from '../platform/http/service.ts'
import { logRarely } from '../platform/log/log-rarely.ts'
import type { Log } from '../platform/log/open-log.ts'
import type { Peer } from '../platform/peers/peer.ts'
import { measureRevisionLag } from '../platform/telemetry/measure-revision-lag.ts'
import { addMetricsRoute } from '../platform/telemetry/metrics-route.ts'
import { createTelemetry, type Telemetry } from '../platform/telemetry/telemetry.ts'
import { type AccessSettings, createGuard } from './access/guard.ts'
import { askConfig } from './ask-config.ts'
import { noCounting } from './counting/counting.ts'
import { openCounts } from './counting/open-counts.ts'
import { docsAsset, docsPage } from './docs-page.ts'
import { createEdgeCache } from './edge-cache/edge-cache.ts'
import { followPurges } from './edge-cache/follow-purges.ts'
import { checkKeys } from './keys/check-keys.ts'
import type { RequestLimits } from './limits/limit-requests.ts'
import { openLimits } from './limits/open-limits.ts'
import type { SharedCounts } from './limits/shared-counts.ts'
import { measurePeers, type Neighbour } from './measure-peers.ts'
import { observeGateway } from './observe-gateway.ts'
import { openRoutes, type RoutesFile } from './routes/open-routes.ts'
import { ownRoutes, pagesRoute } from './routes/own-routes.ts'
import { serveRequests } from './serve-requests.ts'
import { watchOwnLoad } from './upstreams/watch-own-load.ts'

interface GatewayOptions {
  config: Peer
  /** It is in another process: what it answers is worth keeping here. */
  isConfigApart: boolean
  analytics: Peer
  /** Services in other processes, by their names, for /health. */
  neighbours?: () => readonly Neighbour[]
  /** Tells of changes of configs, keys and limits; without it they are found by looking, within seconds. */
  changes: Changes | undefined
  /** Counts over all gateways; without them each process counts alone. */
  counts: SharedCounts | undefined
  /** Asks the Redis of this process; absent: there is none, or the config service tells of it. */
  pingRedis?: Check | undefined
  routesFile?: RoutesFile | undefined
  readiness: Readiness
  log: Log
  telemetry?: Telemetry
  version: string
  settings: AccessSettings & GatewaySettings
}

/** The settings of the same names. */
interface GatewaySettings {
  rateLimits: boolean
  analytics: boolean
  edgeCacheBytes: number
}

export interface Gateway {
  fetch: Peer
  /** The same without what is for operators. */
  publicFetch: Peer
  close(): Promise<void>
}

/**
 * What faces the internet: sends each address to what answers it, and answers a few pages itself. Throws RoutesProblem when the
 * routes file is wrong.
 */
export const createGateway = (options: GatewayOptions): Gateway => {
  const { config, isConfigApart, analytics, changes, settings, readiness, log } = options
  const { telemetry = createTelemetry() } = options
  const upstreams = (): Neighbour[] => [...(options.neighbours?.() ?? []), ...routes.upstreams()]
  const pages = ownPages({ ...options, telemetry }, upstreams, () => limits.counting())
  const guard = createGuard(settings)
  const warn = logRarely<string>(10_000, (what, err, leftOut) => log.warn({ err, leftOut }, what))
  const cache = createEdgeCache({
    maxBytes: settings.edgeCacheBytes,
    maxObjectBytes: Math.floor(settings.edgeCacheBytes / 8),
    name: 'parasol-edge',
    onError: (err) => warn('what is stored was not asked for anew', err),
  })
  const purges = followPurges(cache, changes, measureRevisionLag(telemetry.meters))
  const management = guard.boundAttempts(isConfigApart ? purges.hearing(config) : config)
  const numbers = guard.boundAttempts(analytics)
  const own = ownRoutes({
    ...{ config, isApart: isConfigApart, management, numbers, pages },
    // Apps send, operators ask: whoever guesses at tokens does so by asking.
    analytics: (request) => (request.method === 'GET' ? numbers(request) : analytics(request)),
  })
  const routes = openRoutes({
    own,
    fallback: pagesRoute(pages, ''),
    file: options.routesFile,
    log,
    telemetry,
  })
  readiness.onStop(routes.drain)

  const ask = askConfig(config)
  const keys = checkKeys({ ask: ask.keys, changes, onError: (err) => warn('keys were not asked for', err) })
  const limits = openLimits({ ...options, isOn: settings.rateLimits, ask: ask.limits, warn })
  const load = watchOwnLoad({ onTurn: tellLoad(log) })
  observeGateway(telemetry.meters, { cache, limits, upstreams })
  const counts = settings.analytics ? openCounts(analytics, warn) : undefined
  const counting = counts?.counting ?? noCounting
  const stations = { guard, routes, keys, limits, cache, counting, load, isCurrent: purges.isCurrent }
  return {
    fetch: serveRequests(stations, 'all'),
    publicFetch: serveRequests(stations, 'public'),
    async close() {
      for (const part of [routes, keys, load, purges]) part.close()
      await Promise.all([limits.close(), counts?.close()])
    },
  }
}

const tellLoad =
  (log: Log) =>
  (isOverloaded: boolean, refused: number): void =>
    isOverloaded
      ? log.warn('this process has more to do than it can: it refuses what would wait too long')
      : log.info({ refused }, 'this process is no longer overloaded')

type PageOptions = GatewayOptions & { telemetry: Telemetry }

const ownPages = (
  { config, analytics, pingRedis, readiness, log, telemetry, version }: PageOptions,
  upstreams: () => readonly Neighbour[],
  counting: RequestLimits['counting'],
): Peer => {
  const service = createService({ onFault: logFault(log) })
  addHealthRoutes(service, measurePeers({ config, analytics, upstreams, pingRedis, counting }), readiness)
  addMetricsRoute(service, telemetry)
  let document: object | undefined
  const publicForAWhile = { 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' }
  service.get('/openapi.json', async () => {
    // Loaded and made when first asked for: it would delay every start.
    document ??= (await import('../../../contract/openapi.ts')).openApiDocument(version)
    return jsonResponse(document, { headers: publicForAWhile })
  })
  service.get('/docs', () => docsPage())
  service.get('/docs/:asset', async (c) => (await docsAsset(c.req.param('asset'))) ?? c.notFound())
  return (request) => service.fetch(request)
}
