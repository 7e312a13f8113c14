import { matchesTag, parseHttpDate } from '../../platform/http/conditional.ts'
import { listedNames } from '../../platform/http/listed-names.ts'
import type { Exchange } from './ask-upstream.ts'
import { choosePolicy, ownField, type Policy } from './choose-policy.ts'
import type { Parts } from './edge-cache.ts'
import { useOf } from './freshness.ts'
import { mayStore } from './may-store.ts'
import { addressTag } from './purge-log.ts'
import { flightKey, isPersonal } from './read-asked.ts'
import { makeStored, type Stored } from './stored.ts'
import { matchesSelecting, selectingOf, varyNames } from './vary.ts'

/** They speak of the bytes that are stored, which an update leaves as they are (RFC 9111 §3.2). */
const ofBytes: ReadonlySet<string> = new Set([
  ...['content-length', 'content-encoding', 'content-range', 'content-md5'],
])

/**
 * Takes over what a 304 says of what is stored (RFC 9111 §4.3.4), and puts the result in its place; other answers of the
 * address with the same strong tag are the same representation, and follow. Null where the 304 names another one.
 */
export const freshen = (
  parts: Parts,
  exchange: Exchange,
  stored: Stored,
  response: Response,
): Stored | null => {
  const { headers } = response
  if (!isSame(stored, headers, false)) return null
  const { asked } = exchange
  const fresh = replaced(parts, exchange, stored, response, true)
  const tag = headers.get('etag')
  const others = tag?.startsWith('"') ? parts.store.all(asked.place) : []
  for (const other of others) {
    if (other.etag === tag && other !== fresh) replaced(parts, exchange, other, response, false)
  }
  if (fresh.isDropped) exchange.end(isOutdated(parts, exchange, fresh) ? 'lost' : 'apart')
  else {
    if (useOf(fresh.terms, parts.now()) === 'validate') parts.flights.noteApart(flightKey(asked))
    exchange.end('stored')
  }
  return fresh
}

/**
 * What HEAD tells of the answers to GET that it could be about: they are updated, or else dropped (RFC 9111 §4.3.5). What
 * one client alone was told changes nothing for others.
 */
export const freshenByHead = (parts: Parts, exchange: Exchange, response: Response): void => {
  const { asked, mark } = exchange
  const { headers } = response
  if (isPersonal(asked) || asked.directives.has('no-store')) return
  const length = headers.get('content-length')
  for (const stored of parts.store.all(asked.place)) {
    const isAbout = stored.status === 200 && matchesSelecting(stored.selecting, asked.headers)
    if (!isAbout || stored.mark > mark) continue
    const isSameLength = length === null || length === String(stored.body.length)
    if (isSameLength && isSame(stored, headers, true)) replaced(parts, exchange, stored, response, false)
    else parts.store.drop(stored)
  }
}

/** Makes an update and stores it instead of the old, where it may be stored at all; else it is dropped as that is. */
const replaced = (
  parts: Parts,
  exchange: Exchange,
  stored: Stored,
  response: Response,
  isAskedFor: boolean,
): Stored => {
  const headers = mergedHeaders(stored, response.headers)
  const policy = choosePolicy(headers)
  const fresh = updated(parts, exchange, stored, { headers, policy, isAskedFor })
  // What was replaced meanwhile is not brought back.
  const mayStay = !stored.isDropped && !isOutdated(parts, exchange, fresh)
  if (mayStay && isStorable(exchange, stored.status, headers, policy, response)) {
    parts.store.replace(stored, fresh)
    return fresh
  }
  parts.store.drop(stored)
  fresh.isDropped = true
  return fresh
}

const isOutdated = ({ purges }: Parts, { mark }: Exchange, { tags, place }: Stored): boolean =>
  purges.isOutdated(mark, [...tags, addressTag(place.url)])

/** Whether validators that came name what is stored; `strictly` a tag must be the same, else as If-None-Match compares. */
const isSame = ({ etag, lastModified }: Stored, headers: Headers, strictly: boolean): boolean => {
  const tag = headers.get('etag')
  if (tag !== null) return etag !== null && (strictly ? tag === etag : matchesTag(tag, etag))
  const modified = parseHttpDate(headers.get('last-modified') ?? '')
  return modified === null || lastModified === null || modified === lastModified
}

/** The stored fields with those that came instead of them (RFC 9111 §3.2). */
const mergedHeaders = ({ prepared, ownControl }: Stored, news: Headers): Headers => {
  const headers = new Headers(prepared.fields)
  if (ownControl !== null) headers.set(ownField, ownControl)
  // A 304 without Date is of now.
  headers.delete('date')
  const listed = listedNames(news.get('connection'))
  for (const [name, value] of news) {
    if (!ofBytes.has(name) && !listed.includes(name)) headers.set(name, value)
  }
  return headers
}

const updated = (
  parts: Parts,
  { asked, askedMs, mark }: Exchange,
  { place, status, body, selecting: before }: Stored,
  { headers, policy, isAskedFor }: { headers: Headers; policy: Policy; isAskedFor: boolean },
): Stored => {
  const names = varyNames(headers.get('vary')) ?? []
  const selecting = isAskedFor ? selectingOf(names, asked.headers, asked.place.partition !== '') : null
  const times = { askedMs, answeredMs: parts.now() }
  return makeStored({ place, status, headers, policy, body, selecting: selecting ?? before, times, mark })
}

const isStorable = (
  { asked }: Exchange,
  status: number,
  headers: Headers,
  policy: Policy,
  response: Response,
): boolean =>
  varyNames(headers.get('vary')) !== null &&
  mayStore(asked, status, headers, policy) &&
  asked.question.mayStore?.(response) !== false
