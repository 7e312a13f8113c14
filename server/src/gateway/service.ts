import { openApiDocument } from '../../../contract/openapi.ts'
import { addHealthRoutes } from '../platform/health/health-routes.ts'
import type { Readiness } from '../platform/health/readiness.ts'
import { jsonResponse } from '../platform/http/answers.ts'
import { logFault, pathOf } from '../platform/http/observe.ts'
import { createService } from '../platform/http/service.ts'
import type { Log } from '../platform/log/open-log.ts'
import type { Peer } from '../platform/peers/peer.ts'
import { type AccessSettings, createGuard } from './access/guard.ts'
import { publicPort } from './access/public-port.ts'
import { docsAsset, docsPage } from './docs-page.ts'
import { measurePeers, type Neighbour } from './measure-peers.ts'
import { openRoutes } from './routes/open-routes.ts'
import { ownRoutes, pagesRoute } from './routes/own-routes.ts'
import type { Route } from './routes/route.ts'

interface GatewayOptions {
  config: Peer
  analytics: Peer
  /** Services in other processes, by their names, for /health. */
  neighbours?: () => readonly Neighbour[]
  /** Routes beside our own. */
  routesFile?: string | undefined
  readiness: Readiness
  log: Log
  version: string
  settings: AccessSettings
}

export interface Gateway {
  fetch: Peer
  /** The same without what is for operators. */
  publicFetch: Peer
  /** Closes what the routes file led to. */
  close(): void
}

/**
 * What faces the internet: sends each address to what answers it, and answers a few pages itself. Throws RoutesProblem when the
 * routes file is wrong.
 */
export const createGateway = (options: GatewayOptions): Gateway => {
  const { config, analytics, routesFile, readiness, log } = options
  const upstreams = (): Neighbour[] => [...(options.neighbours?.() ?? []), ...routes.upstreams()]
  const pages = ownPages(options, upstreams)
  const guard = createGuard(options.settings)
  const own = ownRoutes({ config, management: guard.boundAttempts(config), analytics, pages })
  const routes = openRoutes({ own, fallback: pagesRoute(pages, ''), path: routesFile, log })
  readiness.onStop(routes.drain)
  const fetch: Peer = (request) => {
    const path = pathOf(request.url)
    guard.admit(request, path)
    return forward(request, routes.match(path))
  }
  return { fetch, publicFetch: publicPort(fetch, guard), close: routes.close }
}

/** What goes wrong is told as the route's clients read it. A synchronous answer stays so. */
const forward = (request: Request, { peer, problemOf }: Route): Response | Promise<Response> => {
  try {
    const answer = peer(request)
    if (!(answer instanceof Promise)) return answer
    return answer.catch((error) => {
      throw problemOf(error)
    })
  } catch (error) {
    throw problemOf(error)
  }
}

const ownPages = (
  { config, analytics, readiness, log, version }: GatewayOptions,
  upstreams: () => readonly Neighbour[],
): Peer => {
  const service = createService({ onFault: logFault(log) })
  addHealthRoutes(service, measurePeers({ config, analytics, upstreams }), readiness)
  let document: ReturnType<typeof openApiDocument> | undefined
  const publicForAWhile = { 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' }
  service.get('/openapi.json', () => {
    // Made when first asked for: it would delay every start.
    document ??= openApiDocument(version)
    return jsonResponse(document, { headers: publicForAWhile })
  })
  service.get('/docs', () => docsPage())
  service.get('/docs/:asset', async (c) => (await docsAsset(c.req.param('asset'))) ?? c.notFound())
  return (request) => service.fetch(request)
}
