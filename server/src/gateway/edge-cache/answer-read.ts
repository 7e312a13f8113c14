import { Problem } from '../../../../contract/problems.ts'
import { contextOf } from '../../platform/http/request-context.ts'
import { answerHit, answerStored } from './answer-stored.ts'
import { askUpstream, refresh } from './ask-upstream.ts'
import type { CacheQuestion, Parts } from './edge-cache.ts'
import type { Flight } from './flights.ts'
import { mayServeOnError, type Use, useOf } from './freshness.ts'
import { type Asked, flightKey, isForOrigin, isPersonal, readAsked } from './read-asked.ts'
import type { Stored } from './stored.ts'

/** Answers GET and HEAD: from the store, by an exchange that is under way, or by one of its own. Throws 504 and 416. */
export const answerRead = (
  parts: Parts,
  request: Request,
  question: CacheQuestion,
): Response | Promise<Response> => {
  const asked = readAsked(request, question)
  if (isForOrigin(asked.headers)) return askUpstream(parts, asked, undefined)
  const stored = findFor(parts, asked)
  if (stored) {
    const nowMs = parts.now()
    const use = useFor(parts, asked, stored, nowMs)
    if (use !== 'validate') {
      if (use === 'fresh') parts.counts.hits += 1
      else parts.counts.stale += 1
      if (use === 'while-revalidate') refresh(parts, asked, stored)
      // After the refresh, which is told of to the log by the same context.
      contextOf(request).cacheState = use === 'fresh' ? 'hit' : 'stale'
      return answerHit(parts.name, asked, stored, nowMs, use)
    }
  }
  if (asked.directives.has('only-if-cached')) throw notStored()
  return askShared(parts, asked, stored, 0)
}

/** What is stored for a request, as far as it may have it. */
const findFor = ({ store }: Parts, asked: Asked): Stored | undefined => {
  const stored = store.find(asked.place, asked.headers)
  return stored && (stored.isForAnybody || !isPersonal(asked)) ? stored : undefined
}

const useFor = (parts: Parts, asked: Asked, stored: Stored, nowMs: number): Use =>
  stored.mark < parts.trustedFrom ? 'validate' : useOf(stored.terms, nowMs, asked.directives)

const notStored = (): Problem =>
  new Problem('not_in_cache', {
    detail: 'Nothing is stored that may answer this; ask again without Cache-Control: only-if-cached.',
  })

const failing = (): Problem =>
  new Problem('upstream_failed', {
    detail:
      'What is behind the gateway failed twice at this address, for others who asked at the same time. Ask again.',
    headers: { 'retry-after': '1' },
  })

/** How many exchanges of others a request waits for before it makes its own. */
const waitsMost = 2

const askShared = (
  parts: Parts,
  asked: Asked,
  stored: Stored | undefined,
  waits: number,
  last?: Flight,
): Response | Promise<Response> => {
  const { flights } = parts
  const key = flightKey(asked)
  const mayWait =
    waits < waitsMost && asked.directives.size === 0 && !isPersonal(asked) && !flights.isApart(key)
  const flight = mayWait ? flights.find(key) : undefined
  if (flight && flight !== last) return follow(parts, asked, flight, waits + 1)
  return askUpstream(parts, asked, stored)
}

/** Waits for an exchange that another request began; what it brought is taken from the store alone. */
const follow = async (parts: Parts, asked: Asked, flight: Flight, waits: number): Promise<Response> => {
  const landing = await parts.flights.wait(flight)
  const stored = findFor(parts, asked)
  const nowMs = parts.now()
  contextOf(asked.request).cacheState = 'hit'
  if (stored && landing === 'stored' && useFor(parts, asked, stored, nowMs) !== 'validate') {
    parts.counts.collapsed += 1
    return answerStored(asked, stored, nowMs, `${parts.name}; fwd=uri-miss; collapsed`)
  }
  const isFault = landing === 'fault' || typeof landing === 'object'
  if (isFault && stored && mayServeOnError(stored.terms, nowMs, asked.directives)) {
    parts.counts.stale += 1
    return answerStored(asked, stored, nowMs, `${parts.name}; fwd=stale; collapsed; detail=stale-if-error`)
  }
  // The upstream fails: all who waited hear so, instead of asking it once more each.
  if (typeof landing === 'object') throw landing.error
  // It may have failed at what another's request brought, so one of them asks for all; not so a second time.
  if (landing === 'fault' && waits === waitsMost) throw failing()
  if (landing === 'lost' || landing === 'fault') return askShared(parts, asked, stored, waits, flight)
  return askUpstream(parts, asked, stored)
}
