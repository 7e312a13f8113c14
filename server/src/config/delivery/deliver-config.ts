import { appId as appIdSchema } from '../../../../contract/fields.ts'
import { Problem } from '../../../../contract/problems.ts'
import { corsHeaders } from '../../platform/http/cors.ts'
import { answerPrepared, hitInMemory } from '../../platform/http/prepared-answer.ts'
import { problemResponse } from '../../platform/http/problem-response.ts'
import { takeRequestId } from '../../platform/http/request-context.ts'
import { methodNotAllowed } from '../../platform/http/service.ts'
import { matchesTag, parseHttpDate } from './conditional.ts'
import { acceptedCodings } from './encodings.ts'
import type { Absence, Held, HeldReleases } from './held-releases.ts'
import {
  buildVariants,
  type CachingRules,
  type PreparedRelease,
  readyVariant,
  type Variant,
} from './prepare.ts'
import type { ReadReleases, Source } from './read-release.ts'
import type { Freshness } from './staleness.ts'

export interface DeliveryOptions {
  held: HeldReleases
  releases: ReadReleases
  freshness: Freshness
  rules: CachingRules
}

const prefix = '/v1/api/config/'
const allow = 'GET, HEAD, OPTIONS'

/**
 * `GET` and `HEAD /v1/api/config/{appId}`: null for any other path. What is in memory is answered at once, without a
 * promise; all else goes through the levels of DESIGN §6.
 */
export const createDelivery =
  (options: DeliveryOptions) =>
  (request: Request, path: string): Response | Promise<Response> | null => {
    if (!path.startsWith(prefix)) return null
    const appId = path.slice(prefix.length)
    if (appId.includes('/')) return null
    if (request.method !== 'GET' && request.method !== 'HEAD') return otherMethod(request)
    const held = options.held.get(appId)
    if (held) return answerHeld(options, request, appId, held, 'memory')
    return deliverCold(options, request, appId)
  }

const deliverCold = async (options: DeliveryOptions, request: Request, appId: string): Promise<Response> => {
  if (!appIdSchema.safeParse(appId).success) return refuse(request, invalidAppId(appId))
  const absence = options.held.absence(appId)
  if (absence) return refuse(request, absent(appId, absence))
  try {
    const found = await options.releases.read(appId, 'stable')
    if (found.state === 'absent') return refuse(request, absent(appId, found.why))
    return await answerHeld(options, request, appId, found.held, found.source)
  } catch (error) {
    if (error instanceof Problem) return refuse(request, error)
    throw error
  }
}

const answerHeld = (
  options: DeliveryOptions,
  request: Request,
  appId: string,
  held: Held,
  source: Source,
): Response | Promise<Response> => {
  if (held.state === 'archived') return refuse(request, gone(appId))
  const accepted = acceptedCodings(request.headers.get('accept-encoding'))
  const status = cacheStatus(options.freshness, held, source)
  const variant = readyVariant(held.release, accepted)
  if (variant) return answer(request, held.release, variant, status)
  return buildVariants(held.release, accepted, options.rules).then(() => {
    options.held.weigh(appId)
    const built = readyVariant(held.release, accepted) ?? held.release.variants.identity
    return built
      ? answer(request, held.release, built, status)
      : refuse(request, new Problem('internal_error'))
  })
}

/** RFC 9211. A negative ttl says that the config could not be compared with the database for so many seconds. */
const cacheStatus = (freshness: Freshness, held: Held, source: Source): string => {
  if (source === 'database') return 'parasol; fwd=uri-miss; stored; detail=database'
  const stale = freshness.staleSeconds() || (held.unverified ? 1 : 0)
  if (stale === 0 && source === 'memory') return hitInMemory
  return stale > 0 ? `parasol; hit; ttl=-${stale}; detail=${source}` : `parasol; hit; detail=${source}`
}

const answer = (
  request: Request,
  release: PreparedRelease,
  variant: Variant,
  cacheStatus: string,
): Response => {
  const changing = { 'cache-status': cacheStatus, 'x-request-id': takeRequestId(request) }
  const unchanged = findUnchanged(request.headers, release, variant)
  if (unchanged) return answerPrepared(304, null, unchanged.unchanged, changing)
  return answerPrepared(200, request.method === 'HEAD' ? null : variant.body, variant.full, changing)
}

/**
 * The variant the client holds already, where that is the current release (RFC 9110 §13.2.2: If-None-Match goes first, and
 * If-Modified-Since counts only without it). A tag of another coding that was built counts too: the server chooses the
 * representation, and it may choose the one the client has.
 */
const findUnchanged = (headers: Headers, release: PreparedRelease, variant: Variant): Variant | undefined => {
  const tags = headers.get('if-none-match')
  if (tags !== null) {
    if (matchesTag(tags, variant.etag)) return variant
    const accepted = acceptedCodings(headers.get('accept-encoding'))
    for (const coding of accepted) {
      const other = release.variants[coding]
      if (other && matchesTag(tags, other.etag)) return other
    }
    return undefined
  }
  const since = headers.get('if-modified-since')
  if (since === null || release.facts.sharesSecond) return undefined
  const seconds = parseHttpDate(since)
  return seconds !== null && seconds >= release.lastModifiedSeconds ? variant : undefined
}

/** Also a refusal may be read by a page of another origin. */
const refuse = (request: Request, problem: Problem): Response =>
  problemResponse(
    new Problem(problem.code, {
      detail: problem.message,
      headers: { ...corsHeaders, ...problem.headers },
      cause: problem.cause,
      ...(problem.errors && { errors: problem.errors }),
    }),
    request,
  )

/** Short, so that an app that appears is soon seen, yet a crowd of wrong ids stays at the CDN. */
const shortCache = (seconds: number) => ({ 'cache-control': `public, max-age=${seconds}` })

const absent = (appId: string, why: Absence): Problem =>
  why === 'unknown'
    ? new Problem('app_not_found', {
        detail: `There is no app ${appId}; check the appId.`,
        headers: shortCache(10),
      })
    : new Problem('config_not_released', {
        detail: `The app ${appId} has no release on the channel stable yet.`,
        headers: shortCache(10),
      })

const gone = (appId: string): Problem =>
  new Problem('config_gone', {
    detail: `The app ${appId} is archived. Keep the last config you have.`,
    headers: { ...shortCache(60), 'cache-tag': `app-${appId}`, 'surrogate-key': `app-${appId}` },
  })

const invalidAppId = (appId: string): Problem => {
  const detail = `${appId.slice(0, 200)} is no appId: 1 to 128 of A-Z a-z 0-9 . _ - with a letter or digit first.`
  return new Problem('invalid_parameter', {
    detail,
    errors: [{ code: 'invalid_parameter', parameter: 'appId', detail }],
    headers: shortCache(10),
  })
}

const otherMethod = (request: Request): Response => {
  if (request.method !== 'OPTIONS') return refuse(request, methodNotAllowed(request.method, { allow }))
  const preflight = request.headers.has('access-control-request-method')
  return new Response(null, {
    status: 204,
    headers: {
      allow,
      ...corsHeaders,
      ...(preflight && {
        'access-control-allow-methods': allow,
        'access-control-allow-headers':
          'Authorization, Content-Type, If-None-Match, If-Modified-Since, X-API-Key, X-Request-Id, traceparent',
        'access-control-max-age': '86400',
        vary: 'Access-Control-Request-Method, Access-Control-Request-Headers',
      }),
    },
  })
}
