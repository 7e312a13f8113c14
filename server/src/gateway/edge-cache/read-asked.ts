import { contextOf } from '../../platform/http/request-context.ts'
import type { CacheQuestion } from './edge-cache.ts'
import { type Directives, parseDirectives } from './parse-directives.ts'
import type { Place } from './stored.ts'
import { normalised } from './vary.ts'

/** A GET or HEAD as the cache sees it. */
export interface Asked {
  request: Request
  question: CacheQuestion
  place: Place
  headers: Headers
  directives: Directives
  isHead: boolean
}

export const readAsked = (request: Request, question: CacheQuestion): Asked => {
  const { headers } = request
  const cacheControl = headers.get('cache-control')
  const place = placeOf(request, question)
  const directives = cacheControl === null ? pragmaOf(headers) : parseDirectives(cacheControl)
  return { request, question, headers, place, directives, isHead: request.method === 'HEAD' }
}

export const placeOf = (
  request: Request,
  { edition = '', partition = '', url = addressOf(request), search }: CacheQuestion,
): Place => {
  const fragment = url.indexOf('#')
  return { edition, partition, url: fragment < 0 ? url : url.slice(0, fragment), search }
}

/**
 * The address as the client asked for it. Upstreams are told of scheme and host as trusted proxies tell of them, and may answer
 * by that, with a redirect to https for one: so these stand in the key.
 */
const addressOf = (request: Request): string => {
  const { url } = request
  const { client } = contextOf(request)
  if (client?.proto === undefined && client?.host === undefined) return url
  const begin = url.indexOf('://')
  const end = url.indexOf('/', begin + 3)
  const { proto = url.slice(0, begin), host = url.slice(begin + 3, end) } = client
  return `${proto}://${host.toLowerCase()}${url.slice(end)}`
}

const noCache: Directives = new Map([['no-cache', true]])
const nothing: Directives = new Map()

/** Pragma counts where there is no Cache-Control (RFC 9111 §5.4). */
const pragmaOf = (headers: Headers): Directives => {
  const pragma = headers.get('pragma')
  return pragma !== null && parseDirectives(pragma).has('no-cache') ? noCache : nothing
}

/** Requests of the same key are likely to get the same answer, so they may wait for one exchange. */
export const flightKey = ({ place, headers }: Asked): string =>
  `${place.edition} ${place.partition} ${place.url} ${normalised('accept-encoding', headers.get('accept-encoding'))}`

/** These are for the origin alone to judge (RFC 9111 §4.3.2). */
export const isForOrigin = (headers: Headers): boolean =>
  headers.has('if-match') || headers.has('if-unmodified-since')

/** Backends may take these for the method, the path or the host: their answers are not those of the address that was asked for. */
const steering = [
  ...['x-http-method-override', 'x-http-method', 'x-method-override'],
  ...['x-original-url', 'x-rewrite-url', 'x-host', 'x-original-host'],
]

export const isSteered = ({ headers }: Pick<Asked, 'headers'>): boolean =>
  steering.some((name) => headers.has(name))

/** Asked on behalf of somebody whom no partition stands for (RFC 9111 §3.5). */
export const isPersonal = ({ headers, place }: Pick<Asked, 'headers' | 'place'>): boolean =>
  place.partition === '' && (headers.has('authorization') || headers.has('x-api-key'))
