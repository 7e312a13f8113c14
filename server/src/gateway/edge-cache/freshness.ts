import { parseHttpDate } from '../../platform/http/conditional.ts'
import type { Policy } from './choose-policy.ts'
import type { Fields } from './fields.ts'
import { type Directives, parseSeconds, secondsMost, secondsOf } from './parse-directives.ts'
import { isHeuristicallyCacheable } from './status-codes.ts'

/** When an answer was asked for and when it came, in ms since 1970. */
export interface Times {
  askedMs: number
  answeredMs: number
}

/** For how long and how a stored answer may be used; times in seconds. */
export interface Terms {
  lifetime: number
  /** How old it was when it came. */
  initialAge: number
  answeredMs: number
  /** What the origin dates it. */
  date: number
  staleWhileRevalidate: number
  staleIfError: number
  /** Never without validation, even when fresh. */
  mustValidate: boolean
  /** Never when stale (must-revalidate, proxy-revalidate, s-maxage). */
  neverStale: boolean
  isImmutable: boolean
}

/** RFC 9111 §4.2 of an answer. */
export const termsOf = (status: number, headers: Fields, policy: Policy, times: Times): Terms => {
  const { directives } = policy
  const date = dateOf(headers, times.answeredMs)
  return {
    lifetime: lifetimeOf(status, headers, policy, date),
    initialAge: initialAgeOf(headers, date, times),
    answeredMs: times.answeredMs,
    date,
    staleWhileRevalidate: secondsOf(directives, 'stale-while-revalidate') ?? 0,
    staleIfError: secondsOf(directives, 'stale-if-error') ?? 0,
    mustValidate: directives.get('no-cache') === true || isPragmaOld(headers, policy),
    neverStale:
      directives.has('must-revalidate') || directives.has('proxy-revalidate') || directives.has('s-maxage'),
    isImmutable: directives.has('immutable'),
  }
}

/** The seconds since 1970 of Date, or of the moment when an answer without one came (RFC 9110 §6.6.1). */
export const dateOf = (headers: Fields, answeredMs: number): number =>
  parseHttpDate(headers.get('date') ?? '') ?? Math.floor(answeredMs / 1_000)

/** Pragma is obsolete and meant for requests; an answer that has nothing else is taken at its word. */
const isPragmaOld = (headers: Fields, { isTargeted }: Policy): boolean =>
  !isTargeted && !headers.has('cache-control') && /\bno-cache\b/i.test(headers.get('pragma') ?? '')

/** Whether an answer says itself how long it is fresh, well or badly. */
export const hasExplicitLifetime = (headers: Fields, { directives, isTargeted }: Policy): boolean =>
  directives.has('max-age') || directives.has('s-maxage') || (!isTargeted && headers.has('expires'))

/** The share of its age at which a document is taken for fresh that says nothing, and the most, in seconds. */
const heuristicShare = 0.1
const heuristicMost = 86_400

const lifetimeOf = (status: number, headers: Fields, policy: Policy, date: number): number => {
  const { directives, isTargeted } = policy
  for (const name of ['s-maxage', 'max-age']) {
    const seconds = secondsOf(directives, name)
    // What cannot be read is taken for stale (RFC 9111 §4.2.1).
    if (seconds !== undefined) return seconds ?? 0
  }
  const expires = isTargeted ? null : headers.get('expires')
  if (expires !== null) return Math.max(0, (parseHttpDate(expires) ?? 0) - date)
  if (!isHeuristicallyCacheable(status) && !directives.has('public')) return 0
  const modified = parseHttpDate(headers.get('last-modified') ?? '')
  if (modified === null || modified > date) return 0
  return Math.min(heuristicMost, Math.floor((date - modified) * heuristicShare))
}

/** RFC 9111 §4.2.3: corrected_initial_age. */
const initialAgeOf = (headers: Fields, date: number, { askedMs, answeredMs }: Times): number => {
  const apparent = Math.max(0, Math.floor(answeredMs / 1_000) - date)
  // The first of several counts, and what is no number of seconds is ignored (RFC 9111 §5.1).
  const [first = ''] = (headers.get('age') ?? '').split(',')
  const delay = Math.max(0, (answeredMs - askedMs) / 1_000)
  return Math.min(secondsMost, Math.max(apparent, (parseSeconds(first.trim()) ?? 0) + delay))
}

/** The age of a stored answer now, in whole seconds. */
export const ageOf = ({ initialAge, answeredMs }: Terms, nowMs: number): number =>
  Math.floor(initialAge + Math.max(0, nowMs - answeredMs) / 1_000)

/** What a stored answer may be used for now, as to its age and what the client wants. */
export type Use = 'fresh' | 'stale' | 'while-revalidate' | 'validate'

const nothingAsked: Directives = new Map()

/** RFC 9111 §4.2, §4.2.4 and §5.2.1, RFC 5861 §3, RFC 8246 §2. */
export const useOf = (terms: Terms, nowMs: number, asked: Directives = nothingAsked): Use => {
  const age = ageOf(terms, nowMs)
  const isFresh = terms.lifetime > age
  if (terms.mustValidate) return 'validate'
  if (asked.size === 0) {
    if (isFresh) return 'fresh'
    return mayServeWhile(terms, age) ? 'while-revalidate' : 'validate'
  }
  if (asked.has('no-cache')) return 'validate'
  const ageMost = secondsOf(asked, 'max-age')
  const isTooOld = typeof ageMost === 'number' && age > ageMost && !(isFresh && terms.isImmutable)
  const staleMost = asked.get('max-stale') === true ? secondsMost : secondsOf(asked, 'max-stale')
  const mayBeStale = typeof staleMost === 'number' && !terms.neverStale && age - terms.lifetime <= staleMost
  if (isTooOld) return 'validate'
  const freshLeast = secondsOf(asked, 'min-fresh') ?? 0
  if (isFresh) return terms.lifetime - age >= freshLeast || mayBeStale ? 'fresh' : 'validate'
  if (mayBeStale) return 'stale'
  // Who says how old it may be, or how fresh it must be, does not wish for anything stale.
  const mindsStale = typeof ageMost === 'number' || freshLeast > 0
  return mayServeWhile(terms, age) && !mindsStale ? 'while-revalidate' : 'validate'
}

const mayServeWhile = (terms: Terms, age: number): boolean =>
  !terms.neverStale && age - terms.lifetime < terms.staleWhileRevalidate

/** Whether what is stored may stand for an error of the upstream (RFC 5861 §4); the client may allow it too. */
export const mayServeOnError = (terms: Terms, nowMs: number, asked: Directives): boolean => {
  if (terms.mustValidate || asked.has('no-cache')) return false
  const over = ageOf(terms, nowMs) - terms.lifetime
  if (over < 0) return true
  const most = Math.max(terms.staleIfError, secondsOf(asked, 'stale-if-error') ?? 0)
  return !terms.neverStale && over < most
}
