import { openApiDocument } from '../../../contract/openapi.ts'
import { addHealthRoutes } from '../platform/health/health-routes.ts'
import type { Readiness } from '../platform/health/readiness.ts'
import { jsonResponse } from '../platform/http/answers.ts'
import { readableProblem } from '../platform/http/cors.ts'
import { evaluationProblem } from '../platform/http/evaluation-problem.ts'
import { logFault, pathOf } from '../platform/http/observe.ts'
import { createService } from '../platform/http/service.ts'
import type { Log } from '../platform/log/open-log.ts'
import type { Peer } from '../platform/peers/peer.ts'
import { docsAsset, docsPage } from './docs-page.ts'
import { measurePeers } from './measure-peers.ts'

interface GatewayOptions {
  config: Peer
  analytics: Peer
  readiness: Readiness
  log: Log
  version: string
}

/** What faces the internet: sends each address to the service that answers it, and answers a few pages itself. */
export const createGateway = (options: GatewayOptions): { fetch: Peer } => {
  const { config, analytics } = options
  /** Where requests go, by the beginning of their path; the first that fits. */
  const routes: readonly (readonly [prefix: string, peer: Peer])[] = [
    ['/v1/api/config/', forPages(config)],
    ['/v2/api/config/', forPages(config)],
    ['/beta/api/config/', forPages(config)],
    ['/v1/api/analytics/', forPages(analytics)],
    ['/manage/v1/', config],
  ]
  const own = ownPages(options)
  return {
    fetch(request) {
      const path = pathOf(request.url)
      for (const [prefix, peer] of routes) if (path.startsWith(prefix)) return peer(request)
      return own(request)
    },
  }
}

/** Pages of any origin ask these: they may read also that a service does not answer. A synchronous answer stays so. */
const forPages =
  (peer: Peer): Peer =>
  (request) => {
    const answer = peer(request)
    if (!(answer instanceof Promise)) return answer
    return answer.catch((error) => {
      throw isEvaluation(request) ? evaluationProblem(error, null) : readableProblem(error)
    })
  }

/** Whether a client of OpenFeature asks, by the addresses of OFREP. */
const isEvaluation = ({ url }: Request): boolean => pathOf(url).includes('/ofrep/v1/')

const ownPages = ({ config, analytics, readiness, log, version }: GatewayOptions): Peer => {
  const service = createService({ onFault: logFault(log) })
  addHealthRoutes(service, measurePeers({ config, analytics }), readiness)
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
