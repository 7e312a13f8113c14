import { Problem } from '../../../../contract/problems.ts'
import { deriveRequest } from '../../platform/http/derive-request.ts'
import { partsOf } from '../../platform/http/prepared-answer.ts'
import { contextOf } from '../../platform/http/request-context.ts'
import { answerStored } from './answer-stored.ts'
import type { Parts } from './edge-cache.ts'
import type { Flight, Landing } from './flights.ts'
import { freshen, freshenByHead } from './freshen.ts'
import { ageOf, mayServeOnError, useOf } from './freshness.ts'
import { keepAnswer } from './keep-answer.ts'
import { passOn, withCookies } from './pass-on.ts'
import { type Asked, flightKey, isForOrigin, isPersonal, isSteered } from './read-asked.ts'
import { isPassingFault } from './status-codes.ts'
import type { Stored } from './stored.ts'

/** A request to the upstream, and what it is about. */
export interface Exchange {
  asked: Asked
  /** What is stored already and could not be used as it is. */
  stored: Stored | undefined
  /** The client's conditions were kept back, so its answer is to be compared with them here. */
  isComplete: boolean
  mark: number
  askedMs: number
  /** Why the upstream was asked, for Cache-Status. */
  reason: string
  /** Ends it, with what came of it for those who wait. */
  end(landing: Landing): void
}

/** Asks the upstream on behalf of one request, and of those who come meanwhile; stores what may be stored. */
export const askUpstream = (
  parts: Parts,
  asked: Asked,
  stored: Stored | undefined,
  isRefresh = false,
): Response | Promise<Response> => {
  const { request, isComplete, isValidating } = requestFor(parts, asked, stored)
  if (isValidating) parts.counts.validations += 1
  else parts.counts.misses += 1
  contextOf(asked.request).cacheState = isComplete ? 'miss' : 'pass'
  const exchange: Exchange = {
    ...{ asked, stored: isComplete ? stored : undefined, isComplete },
    ...{ mark: parts.purges.begin(), askedMs: parts.now() },
    reason: reasonOf(parts, asked, stored),
    end: ending(parts, isComplete || isRefresh ? parts.flights.begin(flightKey(asked)) : undefined),
  }
  try {
    const answer = asked.question.upstream(request)
    if (!(answer instanceof Promise)) return settle(parts, exchange, answer, isValidating)
    return answer
      .then((response) => settle(parts, exchange, response, isValidating))
      .catch((error) => settleError(parts, exchange, error))
  } catch (error) {
    return settleError(parts, exchange, error)
  }
}

/** Brings what is stored up to date while it is being used (RFC 5861 §3); once at a time, and nobody waits for it. */
export const refresh = (parts: Parts, asked: Asked, stored: Stored): void => {
  if (parts.flights.find(flightKey(asked))) return
  const request = deriveRequest(asked.request, 'GET', unconditional)
  const own: Asked = { ...asked, request, headers: request.headers, directives: new Map(), isHead: false }
  try {
    const answer = askUpstream(parts, own, stored, true)
    if (answer instanceof Promise) answer.then(leave).catch(parts.onError)
    else leave(answer)
  } catch (error) {
    parts.onError(error)
  }
}

/** Prepared answers have no stream, and their body is not to be asked for. */
const leave = (response: Response): void => {
  if (!partsOf(response)) void response.body?.cancel().catch(() => {})
}

const unconditional = { 'if-none-match': null, 'if-modified-since': null, range: null, 'if-range': null }

/**
 * What is sent to the upstream. One that may be answered to many asks for the whole, without the client's own conditions,
 * and with those of what is stored; any other goes as it came.
 */
const requestFor = (
  { flights }: Parts,
  asked: Asked,
  stored: Stored | undefined,
): { request: Request; isComplete: boolean; isValidating: boolean } => {
  const { request, headers, isHead, directives } = asked
  const isOwn = isForOrigin(headers) || isPersonal(asked) || isSteered(asked)
  const isAlone = isHead || isOwn || directives.has('no-store')
  const asItCame = { request, isComplete: false, isValidating: false }
  if (isAlone || (!stored && (headers.has('range') || flights.isApart(flightKey(asked))))) return asItCame
  const modified = stored?.prepared.fields['last-modified']
  const validators = {
    ...(stored?.etag && { 'if-none-match': stored.etag }),
    ...(modified !== undefined && { 'if-modified-since': modified }),
  }
  const isValidating = Object.keys(validators).length > 0
  const isPlain = !headers.has('if-none-match') && !headers.has('if-modified-since') && !headers.has('range')
  if (!isValidating && isPlain) return { request, isComplete: true, isValidating }
  const derived = deriveRequest(request, 'GET', { ...unconditional, ...validators })
  return { request: derived, isComplete: true, isValidating }
}

const reasonOf = ({ store, now }: Parts, asked: Asked, stored: Stored | undefined): string => {
  if (isForOrigin(asked.headers) || isPersonal(asked) || isSteered(asked)) return 'bypass'
  if (!stored) return store.all(asked.place).length > 0 ? 'vary-miss' : 'uri-miss'
  return useOf(stored.terms, now()) === 'fresh' && asked.directives.size > 0 ? 'request' : 'stale'
}

const ending = ({ purges }: Parts, flight: Flight | undefined) => {
  let isOver = false
  return (landing: Landing): void => {
    if (isOver) return
    isOver = true
    purges.end()
    flight?.land(landing)
  }
}

const settle = (
  parts: Parts,
  exchange: Exchange,
  response: Response,
  isValidating: boolean,
): Response | Promise<Response> => {
  const { asked, stored, reason } = exchange
  const { status } = response
  const told = `${parts.name}; fwd=${reason}; fwd-status=${status}`
  if (asked.isHead) {
    if (status === 200) freshenByHead(parts, exchange, response)
    exchange.end('apart')
    return passOn(response, told, asked.question)
  }
  if (isPassingFault(status) && stored && mayServeOnError(stored.terms, parts.now(), asked.directives)) {
    leave(response)
    return insteadOf(parts, exchange, stored, 'fault', told)
  }
  if (status !== 304 || !isValidating || !stored) return keepAnswer(parts, exchange, response, told)
  const fresh = freshen(parts, exchange, stored, response)
  if (fresh) return withCookies(answerStored(asked, fresh, parts.now(), told), response)
  // It speaks of something else than what is stored: only the whole can help.
  exchange.end('lost')
  parts.store.drop(stored)
  return askUpstream(parts, asked, undefined)
}

/** Something older instead of an error (RFC 5861 §4, RFC 9111 §4.3.3). */
const insteadOf = (
  parts: Parts,
  exchange: Exchange,
  stored: Stored,
  landing: Landing,
  told: string,
): Response => {
  const nowMs = parts.now()
  exchange.end(landing)
  parts.counts.stale += 1
  const ttl = stored.terms.lifetime - ageOf(stored.terms, nowMs)
  return answerStored(exchange.asked, stored, nowMs, `${told}; ttl=${ttl}; detail=stale-if-error`)
}

const settleError = (parts: Parts, exchange: Exchange, error: unknown): Response => {
  const { asked, stored, reason } = exchange
  // A client that goes away says nothing of the upstream.
  const isFault = error instanceof Problem ? error.status >= 500 : !asked.request.signal.aborted
  const landing = isFault ? { error } : 'lost'
  if (isFault && stored && mayServeOnError(stored.terms, parts.now(), asked.directives)) {
    parts.onError(error)
    return insteadOf(parts, exchange, stored, landing, `${parts.name}; fwd=${reason}`)
  }
  exchange.end(landing)
  throw error
}
