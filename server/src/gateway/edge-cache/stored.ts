import { Buffer } from 'node:buffer'
import { parseHttpDate } from '../../platform/http/conditional.ts'
import { listedNames } from '../../platform/http/listed-names.ts'
import { type PreparedHeaders, prepareRead } from '../../platform/http/prepared-answer.ts'
import type { Search } from '../search/read-search.ts'
import { allowsPersonal, ownField, type Policy } from './choose-policy.ts'
import type { Fields } from './fields.ts'
import { type Terms, type Times, termsOf } from './freshness.ts'
import { fieldsOf } from './parse-directives.ts'
import type { Link } from './queue.ts'
import { readSearchVariance, type SearchVariance } from './search-variance.ts'
import type { Selecting } from './vary.ts'

/** Where an answer is kept. */
export interface Place {
  /** Of the origin that the address led to. */
  edition: string
  /** Who may share it; '' is everybody. */
  partition: string
  /** The address as it was asked for, without a fragment. */
  url: string
  /** The query of that, where it was read already. */
  search?: Search | undefined
}

/** A stored answer. It never changes: what freshens it takes its place. */
export interface Stored extends Link {
  place: Place
  variance: SearchVariance | null
  selecting: Selecting
  status: number
  body: Uint8Array<ArrayBuffer>
  prepared: PreparedHeaders
  /** Headers of a 304, made for the first who gets one. */
  unchanged: PreparedHeaders | undefined
  /** What caches before this one did (RFC 9211). */
  statusBefore: string
  /** What the field for this cache alone says: not sent to anybody, but as good as stored when a 304 says nothing new. */
  ownControl: string | null
  etag: string | null
  /** Seconds since 1970. */
  lastModified: number | null
  tags: readonly string[]
  terms: Terms
  /** The mark of the purge log when it was asked for, and the time, in ms since 1970. */
  mark: number
  askedMs: number
  /** It says itself that answers to authenticated requests may be shared (RFC 9111 §3.5). */
  isForAnybody: boolean
  isDropped: boolean
  told: Told
}

/** What hits tell at an age in seconds, written for the first of them. */
export interface Told {
  age: number
  ageText: string
  /** Cache-Status. */
  hit: string
}

/** Of one connection, of a proxy's client or of one answer: these are not stored (RFC 9111 §3.1), or written anew. */
const notStored: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['proxy-authenticate', 'proxy-authentication-info', 'proxy-authorization'],
  ...['age', 'cache-status', 'content-length', 'set-cookie', 'x-request-id', ownField],
  // Of the one who asked; the gateway tells each client of its own.
  ...['ratelimit', 'ratelimit-policy'],
])

interface Material {
  place: Place
  status: number
  headers: Fields
  policy: Policy
  body: Uint8Array<ArrayBuffer>
  selecting: Selecting
  times: Times
  mark: number
}

/** Makes what is stored of an answer: headers written once for all who will get it. */
export const makeStored = (material: Material): Stored => {
  const { status, headers, policy, body, selecting, times, mark } = material
  const place = withoutSearch(material.place)
  const terms = termsOf(status, headers, policy, times)
  const fields = fieldsToStore(headers, policy)
  // Also instead of one that is no date (RFC 9110 §6.6.1).
  if (parseHttpDate(fields.date ?? '') === null) fields.date = new Date(times.answeredMs).toUTCString()
  if (status !== 204) fields['content-length'] = String(body.length)
  const prepared = prepareRead(fields)
  const tags = tagsOf(headers)
  const before = headers.get('cache-status')
  const cost = bytesFor(place, tags, selecting, prepared) + body.length
  return {
    ...{ place, status, body, selecting, prepared, tags, terms, mark, unchanged: undefined },
    variance: readSearchVariance(headers.get('no-vary-search')),
    statusBefore: before === null ? '' : `${before}, `,
    ownControl: headers.get(ownField),
    etag: fields.etag ?? null,
    lastModified: parseHttpDate(fields['last-modified'] ?? ''),
    askedMs: times.askedMs,
    isForAnybody: allowsPersonal(policy),
    isDropped: false,
    told: { age: -1, ageText: '', hit: '' },
    ...{ bytes: cost, uses: 0, queue: undefined, older: undefined, newer: undefined },
  }
}

/** What was read of a query takes several times its length, which nobody reckoned with. */
const withoutSearch = ({ edition, partition, url }: Place): Place => ({ edition, partition, url })

/** A body as it is kept: copied even when it is a single piece, which may be part of a much larger buffer. */
export const bodyOf = (chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> => {
  const bytes = Buffer.allocUnsafeSlow(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

const fieldsToStore = (headers: Fields, { directives }: Policy): Record<string, string> => {
  const listed = listedNames(headers.get('connection'))
  const left = new Set([...listed, ...fieldsOf(directives, 'no-cache'), ...fieldsOf(directives, 'private')])
  const fields: Record<string, string> = {}
  for (const [name, value] of headers) if (!notStored.has(name) && !left.has(name)) fields[name] = value
  return fields
}

/** The names by which an answer may be purged: Cache-Tag has commas, Surrogate-Key and xkey have spaces. */
export const tagsOf = (headers: Fields): readonly string[] => {
  const tags = new Set<string>()
  for (const tag of (headers.get('cache-tag') ?? '').split(',')) tags.add(tag.trim())
  for (const name of ['surrogate-key', 'xkey']) {
    // Several lines of a header are joined by commas.
    for (const tag of (headers.get(name) ?? '').split(/[ ,]+/)) tags.add(tag)
  }
  tags.delete('')
  return [...tags]
}

/** What an entry takes beside the bytes of its body: objects, lists and maps, and each text of its headers twice. */
const overheadBytes = 1_200
const tagBytes = 160

const bytesFor = (
  { partition, url }: Place,
  tags: readonly string[],
  selecting: Selecting,
  { fields, lines }: PreparedHeaders,
): number => {
  let bytes = overheadBytes + (partition.length + url.length) * 3 + lines.length * 3
  bytes += Object.keys(fields).length * 48
  for (const tag of tags) bytes += tagBytes + tag.length
  for (const [name, value] of selecting) bytes += 100 + name.length + (value?.length ?? 0)
  return bytes
}
