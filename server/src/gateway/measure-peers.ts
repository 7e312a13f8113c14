import { type Dependency, type Health, health, type UpstreamHealth } from '../../../contract/health.ts'
import { keepForASecond, notConfigured, watchDependency } from '../platform/health/measure-health.ts'
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

/**
 * The health of the whole as the gateway sees it: the stores as the services report them, and under `external_apis` the
 * services themselves, every upstream and the CDNs. Without the config service nothing can be served: down; without analytics:
 * degraded.
 */
export const measurePeers = ({
  config,
  analytics,
  upstreams,
}: {
  config: Peer
  analytics: Peer
  upstreams: () => readonly Neighbour[]
}): (() => Promise<Health>) => {
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
  return keepForASecond(async () => {
    const [configState, analyticsState] = await Promise.all([watchConfig(), watchAnalytics()])
    const cdns = configHealth?.services.external_apis ?? notConfigured
    const behind = upstreams().flatMap(statesOf)
    const isWhole = behind.every(({ state }) => state === 'ok')
    const status =
      configState.state === 'down' || configHealth?.status === 'down'
        ? 'down'
        : analyticsState.state === 'down' ||
            configHealth?.status === 'degraded' ||
            analyticsHealth?.status !== 'ok' ||
            !isWhole
          ? 'degraded'
          : 'ok'
    return {
      status,
      timestamp: new Date().toISOString(),
      services: {
        database: configHealth?.services.database ?? notConfigured,
        redis: configHealth?.services.redis ?? notConfigured,
        external_apis: {
          ...withUpstreams([configState, analyticsState, cdns].reduce(worseOf), isWhole),
          upstreams: behind,
        },
      },
    }
  })
}

const badness = { not_configured: 0, ok: 1, degraded: 2, down: 3 } as const
const worseOf = (a: Dependency, b: Dependency): Dependency => (badness[b.state] > badness[a.state] ? b : a)

const statesOf = ({ name, upstreams }: Neighbour): UpstreamHealth[] =>
  upstreams.map((state, index) => ({ name, upstream: index + 1, ...state }))

/** Something behind the gateway is away, but what is measured here is well. */
const withUpstreams = (services: Dependency, isWhole: boolean): Dependency =>
  isWhole ? services : worseOf(services, { ...services, state: 'degraded' })
