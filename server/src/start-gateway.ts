import { heldOpenMs } from '../../contract/live.ts'
import { RoutesProblem } from './gateway/routes/read-routes.ts'
import { createGateway, type Gateway } from './gateway/service.ts'
import { type HttpPeer, httpPeer } from './platform/peers/http-peer.ts'
import type { Peer } from './platform/peers/peer.ts'
import { SettingsProblem } from './settings.ts'
import type { Process } from './start-config.ts'
import { version } from './version.ts'

const peerTimeoutMs = 10_000
const readinessMs = 1_000

/** The services that run in this process; the settings have made sure that there is a URL of each other one. */
interface Services {
  config: Peer | undefined
  analytics: Peer | undefined
}

/** Opens the gateway before the services of this process and of others. Throws SettingsProblem when the routes file is wrong. */
export const startGateway = (started: Process, { config, analytics }: Services): Gateway => {
  const { settings, closers } = started
  const neighbours: { name: string; upstreams: HttpPeer['upstreams'] }[] = []
  const remote = (name: string, urls = ''): Peer => {
    const { peer, drain, close, upstreams } = httpPeer({
      ...{ name, baseUrl: urls, timeoutMs: peerTimeoutMs, heldOpenMs },
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
  const gateway = inWords(settings.routesFile, () =>
    createGateway({
      ...started,
      config: config ?? remote('config', settings.configUrl),
      analytics: analytics ?? remote('analytics', settings.analyticsUrl),
      neighbours: () => neighbours.map(({ name, upstreams }) => ({ name, upstreams: upstreams() })),
      routesFile: settings.routesFile,
      version,
    }),
  )
  closers.add('routes', gateway.close)
  return gateway
}

/** A wrong routes file is a mistake of the operator's, as a wrong setting is, and told like one. */
const inWords = <Result>(path: string | undefined, open: () => Result): Result => {
  try {
    return open()
  } catch (error) {
    if (!(error instanceof RoutesProblem)) throw error
    throw new SettingsProblem(error.problems.map((problem) => `${path}: ${problem}`))
  }
}
