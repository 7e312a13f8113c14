import { randomUUID } from 'node:crypto'
import { Problem } from '../../../../contract/problems.ts'
import { matchesTag, parseHttpDate } from '../../platform/http/conditional.ts'
import { answerPrepared, type PreparedHeaders, prepareRead } from '../../platform/http/prepared-answer.ts'
import { contextOf, takeRequestId } from '../../platform/http/request-context.ts'
import { type ByteRange, multipart, readRanges } from './byte-ranges.ts'
import { ageOf, type Use } from './freshness.ts'
import type { Asked } from './read-asked.ts'
import type { Stored, Told } from './stored.ts'

/** Answers from the store alone, as {@link answerStored} does. */
export const answerHit = (name: string, asked: Asked, stored: Stored, nowMs: number, use: Use): Response => {
  const { ageText, hit } = toldAt(name, stored, nowMs)
  const status = use === 'while-revalidate' ? `${hit}; detail=stale-while-revalidate` : hit
  return give(asked, stored, ageText, status)
}

/** RFC 9111 §5.1 and RFC 9211; a negative ttl tells for how long it is stale. */
const toldAt = (name: string, stored: Stored, nowMs: number): Told => {
  const { terms, told, statusBefore } = stored
  const age = ageOf(terms, nowMs)
  if (told.age === age) return told
  stored.told = { age, ageText: String(age), hit: `${statusBefore}${name}; hit; ttl=${terms.lifetime - age}` }
  return stored.told
}

/**
 * Answers from what is stored: as it is, 304 where the client holds it, or the parts it asks for. `done` is the member of
 * Cache-Status for this cache. Throws 416.
 */
export const answerStored = (asked: Asked, stored: Stored, nowMs: number, done: string): Response =>
  give(asked, stored, String(ageOf(stored.terms, nowMs)), stored.statusBefore + done)

const give = (asked: Asked, stored: Stored, age: string, cacheStatus: string): Response => {
  const { request, headers, isHead, question } = asked
  const changing: Record<string, string> = {
    age,
    'cache-status': cacheStatus,
    'x-request-id': takeRequestId(request),
  }
  for (const name in question.headers) changing[name] = question.headers[name] ?? ''
  const { status, prepared, body } = stored
  if (status === 200) {
    if (isUnchanged(asked, stored)) return answerPrepared(304, null, unchangedOf(stored), changing)
    const range = isHead ? null : headers.get('range')
    if (range !== null && mayTakePart(headers, stored)) {
      const ranges = readRanges(range, body.length)
      if (ranges === 'none') throw unsatisfiable(body.length)
      if (ranges !== 'whole') return answerPart(stored, ranges, changing)
    }
  }
  const isEmpty = isHead || status === 204 || body.length === 0
  return answerPrepared(status, isEmpty ? null : body, prepared, changing)
}

/** What a client's condition is compared with. */
export interface Validators {
  etag: string | null
  lastModified: number | null
  terms: { date: number }
}

/** Whether the client holds it already (RFC 9110 §13.2.2, RFC 9111 §4.3.2): If-Modified-Since counts only alone. */
export const isUnchanged = (
  { request, headers }: Pick<Asked, 'request' | 'headers'>,
  { etag, lastModified, terms }: Validators,
): boolean => {
  const tags = headers.get('if-none-match')
  contextOf(request).heldTags = tags
  if (tags !== null) return tags.trim() === '*' || (etag !== null && matchesTag(tags, etag))
  const since = headers.get('if-modified-since')
  const seconds = since === null ? null : parseHttpDate(since)
  return seconds !== null && (lastModified ?? terms.date) <= seconds
}

/** If-Range lets a part be sent of just what the client has: strong tags, and dates that are strong (RFC 9110 §13.1.5). */
const mayTakePart = (headers: Headers, { etag, lastModified, terms }: Stored): boolean => {
  const wanted = headers.get('if-range')?.trim()
  if (wanted === undefined) return true
  if (wanted.startsWith('"')) return wanted === etag
  const seconds = parseHttpDate(wanted)
  return seconds !== null && seconds === lastModified && lastModified < terms.date
}

/** What a 304 leaves out: it speaks of a body that is not sent (RFC 9110 §15.4.5). */
const notIn304: ReadonlySet<string> = new Set([
  ...['content-type', 'content-length', 'content-encoding', 'content-language', 'content-range'],
  ...['cache-tag', 'surrogate-key', 'xkey'],
])

const unchangedOf = (stored: Stored): PreparedHeaders => {
  if (stored.unchanged) return stored.unchanged
  // Put together anew: an object that has lost a property is slow to copy.
  const fields: Record<string, string> = {}
  for (const [name, value] of Object.entries(stored.prepared.fields)) {
    const isDate = name === 'last-modified' && stored.etag !== null
    if (!notIn304.has(name) && !isDate) fields[name] = value
  }
  stored.unchanged = prepareRead(fields)
  return stored.unchanged
}

const answerPart = (
  { body, prepared }: Stored,
  ranges: readonly ByteRange[],
  changing: Readonly<Record<string, string>>,
): Response => {
  const [first, second] = ranges
  const fields = { ...prepared.fields }
  if (first && !second) {
    fields['content-range'] = `bytes ${first.first}-${first.last}/${body.length}`
    fields['content-length'] = String(first.last - first.first + 1)
    return answerPrepared(206, body.subarray(first.first, first.last + 1), prepareRead(fields), changing)
  }
  const boundary = randomUUID()
  const parts = multipart(body, ranges, fields['content-type'], boundary)
  fields['content-type'] = `multipart/byteranges; boundary=${boundary}`
  fields['content-length'] = String(parts.length)
  return answerPrepared(206, parts, prepareRead(fields), changing)
}

const unsatisfiable = (length: number): Problem =>
  new Problem('range_not_satisfiable', {
    detail: `The representation has ${length} bytes; ask for a range that begins within them, or for the whole.`,
    headers: { 'content-range': `bytes */${length}` },
  })
