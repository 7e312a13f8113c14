import { matchesTag, parseHttpDate } from '../../platform/http/conditional.ts'
import type { Exchange } from './ask-upstream.ts'
import { choosePolicy } from './choose-policy.ts'
import type { Parts } from './edge-cache.ts'
import { useOf } from './freshness.ts'
import { mayStore } from './may-store.ts'
import { addressTag } from './purge-log.ts'
import { flightKey, isPersonal } from './read-asked.ts'
import { makeStored, type Stored } from './stored.ts'
import { selectingOf, varyNames } from './vary.ts'

/** They speak of the bytes that are stored, which an update leaves as they are (RFC 9111 §3.2). */
const ofBytes: ReadonlySet<string> = new Set([
  ...['content-length', 'content-encoding', 'content-range', 'content-md5'],
])

/**
 * Takes over what a 304 says of what is stored (RFC 9111 §4.3.4), and puts the result in its place. Null where the 304
 * names another representation.
 */
export const freshen = (
  parts: Parts,
  exchange: Exchange,
  stored: Stored,
  response: Response,
): Stored | null => {
  const { headers } = response
  if (!isSame(stored, headers, false)) return null
  const fresh = updated(parts, exchange, stored, headers)
  const isOld = parts.purges.isOutdated(exchange.mark, [...fresh.tags, addressTag(stored.place.url)])
  parts.store.drop(stored)
  if (isOld) exchange.end('lost')
  else if (isStorable(exchange, fresh, headers)) {
    parts.store.add(fresh, exchange.asked.headers)
    if (useOf(fresh.terms, parts.now()) === 'validate') parts.flights.noteApart(flightKey(exchange.asked))
    exchange.end('stored')
  } else exchange.end('apart')
  return fresh
}

/**
 * What HEAD tells of the answer to GET: it is updated, or else dropped (RFC 9111 §4.3.5). What one client alone was told
 * changes nothing for others.
 */
export const freshenByHead = (parts: Parts, exchange: Exchange, { headers }: Response): void => {
  const { asked, mark } = exchange
  if (isPersonal(asked) || asked.directives.has('no-store')) return
  const stored = parts.store.find(asked.place, asked.headers)
  if (stored?.status !== 200 || stored.mark > mark) return
  const length = headers.get('content-length')
  const isSameLength = length === null || length === String(stored.body.length)
  const fresh =
    isSameLength && isSame(stored, headers, true) ? updated(parts, exchange, stored, headers) : null
  parts.store.drop(stored)
  if (!fresh || !isStorable(exchange, fresh, headers)) return
  const isOld = parts.purges.isOutdated(mark, [...fresh.tags, addressTag(stored.place.url)])
  if (!isOld) parts.store.add(fresh, asked.headers)
}

/** Whether validators that came name what is stored; `strictly` a tag must be the same, else as If-None-Match compares. */
const isSame = ({ etag, lastModified }: Stored, headers: Headers, strictly: boolean): boolean => {
  const tag = headers.get('etag')
  if (tag !== null) return etag !== null && (strictly ? tag === etag : matchesTag(tag, etag))
  const modified = parseHttpDate(headers.get('last-modified') ?? '')
  return modified === null || lastModified === null || modified === lastModified
}

const updated = (parts: Parts, exchange: Exchange, stored: Stored, news: Headers): Stored => {
  const { asked, askedMs, mark } = exchange
  const headers = new Headers(stored.prepared.fields)
  // A 304 without Date is of now.
  headers.delete('date')
  const listed = (news.get('connection') ?? '').toLowerCase().split(/\s*,\s*/)
  for (const [name, value] of news) {
    if (!ofBytes.has(name) && !listed.includes(name)) headers.set(name, value)
  }
  const names = varyNames(headers.get('vary')) ?? []
  return makeStored({
    ...{
      place: asked.place,
      status: stored.status,
      headers,
      policy: choosePolicy(headers),
      body: stored.body,
    },
    selecting: selectingOf(names, asked.headers, asked.place.partition !== '') ?? stored.selecting,
    ...{ times: { askedMs, answeredMs: parts.now() }, mark },
  })
}

const isStorable = ({ asked }: Exchange, { status, prepared }: Stored, news: Headers): boolean => {
  const headers = new Headers(prepared.fields)
  const policy = choosePolicy(headers)
  const isForMany = varyNames(headers.get('vary')) !== null
  return isForMany && !news.has('set-cookie') && mayStore(asked, status, headers, policy)
}
