import { type Dependency, type Health, health, type UpstreamHealth } from '../../../contract/health.ts'
import {
  type Check,
  keepForASecond,
  notConfigured,
  watchDependency,
} from '../platform/health/measure-health.ts'
import type { UpstreamState } from '../platform/peers/http-peer.ts'
import type { Peer } from '../platform/peers/peer.ts'

/** More than a service takes to find out that its stores are silent. */
const answersWithinMs = 1_500

/** What is reached over HTTP, and the state of each of its upstreams. */
export interface Neighbour {
  name: string
  upstreams: readonly UpstreamState[]
}

const askHealth = async (peer: Peer): Promise<Health> => {
  const response = await peer(
    new Request('http://peer/health', { signal: AbortSignal.timeout(answersWithinMs) }),
  )
  return health.parse(await response.json())
}

interface PeersOptions {
  config: Peer
  analytics: Peer
  upstreams: () => readonly Neighbour[]
  /** Asks the Redis of this process, where the config service does not tell of the same. */
  pingRedis?: Check | undefined
  /** How rate limits are counted now, where that depends on Redis. */
  counting?: () => Health['services']['redis']['limits']
}

/**
 * The health of the whole as the gateway sees it: the stores as the services report them, Redis also as this process reaches it,
 * and under `external_apis` the services themselves, every upstream and the CDNs. Without the config service nothing can be
 * served: down; without analytics or Redis: degraded.
 */
export const measurePeers = ({
  config,
  analytics,
  upstreams,
  pingRedis,
  counting,
}: PeersOptions): (() => Promise<Health>) => {
  let configHealth: Health | undefined
  let analyticsHealth: Health | undefined
  const watchConfig = watchDependency(async () => {
    configHealth = undefined
    configHealth = await askHealth(config)
  }, answersWithinMs)
  const watchAnalytics = watchDependency(async () => {
    analyticsHealth = undefined
    analyticsHealth = await askHealth(analytics)
  }, answersWithinMs)
  const watchRedis = watchDependency(pingRedis)
  return keepForASecond(async () => {
    const [configState, analyticsState, redisState] = await Promise.all([
      watchConfig(),
      watchAnalytics(),
      watchRedis(),
    ])
    const cdns = configHealth?.services.external_apis ?? notConfigured
    const behind = upstreams().flatMap(statesOf)
    const isWhole = behind.every(({ state }) => state === 'ok')
    const isDown = configState.state === 'down' || configHealth?.status === 'down'
    const isOk = configHealth?.status === 'ok' && analyticsHealth?.status === 'ok'
    return {
      status: isDown ? 'down' : isOk && isWhole && redisState.state !== 'down' ? 'ok' : 'degraded',
      timestamp: new Date().toISOString(),
      services: {
        database: configHealth?.services.database ?? notConfigured,
        redis: {
          ...worseOf(redisState, configHealth?.services.redis ?? notConfigured),
          limits: counting?.(),
        },
        external_apis: {
          ...withUpstreams([configState, analyticsState, cdns].reduce(worseOf), isWhole),
          upstreams: behind,
        },
      },
    }
  })
}

const badness = { not_configured: 0, ok: 1, degraded: 2, down: 3 } as const
/** Of two that are as bad the one that says why. */
const worseOf = (a: Dependency, b: Dependency): Dependency => {
  const difference = badness[b.state] - badness[a.state]
  return difference > 0 || (difference === 0 && a.lastError === null) ? b : a
}

const statesOf = ({ name, upstreams }: Neighbour): UpstreamHealth[] =>
  upstreams.map((state, index) => ({ name, upstream: index + 1, ...state }))

/** Something behind the gateway is away, but what is measured here is well. */
const withUpstreams = (services: Dependency, isWhole: boolean): Dependency =>
  isWhole ? services : worseOf(services, { ...services, state: 'degraded' })
