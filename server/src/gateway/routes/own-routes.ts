import { readableProblem } from '../../platform/http/cors.ts'
import { evaluationProblem } from '../../platform/http/evaluation-problem.ts'
import { toProblem } from '../../platform/http/problem-response.ts'
import type { Peer } from '../../platform/peers/peer.ts'
import { shedLoad } from '../upstreams/shed-load.ts'
import type { Route } from './route.ts'

/** What a routes file cannot take over: our addresses, and those that were kept for us. */
export const ownPrefixes = [
  '/v1',
  '/v2',
  '/beta',
  '/manage',
  '/health',
  '/livez',
  '/readyz',
  '/metrics',
  '/openapi.json',
  '/docs',
  '/console',
  // What services ask each other: from the outside it is not there.
  '/internal',
] as const

/** Requests to the analytics service at a time: if it is slow, they must not take what config reads need. */
const analyticsUnderWay = 1_000

/** Reads at a time that another process answers for this one; between the two it is what that process can do. */
const readsUnderWay = { most: 2_000, least: 400 }

/** Where the addresses of Parasol itself go; `pages` answers all that no service does, if only with 404. */
export const ownRoutes = ({
  config,
  management,
  analytics,
  numbers,
  pages,
  isApart,
}: {
  config: Peer
  /** It is in another process: what it answers is worth keeping here. */
  isApart: boolean
  /** The config service for operators. */
  management: Peer
  analytics: Peer
  /** The analytics service for operators. */
  numbers: Peer
  pages: Peer
}): readonly Route[] => {
  const own = {
    auth: 'service',
    isCached: false,
    edition: '',
    isOfApps: false,
    maxBodyBytes: undefined,
  } as const
  // In this process there is no queue but that of the process itself.
  const reads = isApart ? shedLoad({ name: 'config', ...readsUnderWay }, config) : config
  const evaluations = (prefix: string): Route => ({
    ...own,
    ...{ name: 'ofrep', prefix: '', policy: 'openfeature', isOfApps: true, peer: reads },
    template: `${prefix}/{appId}/ofrep/v1/evaluate/flags`,
    problemOf: (error) => evaluationProblem(error, null),
  })
  // Pages of any origin ask these: they may read also that a service does not answer.
  const operators = (name: string, prefix: string, peer: Peer): Route => ({
    ...{ ...own, name, prefix, template: `${prefix}/*`, policy: 'management', peer, problemOf: toProblem },
  })
  const configs = (name: string, prefix: string): Route => ({
    ...{ ...own, name, prefix, template: `${prefix}/{appId}`, policy: 'config' },
    below: `${prefix}/{appId}/*`,
    ...{ isCached: isApart, isOfApps: true, peer: reads, problemOf: readableProblem },
  })
  const evaluated = (name: string, prefix: string): Route => ({
    ...configs(name, prefix),
    evaluations: evaluations(prefix),
  })
  return [
    configs('config-v1', '/v1/api/config'),
    evaluated('config-v2', '/v2/api/config'),
    evaluated('config-beta', '/beta/api/config'),
    {
      ...{ ...own, name: 'analytics', prefix: '/v1/api/analytics', policy: 'analytics', isOfApps: true },
      ...{ template: '/v1/api/analytics/*', problemOf: readableProblem },
      peer: shedLoad({ name: 'analytics', most: analyticsUnderWay }, analytics),
    },
    ...['analytics', 'alerts'].map((resource) =>
      operators(`manage-${resource}`, `/manage/v1/${resource}`, numbers),
    ),
    operators('manage', '/manage/v1', management),
    ...ownPrefixes.map((prefix) => pagesRoute(pages, prefix)),
  ]
}

/** A class that no limit counts: what watches over this process must not be kept from it. */
export const healthPolicy = 'health'
const probes: readonly string[] = ['/health', '/livez', '/readyz']
/** Below the others there is nothing of the gateway's own. */
const isOwnPage = (prefix: string): boolean =>
  probes.includes(prefix) || ['/metrics', '/openapi.json', '/docs'].includes(prefix)

/** What the gateway answers itself. */
export const pagesRoute = (pages: Peer, prefix: string): Route => ({
  ...{
    name: 'pages',
    prefix,
    template: isOwnPage(prefix) ? prefix : undefined,
    policy: probes.includes(prefix) ? healthPolicy : 'pages',
    auth: 'none',
    isCached: false,
    edition: '',
    isOfApps: false,
    maxBodyBytes: undefined,
  },
  ...{ peer: pages, problemOf: toProblem },
})
