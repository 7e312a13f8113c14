import { Problem } from '../../../../contract/problems.ts'
import { answerPrepared, hitInMemory } from '../../platform/http/prepared-answer.ts'
import { takeRequestId } from '../../platform/http/request-context.ts'
import { matchesTag, parseHttpDate } from './conditional.ts'
import type { DeviceContext } from './device-context.ts'
import { acceptedCodings } from './encodings.ts'
import { evaluate } from './evaluate.ts'
import type { Held, HeldReleases } from './held-releases.ts'
import {
  buildVariants,
  type CachingRules,
  type Form,
  keyedHeaders,
  type PreparedRelease,
  readyVariant,
  type Variant,
  type VariantHeaders,
} from './prepare.ts'
import type { Source } from './read-release.ts'
import { gone, refuse } from './refusals.ts'
import type { Freshness } from './staleness.ts'

export interface AnswerOptions {
  held: HeldReleases
  freshness: Freshness
  rules: CachingRules
}

/** How a request is to be answered, whatever app it asks for. */
export interface Reading {
  channel: string
  /** What the device tells, where the answer depends on it; undefined: as /v1. */
  context: DeviceContext | undefined
  /** Recognised by a key, so that another client may get something else at this address. */
  isKeyed: boolean
}

/**
 * Answers from what is held of this app and channel (`key`): at once, without a promise, unless a coding must be built
 * first.
 */
export const answerHeld = (
  options: AnswerOptions,
  request: Request,
  key: string,
  held: Held,
  source: Source,
  reading: Reading,
): Response | Promise<Response> => {
  if (held.state === 'archived') return refuse(request, gone(key), reading.isKeyed)
  const { release } = held
  const form = formFor(options, key, release, reading.context)
  const accepted = acceptedCodings(request.headers.get('accept-encoding'))
  const status = cacheStatus(options.freshness, held, source)
  const variant = readyVariant(form, accepted)
  if (variant) return answer(options, request, key, release, form, variant, status, reading)
  return buildVariants(release, form, accepted, options.rules).then(() => {
    options.held.weigh(key)
    const built = readyVariant(form, accepted) ?? form.variants.identity
    return built
      ? answer(options, request, key, release, form, built, status, reading)
      : refuse(request, new Problem('internal_error'), reading.isKeyed)
  })
}

const formFor = (
  { held, rules }: AnswerOptions,
  key: string,
  release: PreparedRelease,
  context: DeviceContext | undefined,
): Form => {
  if (context === undefined) return release.plain
  const { bytes } = release
  const form = evaluate(release, context, rules)
  if (release.bytes !== bytes) held.weigh(key)
  return form
}

/** RFC 9211. A negative ttl says that the config could not be compared with the database for so many seconds. */
const cacheStatus = (freshness: Freshness, held: Held, source: Source): string => {
  if (source === 'database') return 'parasol; fwd=uri-miss; stored; detail=database'
  const stale = freshness.staleSeconds() || (held.unverified ? 1 : 0)
  if (stale === 0 && source === 'memory') return hitInMemory
  return stale > 0 ? `parasol; hit; ttl=-${stale}; detail=${source}` : `parasol; hit; detail=${source}`
}

const answer = (
  options: AnswerOptions,
  request: Request,
  key: string,
  release: PreparedRelease,
  form: Form,
  variant: Variant,
  cacheStatus: string,
  reading: Reading,
): Response => {
  const changing = { 'cache-status': cacheStatus, 'x-request-id': takeRequestId(request) }
  const unchanged = findUnchanged(request.headers, release, form, variant, reading)
  const headers = reading.isKeyed ? headersForKey(options, key, release, unchanged ?? variant) : undefined
  if (unchanged) return answerPrepared(304, null, (headers ?? unchanged).unchanged, changing)
  return answerPrepared(
    200,
    request.method === 'HEAD' ? null : variant.body,
    (headers ?? variant).full,
    changing,
  )
}

const headersForKey = (
  { held }: AnswerOptions,
  key: string,
  release: PreparedRelease,
  variant: Variant,
): VariantHeaders => {
  const { bytes } = release
  const headers = keyedHeaders(release, variant)
  if (release.bytes !== bytes) held.weigh(key)
  return headers
}

/**
 * The variant the client holds already, where that is what it would get (RFC 9110 §13.2.2: If-None-Match goes first, and
 * If-Modified-Since counts only without it). A tag of another coding that was built counts too: the server chooses the
 * representation, and it may choose the one the client has.
 */
const findUnchanged = (
  headers: Headers,
  release: PreparedRelease,
  form: Form,
  variant: Variant,
  reading: Reading,
): Variant | undefined => {
  const tags = headers.get('if-none-match')
  if (tags !== null) {
    if (matchesTag(tags, variant.etag)) return variant
    const accepted = acceptedCodings(headers.get('accept-encoding'))
    for (const coding of accepted) {
      const other = form.variants[coding]
      if (other && matchesTag(tags, other.etag)) return other
    }
    return undefined
  }
  // What a rollout or a key gives may be older than what it takes the place of: only tags tell there.
  if (reading.context !== undefined || reading.isKeyed) return undefined
  const since = headers.get('if-modified-since')
  if (since === null || release.sharesSecond) return undefined
  const seconds = parseHttpDate(since)
  return seconds !== null && seconds >= release.lastModifiedSeconds ? variant : undefined
}
