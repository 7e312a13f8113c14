import { randomBytes } from 'node:crypto'
import type { Address } from './read-address.ts'

/** What is found out about a request on its way, for the log and for its answer; each is missing until it is known. */
export interface RequestFacts {
  client?: (Address & { proto?: 'http' | 'https' | undefined; host?: string | undefined }) | undefined
  /** What Strict-Transport-Security has to say in the answer; missing for what did not come by TLS. */
  strictTransport?: string | undefined
  appId?: string | undefined
  /** The id of the key that was sent; never the key. */
  keyId?: string
  /** What the edge cache, or else the config service, did, in a word: hit, miss, stale, pass; wait for a read that waits. */
  cacheState?: string | undefined
  /** The address as the contract writes it, such as `/v1/api/config/{appId}`. */
  route?: string | undefined
  /** The id of our own span for it, where traces are on. */
  spanId?: string
  /** The code of the problem that it was answered with. */
  problem?: string
  /** The policy that a limit refused the request by. */
  limited?: string
  /** When the request, body and all, was sent to another process, by the clock of `performance`. */
  sentAt?: number
  /** Bytes of the answer's body, where they were counted anyway. */
  bytes?: number
}

/** What is known of a request beside its own bytes; carried beside the Request, never in module state. */
export interface RequestContext extends RequestFacts {
  requestId: string
  /** When it came, by the clock of `performance`; undefined where nobody measures. */
  startedAt: number | undefined
  /** When the answer was there, where that was looked at already; by the same clock. */
  answeredAt: number | undefined
  /** The key that came along; null: none, undefined: nobody has looked. Never for a log. */
  sentKey: string | null | undefined
  /** If-None-Match, which tells what the client holds; null: none, undefined: nobody has looked. */
  heldTags: string | null | undefined
  /** W3C trace context: 32 hex digits, and the id of the span that called us where there is one. */
  traceId: string
  parentId: string | undefined
  sampled: boolean
  /** Set by an answer that already carries X-Request-Id, so that its headers need not be touched again. */
  idSent: boolean
}

/** On the Request itself: a WeakMap would do, but its entries are work for every garbage collection. */
const contextKey = Symbol('context')
interface Carrier {
  [contextKey]?: RequestContext
}

const requestIdPattern = /^[\w.:@/+=-]{1,128}$/
/** Only versions above 00 may have more than these four fields. */
const traceparentPattern =
  /^(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/**
 * The context of a request: what its headers say (X-Request-Id, traceparent as https://www.w3.org/TR/trace-context/),
 * or made anew. The same Request always has the same context, whichever service asks.
 */
export const contextOf = (request: Request): RequestContext => {
  const carrier: Request & Carrier = request
  carrier[contextKey] ??= readContext(request.headers)
  return carrier[contextKey]
}

const readContext = (headers: Headers): RequestContext => {
  const givenId = headers.get('x-request-id')
  const parent = headers.get('traceparent')
  const trace = parent === null ? null : traceparentPattern.exec(parent)
  const traceId = trace?.[1] ?? newTraceId()
  return {
    requestId: givenId !== null && requestIdPattern.test(givenId) ? givenId : traceId,
    traceId,
    parentId: trace?.[2],
    sampled: trace ? (Number.parseInt(trace[3] ?? '0', 16) & 1) === 1 : false,
    startedAt: undefined,
    answeredAt: undefined,
    idSent: false,
    sentKey: undefined,
    heldTags: undefined,
    // What nearly every request comes to know has its place from the beginning: to make room later costs more.
    client: undefined,
    appId: undefined,
    route: undefined,
    cacheState: undefined,
  }
}

const idLength = 32
let randomDigits = ''
let nextDigit = 0

/** 32 random hex digits; drawn for many requests at a time, because a call for each costs more than the id. */
const newTraceId = (): string => {
  if (nextDigit >= randomDigits.length) {
    randomDigits = randomBytes(4_096).toString('hex')
    nextDigit = 0
  }
  nextDigit += idLength
  return randomDigits.slice(nextDigit - idLength, nextDigit)
}

/** The request id for an answer that sets the X-Request-Id header by itself. */
export const takeRequestId = (request: Request): string => {
  const context = contextOf(request)
  context.idSent = true
  return context.requestId
}

/** The headers that carry a context to the next process. */
export const contextHeaders = (context: RequestContext): Record<string, string> => ({
  'x-request-id': context.requestId,
  traceparent: `00-${context.traceId}-${context.spanId ?? context.parentId ?? context.traceId.slice(16)}-${context.sampled ? '01' : '00'}`,
})

/** Lets a request that was made of another be the same to logs and traces. */
export const shareContext = (from: Request, to: Request): void => {
  const carrier: Request & Carrier = to
  carrier[contextKey] = contextOf(from)
}
