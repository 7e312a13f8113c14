import { heldOpenMs } from '../../../contract/live.ts'
import type { Problem } from '../../../contract/problems.ts'
import { moveRequest } from '../platform/http/derive-request.ts'
import { pathOf } from '../platform/http/observe.ts'
import { addHeader, partsOf } from '../platform/http/prepared-answer.ts'
import { toProblem } from '../platform/http/problem-response.ts'
import { readKey } from '../platform/http/read-key.ts'
import { contextOf } from '../platform/http/request-context.ts'
import { targetOf } from '../platform/http/target-of.ts'
import type { Peer } from '../platform/peers/peer.ts'
import { noteAddress, noteHeldOpen } from '../platform/telemetry/note-address.ts'
import type { Guard } from './access/guard.ts'
import { refuseOperators } from './access/refuse-operators.ts'
import { surfaceOf } from './access/surface.ts'
import { countAnswer } from './counting/count-answer.ts'
import type { Counting, Visit } from './counting/counting.ts'
import { ownField } from './edge-cache/choose-policy.ts'
import type { EdgeCache } from './edge-cache/edge-cache.ts'
import type { Purges } from './edge-cache/follow-purges.ts'
import type { CheckedKey, CheckKeys } from './keys/check-keys.ts'
import { liftKey } from './keys/key-in-address.ts'
import { keyRequired } from './keys/key-required.ts'
import type { Limited, RequestLimits } from './limits/limit-requests.ts'
import { healthPolicy } from './routes/own-routes.ts'
import { isOfConfigs, type Route } from './routes/route.ts'
import { noSearch, readSearch } from './search/read-search.ts'
import { checkRequest } from './shapes/check-request.ts'
import { overloaded } from './upstreams/shed-load.ts'
import type { OwnLoad } from './upstreams/watch-own-load.ts'

/** What a request meets on its way through the gateway, in this order. */
export interface Stations {
  guard: Guard
  routes: { match(path: string): Route }
  keys: CheckKeys
  limits: RequestLimits
  cache: EdgeCache
  counting: Counting
  load: Pick<OwnLoad, 'isTooMuch'>
  /** Whether an answer about an app is as new as what this gateway has heard of it. */
  isCurrent: Purges['isCurrent']
}

/** Of routes that say nothing else: the service behind bounds what it takes more closely. */
const maxBodyBytes = 64 * 1024 * 1024

/**
 * The way of every request: its shape, who asks, its route, its key, limits, what is stored, and at last the service itself.
 * Each station refuses by throwing a Problem. Where nothing has to be waited for, no promise is made. On a `public` port what is
 * for operators is not there. What came of it is counted.
 */
export const serveRequests =
  (stations: Stations, port: 'all' | 'public'): Peer =>
  (given) => {
    const beganAt = contextOf(given).startedAt ?? stations.counting.begin()
    let request = given
    let path = ''
    try {
      stations.guard.identify(given)
      const url = checkRequest(given, { maxBodyBytes })
      path = pathOf(url)
      request = liftKey(url === given.url ? given : moveRequest(given, url), path)
      stations.guard.admit(request, path)
      if (port === 'public') refuseOperators(path)
    } catch (error) {
      countShut(stations, request, error, beganAt)
      throw error
    }
    const route = stations.routes.match(path)
    noteAddress(contextOf(request), route, path)
    const visit = visitOf(request, route, path)
    const { counting } = stations
    try {
      if (surfaceOf(path) === 'public' && stations.load.isTooMuch()) throw overloaded('gateway')
      const answer = admit(stations, request, visit)
      if (!(answer instanceof Promise)) return countAnswer(counting, request, visit, answer, beganAt)
      return answer.then(
        (response) => countAnswer(counting, request, visit, response, beganAt),
        (error) => {
          throw toldTo(stations, request, visit, error, beganAt)
        },
      )
    } catch (error) {
      throw toldTo(stations, request, visit, error, beganAt)
    }
  }

/** Refused before it had a route: which it would have had is looked up for the count alone. */
const countShut = (
  { routes, counting }: Stations,
  request: Request,
  error: unknown,
  beganAt: number,
): void => {
  const path = pathOf(request.url)
  const visit = visitOf(request, routes.match(path), path)
  counting.count(request, visit, toProblem(error).status, undefined, beganAt)
}

/** What goes wrong, as the route's clients read it. */
const toldTo = (
  { counting }: Stations,
  request: Request,
  visit: Visit,
  error: unknown,
  beganAt: number,
): Problem => {
  const problem = visit.route.problemOf(error)
  if (problem.code === 'rate_limited')
    contextOf(request).limited = String(problem.members?.['violated-policies'])
  counting.count(request, visit, problem.status, undefined, beganAt)
  return problem
}

type Answer = Response | Promise<Response>

/** With the key that came along, once it is known what it is. */
const admit = (stations: Stations, request: Request, visit: Visit): Answer => {
  const { route } = visit
  if (route.policy === healthPolicy) return route.peer(request)
  const text = readKey(request)
  if (text === null) return limit(stations, request, visit, null)
  // Anybody can invent keys: whoever may ask for nothing more has none looked up.
  const found = stations.keys.find(text, () => stations.limits.refuseAddress(visit))
  if (!(found instanceof Promise)) return limit(stations, request, visit, found)
  return found
    .catch((error) => {
      // Where the service sees to keys itself, nobody need be refused for what we do not know.
      if (route.auth === 'key') throw error
      return null
    })
    .then((key) => {
      // It has waited since the clock was looked at.
      visit.nowMs = undefined
      return limit(stations, request, visit, key)
    })
}

const limit = (stations: Stations, request: Request, visit: Visit, key: CheckedKey | null): Answer => {
  const { route, appId, routeClass } = visit
  if (route.auth === 'key' && key === null && !isPreflight(request))
    throw keyRequired(readKey(request) !== null)
  const context = contextOf(request)
  if (appId !== undefined) context.appId = appId
  if (routeClass === 'live') noteHeldOpen(context, visit.path)
  if (key) {
    visit.keyId = context.keyId = key.keyId
    if (appId !== undefined && key.channel !== null && key.appIds?.includes(appId))
      visit.channel = key.channel
  }
  const limited = stations.limits.admit(visit)
  const pass = (headers: Limited): Answer =>
    route.isCached && routeClass !== 'live' && !isForService(request, route)
      ? keep(stations, request, route, { appId, search: visit.search, key, headers })
      : tell(route.peer(request), headers)
  return limited instanceof Promise ? limited.then(pass) : pass(limited)
}

/** What limits look at and what is counted, before anything is known of a key. */
const visitOf = (request: Request, route: Route, path: string): Visit => ({
  route,
  path,
  routeClass: isHeldOpen(request, route) ? 'live' : route.policy,
  method: request.method,
  keyId: undefined,
  appId: route.isOfApps ? appIn(path) : undefined,
  search: isOfConfigs(route) ? readSearch(request.url) : noSearch,
  channel: undefined,
  prefix: contextOf(request).client?.prefix,
  nowMs: contextOf(request).startedAt,
})

/** A browser asks by it whether it may send the key. */
const isPreflight = ({ method, headers }: Request): boolean =>
  method === 'OPTIONS' && headers.has('access-control-request-method')

/** A date does not tell states of an app apart, as our own service knows of each: it alone judges what is asked by one. */
const isForService = ({ headers }: Request, { isOfApps }: Route): boolean =>
  isOfApps && headers.has('if-modified-since') && !headers.has('if-none-match')

/** From the edge cache, or by it. */
const keep = (
  { cache, isCurrent }: Stations,
  request: Request,
  { name, peer, edition, isOfApps }: Route,
  {
    appId,
    key,
    headers,
    search,
  }: Pick<Visit, 'appId' | 'search'> & { key: CheckedKey | null; headers: Limited },
): Answer => {
  if (!isOfApps) return cache.fetch(request, { upstream: peer, headers, edition })
  return cache.fetch(request, {
    upstream: peer,
    headers,
    url: targetOf(request.url),
    search,
    partition: partitionOf(key),
    mayStore: (response) => isCurrent({ appId, channel: channelOf(key, name) }, response),
  })
}

/** A client key reads one channel of one app, as every other one for these does. Others are for their holder alone. */
const partitionOf = (key: CheckedKey | null): string =>
  key?.role === 'client' ? `${key.appIds?.[0]} ${key.channel}` : ''

const channelOf = (key: CheckedKey | null, route: string): string | undefined =>
  key?.channel ?? (route === 'config-beta' ? 'beta' : undefined)

/** As the service answers, without what it tells gateways alone. */
const tell = (answer: Answer, headers: Limited): Answer => {
  const add = (response: Response): Response => {
    const parts = partsOf(response)
    if (!parts || parts.prepared.fields[ownField] !== undefined) response.headers.delete(ownField)
    if (!headers) return response
    addHeader(response, 'ratelimit-policy', headers['ratelimit-policy'])
    addHeader(response, 'ratelimit', headers.ratelimit)
    return response
  }
  return answer instanceof Promise ? answer.then(add) : add(answer)
}

/** Streams, and reads that wait for a change. */
const isHeldOpen = ({ url }: Request, { policy }: Route): boolean =>
  policy === 'config' &&
  (url.includes('/stream') || url.includes('wait=')) &&
  heldOpenMs(targetOf(url)) !== undefined

/** The fifth part of `/v1/api/config/{appId}`; all of Parasol's own addresses of apps are built so, but those of /beta too. */
const appIn = (path: string): string | undefined => {
  const start = nthSlash(path, 4)
  if (start < 0) return undefined
  const end = path.indexOf('/', start + 1)
  const appId = end < 0 ? path.slice(start + 1) : path.slice(start + 1, end)
  return appId === '' ? undefined : appId
}

const nthSlash = (path: string, n: number): number => {
  let at = -1
  for (let seen = 0; seen < n; seen += 1) {
    at = path.indexOf('/', at + 1)
    if (at < 0) return -1
  }
  return at
}
