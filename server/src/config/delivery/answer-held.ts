import { matchesTag, parseHttpDate } from '../../platform/http/conditional.ts'
import { answerPrepared, hitInMemory } from '../../platform/http/prepared-answer.ts'
import { contextOf, takeRequestId } from '../../platform/http/request-context.ts'
import { type Labels, refusalOf } from './admit.ts'
import { acceptedCodings } from './encodings.ts'
import { evaluate, recall } from './evaluate.ts'
import type { FoundHeld } from './find-held.ts'
import { forOrigin } from './for-origin.ts'
import {
  buildVariants,
  type Form,
  headersFor,
  type Keeping,
  readyVariant,
  unchangedAs,
  type Variant,
} from './form.ts'
import type { Held, HeldReleases } from './held-releases.ts'
import type { DeliveryRules, PreparedRelease } from './prepare.ts'
import type { Source } from './read-release.ts'
import { gone, refuse } from './refusals.ts'
import type { Freshness } from './staleness.ts'
import type { Load } from './watch-load.ts'

export interface AnswerOptions {
  held: HeldReleases
  freshness: Freshness
  rules: DeliveryRules
  load: Load
}

/** How a request is to be answered, whatever app it asks for. */
export interface Reading {
  channel: string
  /** What the device tells, where the answer depends on it; undefined: as /v1. */
  query: string | undefined
  /** Recognised by a key, so that another client may get something else at this address. */
  isKeyed: boolean
  /** The labels that the key is limited to. */
  labels?: Labels | null
  /** It has waited for a change, so its answer is true at this moment alone. */
  hasWaited?: boolean
  /** The revision that the address names: an answer of just that one may be kept for a year. */
  revision?: number
}

/** Whether no cache may keep a refusal. */
export const isPrivate = ({ isKeyed, hasWaited }: Reading): boolean => isKeyed || hasWaited === true

/** Answers from what is held: at once, without a promise, unless a coding must be built first. Throws 400. */
export const answerHeld = (
  options: AnswerOptions,
  request: Request,
  { key, held, source }: FoundHeld,
  reading: Reading,
): Response | Promise<Response> => {
  if (held.state === 'archived') return refuse(request, gone(key), isPrivate(reading))
  const refusal = refusalOf(held.release, reading)
  if (refusal) return refuse(request, refusal, true)
  const form = formFor(options, request, held.release, reading)
  const status = cacheStatus(options.freshness, held, source)
  return answerForm(options, request, { key, release: held.release, form, status }, reading)
}

/** Answers a query that was answered before, written just so; null for any other. */
export const answerRecalled = (
  options: AnswerOptions,
  request: Request,
  { key, held, source }: FoundHeld,
  reading: Reading & { query: string },
): Response | Promise<Response> | null => {
  if (held.state === 'archived' || refusalOf(held.release, reading)) return null
  const { rules, load, freshness } = options
  const { release } = held
  const asked = { query: reading.query, country: countryOf(request, release, rules) }
  const form = recall(release, asked, { rules, pollFactor: load.pollFactor() })
  if (!form) return null
  const status = cacheStatus(freshness, held, source)
  return answerForm(options, request, { key, release, form, status }, reading)
}

/** What is to be sent. */
interface Chosen {
  key: string
  release: PreparedRelease
  form: Form
  /** Cache-Status. */
  status: string
}

/** Answers with a form, in the best coding for the client. */
export const answerForm = (
  options: AnswerOptions,
  request: Request,
  chosen: Chosen,
  reading: Reading,
): Response | Promise<Response> => {
  const { form } = chosen
  const accepted = acceptedCodings(request.headers.get('accept-encoding'))
  const variant = readyVariant(form, accepted)
  if (variant) return answer(options, request, chosen, variant, reading)
  return buildVariants(form, accepted).then(() => {
    const built = readyVariant(form, accepted) ?? form.variants.identity
    return answer(options, request, chosen, built, reading)
  })
}

/** What this request gets of a release. Throws 400. */
export const formFor = (
  { rules, load }: Pick<AnswerOptions, 'rules' | 'load'>,
  request: Request,
  release: PreparedRelease,
  { query }: Reading,
): Form => {
  if (query === undefined) return release.plain
  const country = countryOf(request, release, rules)
  return evaluate(release, { query, country }, { rules, pollFactor: load.pollFactor() })
}

const countryPattern = /^[A-Za-z]{2}$/

/** The country that a CDN tells, where it matters and is believed. */
export const countryOf = (
  request: Request,
  { varies }: PreparedRelease,
  { countryHeader }: DeliveryRules,
): string | null => {
  if (countryHeader === undefined || !varies.includes('country')) return null
  const country = request.headers.get(countryHeader)
  return country !== null && countryPattern.test(country) ? country.toUpperCase() : null
}

/** RFC 9211. A negative ttl says that the config could not be compared with the database for so many seconds. */
export const cacheStatus = (freshness: Freshness, held: Held, source: Source): string => {
  if (source === 'database') return 'parasol; fwd=uri-miss; stored; detail=database'
  const stale = freshness.staleSeconds() || (held.unverified ? 1 : 0)
  if (stale === 0 && source === 'memory') return hitInMemory
  return stale > 0 ? `parasol; hit; ttl=-${stale}; detail=${source}` : `parasol; hit; detail=${source}`
}

/** The same in a word, for metrics. */
const cacheState = (status: string): string => {
  if (status === hitInMemory) return 'hit'
  if (status.includes('fwd=')) return 'miss'
  return status.includes('ttl=-') ? 'stale' : 'hit'
}

const answer = (
  options: AnswerOptions,
  request: Request,
  chosen: Chosen,
  variant: Variant,
  reading: Reading,
): Response => {
  const { key, release, form, status } = chosen
  const keeping = keepingOf(form, reading)
  const unchanged = findUnchanged(request.headers, chosen, variant, keeping, reading)
  const headers = headersFor(form, variant, keeping)
  const forAll = unchanged ? unchangedAs(form, headers, unchanged, keeping) : headers.full
  const { origins } = release
  const sent = origins ? forOrigin(form, forAll, origins, request.headers.get('origin')) : forAll
  weighAgain(options, key, release)
  contextOf(request).cacheState ??= cacheState(status)
  const changing = { 'cache-status': status, 'x-request-id': takeRequestId(request) }
  if (unchanged) return answerPrepared(304, null, sent, changing)
  return answerPrepared(200, request.method === 'HEAD' ? null : variant.body, sent, changing)
}

/** Lets the bound on memory count what was made of a release since it was weighed. */
export const weighAgain = (
  { held }: Pick<AnswerOptions, 'held'>,
  key: string,
  { weight }: PreparedRelease,
): void => {
  if (!weight.isHeavier) return
  weight.isHeavier = false
  held.weigh(key)
}

const keepingOf = (form: Form, { isKeyed, hasWaited, revision }: Reading): Keeping => {
  if (hasWaited) return 'none'
  const isExact = revision === form.revision && !form.isPassing
  if (!isExact) return isKeyed ? 'keyed' : 'shared'
  return isKeyed ? 'keyedExact' : 'exact'
}

const isForAYear = (keeping: Keeping): boolean => keeping === 'exact' || keeping === 'keyedExact'

/**
 * The variant the client holds already, where that is what it would get (RFC 9110 §13.2.2: If-None-Match goes first, and
 * If-Modified-Since counts only without it). A tag of another coding, or of a sibling, counts too where it was built: the server
 * chooses the representation, and it may choose the one the client has.
 */
const findUnchanged = (
  headers: Headers,
  { release, form }: Chosen,
  variant: Variant,
  keeping: Keeping,
  reading: Reading,
): Variant | undefined => {
  const tags = headers.get('if-none-match')
  if (tags !== null) {
    if (matchesTag(tags, variant.etag)) return variant
    // What was told under load is not to be kept for a year by a 304 that comes later.
    const siblings = isForAYear(keeping) ? [] : (form.siblings?.() ?? [])
    const accepted = acceptedCodings(headers.get('accept-encoding'))
    for (const one of [form, ...siblings]) {
      for (const coding of accepted) {
        const other = one.variants[coding]
        if (other && matchesTag(tags, other.etag)) return other
      }
    }
    return undefined
  }
  // What a rollout or a key gives may be older than what it takes the place of: only tags tell there.
  if (reading.query !== undefined || reading.isKeyed) return undefined
  // Who may read it may have changed since, and with it the headers that are kept with an answer.
  if (release.origins) return undefined
  const since = headers.get('if-modified-since')
  if (since === null || release.sharesSecond) return undefined
  const seconds = parseHttpDate(since)
  return seconds !== null && seconds >= release.lastModifiedSeconds ? variant : undefined
}
