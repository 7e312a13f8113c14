import { heldOpenMs } from '../../contract/live.ts'
import { redisCounts } from './gateway/limits/shared-counts-redis.ts'
import type { RoutesFile } from './gateway/routes/open-routes.ts'
import { RoutesProblem } from './gateway/routes/routes-problem.ts'
import { createGateway, type Gateway } from './gateway/service.ts'
import { type HttpPeer, httpPeer } from './platform/peers/http-peer.ts'
import type { Peer } from './platform/peers/peer.ts'
import type { Redis } from './platform/redis/redis.ts'
import { SettingsProblem } from './settings.ts'
import type { Config } from './start-config.ts'
import type { Process } from './start-database.ts'
import { openChanges } from './stores.ts'
import { version } from './version.ts'

const peerTimeoutMs = 10_000
const readinessMs = 1_000

/** The services that run in this process; the settings have made sure that there is a URL of each other one. */
interface Services {
  config: Config | undefined
  analytics: Peer | undefined
  redis: Redis | undefined
}

/** Opens the gateway before the services of this process and of others. Throws SettingsProblem when the routes file is wrong. */
export const startGateway = async (
  started: Process,
  { config, analytics, redis }: Services,
): Promise<Gateway> => {
  const { settings, closers, telemetry } = started
  const { tracing } = telemetry
  const inSpan = (service: string, peer: Peer | undefined): Peer | undefined =>
    peer && tracing ? tracing.within(service, peer) : peer
  const changes = config?.changes ?? (await openChanges(started, redis))
  const neighbours: { name: string; upstreams: HttpPeer['upstreams'] }[] = []
  const remote = (name: string, urls = ''): Peer => {
    const { peer, drain, close, upstreams } = httpPeer({
      ...{ name, baseUrl: urls, timeoutMs: peerTimeoutMs, heldOpenMs, telemetry },
      // Management, health and what this gateway asks itself do not wait behind reads.
      beside: (target) => !/^\/(?:v\d|beta)\//.test(target),
      // What Parasol's own services are is for nobody to know.
      answerRules: { set: {}, strip: ['via'] },
      changed: (upstream, isHealthy) =>
        started.log.info({ service: name, upstream, isHealthy }, 'upstream changed'),
      // Where there is no other, nothing is gained by knowing.
      health: urls.includes(',') ? { path: '/readyz', intervalMs: readinessMs } : undefined,
    })
    started.readiness.onStop(drain)
    closers.add(`peer ${name}`, close)
    neighbours.push({ name, upstreams })
    return peer
  }
  const routesFile = await findRoutes(settings.routesFile)
  const gateway = inWords(settings.routesFile, () =>
    createGateway({
      ...started,
      config: inSpan('config', config?.fetch) ?? remote('config', settings.configUrl),
      isConfigApart: config === undefined,
      analytics: inSpan('analytics', analytics) ?? remote('analytics', settings.analyticsUrl),
      neighbours: () => neighbours.map(({ name, upstreams }) => ({ name, upstreams: upstreams() })),
      changes,
      routesFile,
      counts: redis && redisCounts(redis),
      pingRedis: config ? undefined : redis?.ping,
      version,
    }),
  )
  closers.add('gateway', gateway.close)
  return gateway
}

/** What reads YAML is loaded only where there is a file to read. */
const findRoutes = async (path: string | undefined): Promise<RoutesFile | undefined> =>
  path === undefined
    ? undefined
    : { path, read: (await import('./gateway/routes/read-routes.ts')).readRoutes }

/** A wrong routes file is a mistake of the operator's, as a wrong setting is, and told like one. */
const inWords = <Result>(path: string | undefined, open: () => Result): Result => {
  try {
    return open()
  } catch (error) {
    if (!(error instanceof RoutesProblem)) throw error
    throw new SettingsProblem(error.problems.map((problem) => `${path}: ${problem}`))
  }
}
