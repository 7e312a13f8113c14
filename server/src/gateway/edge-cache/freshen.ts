import { matchesTag, parseHttpDate } from '../../platform/http/conditional.ts'
import type { Exchange } from './ask-upstream.ts'
import { choosePolicy } from './choose-policy.ts'
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
  const fresh = replaced(parts, exchange, stored, headers, true)
  const tag = headers.get('etag')
  const others = tag?.startsWith('"') ? parts.store.all(asked.place) : []
  for (const other of others) {
    if (other.etag === tag && other !== fresh) replaced(parts, exchange, other, headers, false)
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
export const freshenByHead = (parts: Parts, exchange: Exchange, { headers }: Response): void => {
  const { asked, mark } = exchange
  if (isPersonal(asked) || asked.directives.has('no-store')) return
  const length = headers.get('content-length')
  for (const stored of parts.store.all(asked.place)) {
    const isAbout = stored.status === 200 && matchesSelecting(stored.selecting, asked.headers)
    if (!isAbout || stored.mark > mark) continue
    const isSameLength = length === null || length === String(stored.body.length)
    if (isSameLength && isSame(stored, headers, true)) replaced(parts, exchange, stored, headers, false)
    else parts.store.drop(stored)
  }
}

/** Makes an update and stores it instead of the old, where it may be stored at all; else it is dropped as that is. */
const replaced = (
  parts: Parts,
  exchange: Exchange,
  stored: Stored,
  news: Headers,
  isAskedFor: boolean,
): Stored => {
  const fresh = updated(parts, exchange, stored, news, isAskedFor)
  // What was replaced meanwhile is not brought back.
  if (!stored.isDropped && !isOutdated(parts, exchange, fresh) && isStorable(exchange, fresh, news)) {
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

const updated = (
  parts: Parts,
  exchange: Exchange,
  stored: Stored,
  news: Headers,
  isAskedFor: boolean,
): Stored => {
  const { asked, askedMs, mark } = exchange
  const headers = new Headers(stored.prepared.fields)
  // A 304 without Date is of now.
  headers.delete('date')
  const listed = (news.get('connection') ?? '').toLowerCase().split(/\s*,\s*/)
  for (const [name, value] of news) {
    if (!ofBytes.has(name) && !listed.includes(name)) headers.set(name, value)
  }
  const names = varyNames(headers.get('vary')) ?? []
  const selecting = isAskedFor ? selectingOf(names, asked.headers, asked.place.partition !== '') : null
  return makeStored({
    ...{
      place: stored.place,
      status: stored.status,
      headers,
      policy: choosePolicy(headers),
      body: stored.body,
    },
    selecting: selecting ?? stored.selecting,
    ...{ times: { askedMs, answeredMs: parts.now() }, mark },
  })
}

const isStorable = ({ asked }: Exchange, { status, prepared }: Stored, news: Headers): boolean => {
  const headers = new Headers(prepared.fields)
  const policy = choosePolicy(headers)
  const isForMany = varyNames(headers.get('vary')) !== null
  return isForMany && !news.has('set-cookie') && mayStore(asked, status, headers, policy)
}
