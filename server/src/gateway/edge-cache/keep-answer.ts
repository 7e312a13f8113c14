import { parseHttpDate } from '../../platform/http/conditional.ts'
import { eventStreamType } from '../../platform/http/event-stream.ts'
import { streamOf } from '../../platform/http/own-stream.ts'
import { type PreparedParts, partsOf, prepareRead } from '../../platform/http/prepared-answer.ts'
import { type WholeAnswer, wholeOf } from '../../platform/http/whole-answer.ts'
import { isUnchanged } from './answer-stored.ts'
import type { Exchange } from './ask-upstream.ts'
import { captureBody } from './capture-body.ts'
import { choosePolicy, ownField, type Policy } from './choose-policy.ts'
import type { Parts } from './edge-cache.ts'
import { type Fields, readRecord } from './fields.ts'
import { dateOf, type Times, termsOf, useOf } from './freshness.ts'
import { isWorthStoring, mayStore } from './may-store.ts'
import { passOn, passParts } from './pass-on.ts'
import { addressTag } from './purge-log.ts'
import { flightKey, isPersonal } from './read-asked.ts'
import { isAboutRequest } from './status-codes.ts'
import { bodyOf, makeStored, tagsOf } from './stored.ts'
import { type Selecting, selectingOf, varyNames } from './vary.ts'

/** An answer that may be stored, once its body is whole. */
interface Keepable {
  status: number
  headers: Fields
  policy: Policy
  selecting: Selecting
  times: Times
}

/** Hands an upstream's answer to the client, and stores it on the way where it may be given to others. */
export const keepAnswer = (parts: Parts, exchange: Exchange, response: Response, told: string): Response => {
  const { asked } = exchange
  // Headers of prepared answers are read from what they were made of: reading them there would unmake the lines.
  const whole = wholeOf(response)
  const made = whole
    ? prepareWhole(response.status, whole)
    : streamOf(response)
      ? undefined
      : partsOf(response)
  const record = whole ? whole.fields : made && { ...made.prepared.fields, ...made.changing }
  const headers = record ? readRecord(record) : response.headers
  const keepable = keepableOf(parts, exchange, response, headers)
  if (!keepable) {
    leaveApart(parts, exchange, response.status)
    if (!isHeldByClient(exchange, response.status, headers)) {
      return made ? passParts(made, told, asked.question.headers) : passOn(response, told, asked.question)
    }
    if (!made) abandon(response.body)
    return notModified(headers, told, exchange)
  }
  const told2 = `${told}; stored`
  if (made) {
    const store = (): void => keep(parts, exchange, keepable, made.body ?? noBody)
    if (whole) afterAnswer(parts, exchange, store)
    else store()
    if (isHeldByClient(exchange, made.status, headers)) return notModified(headers, told2, exchange)
    return passParts(made, told2, asked.question.headers)
  }
  return passCaptured(parts, exchange, response, keepable, told2)
}

const noBody = new Uint8Array()

/** The client who asked does not wait for the work of keeping it; who asks meanwhile finds the exchange under way. */
const afterAnswer = (parts: Parts, exchange: Exchange, store: () => void): void =>
  process.nextTick(() => {
    try {
      store()
    } catch (error) {
      exchange.end('lost')
      parts.onError(error)
    }
  })

/** As prepared answers are: what has arrived as a whole needs no stream, and is kept at once. */
const prepareWhole = (status: number, { fields, bytes }: WholeAnswer): PreparedParts => {
  const before = fields['cache-status']
  const passed: Record<string, string> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (name !== ownField && name !== 'cache-status') passed[name] = value
  }
  return {
    status,
    body: bodyOf([bytes], bytes.length),
    prepared: prepareRead(passed),
    changing: before === undefined ? {} : { 'cache-status': before },
  }
}

const passCaptured = (
  parts: Parts,
  exchange: Exchange,
  response: Response,
  keepable: Keepable,
  told: string,
): Response => {
  const { status, headers } = keepable
  const { body } = response
  if (body === null) {
    keep(parts, exchange, keepable, noBody)
    return passOn(response, told, exchange.asked.question)
  }
  const length = lengthOf(headers)
  const captured = captureBody(body, { maxBytes: parts.maxObjectBytes, budget: parts.budget, length })
  captured.whole
    .then(({ body, isTooLarge }) => {
      if (body !== null) keep(parts, exchange, keepable, body)
      else if (isTooLarge) leaveApart(parts, exchange, status)
      else exchange.end('lost')
    })
    .catch((error) => {
      exchange.end('lost')
      parts.onError(error)
    })
  if (isHeldByClient(exchange, status, headers)) {
    abandon(captured.body)
    return notModified(headers, told, exchange)
  }
  const passed = new Response(captured.body, { status, headers: new Headers(response.headers) })
  return passOn(passed, told, exchange.asked.question)
}

/** Leaves a body that nobody reads; that it broke off already is nobody's concern. */
const abandon = (body: ReadableStream | null): void => void body?.cancel().catch(() => {})

const keepableOf = (
  parts: Parts,
  { asked, askedMs }: Exchange,
  response: Response,
  headers: Fields,
): Keepable | null => {
  const { status } = response
  if (streamOf(response) || headers.get('content-type')?.startsWith(eventStreamType)) return null
  const policy = choosePolicy(headers)
  const names = varyNames(headers.get('vary'))
  if (names === null || !mayStore(asked, status, headers, policy)) return null
  const selecting = selectingOf(names, asked.headers, asked.place.partition !== '')
  const times = { askedMs, answeredMs: parts.now() }
  if (selecting === null || !isWorthStoring(termsOf(status, headers, policy, times), headers)) return null
  if ((lengthOf(headers) ?? 0) > parts.maxObjectBytes) return null
  if (asked.question.mayStore?.(response) === false) return null
  return { status, headers, policy, selecting, times }
}

const lengthOf = (headers: Fields): number | null => {
  const length = headers.get('content-length')
  return length !== null && /^\d+$/.test(length) ? Number(length) : null
}

/** Stores a whole answer, unless a purge has come that it does not know of, or one that was asked for later is there. */
const keep = (parts: Parts, exchange: Exchange, keepable: Keepable, body: Uint8Array<ArrayBuffer>): void => {
  const { asked, mark, askedMs } = exchange
  const { store, flights, purges, counts } = parts
  const { place } = asked
  if (purges.isOutdated(mark, [...tagsOf(keepable.headers), addressTag(place.url)])) exchange.end('lost')
  else if ((store.find(place, asked.headers)?.askedMs ?? 0) > askedMs) exchange.end('stored')
  else if (body.length > parts.maxObjectBytes) leaveApart(parts, exchange, keepable.status)
  else {
    const stored = makeStored({ ...keepable, place, body, mark })
    store.add(stored, asked.headers)
    counts.stored += 1
    // Those who would have to validate it have nothing of waiting.
    if (useOf(stored.terms, parts.now()) === 'validate') flights.noteApart(flightKey(asked))
    else flights.noteShared(flightKey(asked))
    exchange.end('stored')
  }
}

/** What one client alone gets: the next do not wait for each other, and what was stored is out of date. */
const leaveApart = (parts: Parts, exchange: Exchange, status: number): void => {
  const { asked, stored, isComplete } = exchange
  const isOfAddress = isComplete && !asked.directives.has('no-store') && !isPersonal(asked)
  const tellsOfIt = status < 500 && status !== 400 && !isAboutRequest(status)
  if (tellsOfIt && stored) parts.store.drop(stored)
  if (tellsOfIt && isOfAddress) parts.flights.noteApart(flightKey(asked))
  exchange.end(status < 500 ? 'apart' : 'fault')
}

/** Whether a client whose conditions were kept back holds what came. */
const isHeldByClient = ({ asked, isComplete }: Exchange, status: number, headers: Fields): boolean =>
  isComplete &&
  status === 200 &&
  isUnchanged(asked, {
    etag: headers.get('etag'),
    lastModified: parseHttpDate(headers.get('last-modified') ?? ''),
    terms: { date: dateOf(headers, 0) },
  })

const ofBody = ['content-type', 'content-length', 'content-encoding', 'content-language', 'transfer-encoding']

const notModified = (headers: Fields, told: string, { asked }: Exchange): Response => {
  const kept = new Headers([...headers])
  for (const name of [...ofBody, 'cache-tag', 'surrogate-key', 'xkey', ownField]) kept.delete(name)
  return passOn(new Response(null, { status: 304, headers: kept }), told, asked.question)
}
