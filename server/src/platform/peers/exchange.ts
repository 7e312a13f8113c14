import { STATUS_CODES } from 'node:http'
import { Problem } from '../../../../contract/problems.ts'
import { ownStream } from '../http/own-stream.ts'
import { brokenOff } from '../http/read-body.ts'
import { contextOf } from '../http/request-context.ts'
import { wholeAnswer } from '../http/whole-answer.ts'
import type { AnswerBody } from '../http1-client/answer-body.ts'
import type { AnswerHead } from '../http1-client/answer-head.ts'
import { BodyStalled, type OutgoingBody } from '../http1-client/body-sender.ts'
import { Call, type Outgoing } from '../http1-client/call.ts'
import { writeRequestHead } from '../http1-client/write-request-head.ts'
import { bodyTooLarge } from './body-too-large.ts'
import type { ClientOf } from './client-of.ts'
import { answerHeaders, type HeaderRules, requestHeaders, sendsBody } from './forwarded-headers.ts'
import { isEventStream, type PassStreams } from './pass-streams.ts'
import { PeerFailure } from './peer-failure.ts'
import type { Upstream } from './upstream.ts'

/** How all requests of a pool are forwarded. */
export interface Forwarding {
  /** As long as an answer may take, without it. */
  connectMs: number | undefined
  /** Silence in the middle of a body. */
  silenceMs: number
  streams: PassStreams
  requestRules: HeaderRules
  answerRules: HeaderRules
  clientOf: ClientOf
  maxBodyBytes: number | undefined
  /** Those whose bodies are on their way. */
  uploads: Set<Call>
}

/** The way of one request to an upstream. */
export interface Way {
  forwarding: Forwarding
  upstream: Upstream
  /** Path and query. */
  target: string
  /** How long the upstream may take until its answer begins. */
  headersMs: number
  /** It has a connection beside those of other requests: the upstream may leave it open, or it must not wait for one. */
  isBeside: boolean
  /** The upstream waits for something before it answers. */
  waits: boolean
  /** Tells the upstream of the span of this exchange, in place of what the request says. */
  traceparent?: string | undefined
  /** Called once it has begun, and once when nothing of it goes on any more; true: the upstream broke off its answer. */
  begun(): void
  over(isBroken: boolean): void
  /** An answer has begun; true: it says that the upstream is stopping and did nothing. */
  answered(isStopping: boolean): void
}

/**
 * Sends a request to an upstream; bodies pass as they come, in both directions. Throws {@link PeerFailure}, or a Problem where the
 * fault is the client's. The body is not touched before there is a connection, so an unreachable upstream costs nothing.
 */
export const exchange = (request: Request, way: Way): Promise<Response> =>
  new Promise((resolve, reject) => {
    const { forwarding, upstream, isBeside } = way
    const { signal } = request
    const outgoing = outgoingOf(request, way)
    let forget = (): void => {}
    const call = new Call(isBeside ? upstream.heldOpen : upstream.connections, outgoing, {
      sent() {
        forwarding.uploads.delete(call)
        contextOf(request).sentAt = performance.now()
      },
      answered(head, body) {
        forget()
        resolve(toResponse(request, { head, body }, way))
      },
      failed(reason) {
        reject(faultOf(reason))
      },
      over(isBroken) {
        forget()
        forwarding.uploads.delete(call)
        signal.removeEventListener('abort', leave)
        way.over(isBroken)
      },
    })
    // Nobody waits any more: the upstream need not go on, and the connection is free.
    const leave = (): void => call.breakOff(new Error('the client is gone', { cause: signal.reason }))
    way.begun()
    if (outgoing.body) forwarding.uploads.add(call)
    signal.addEventListener('abort', leave)
    if (way.waits) forget = forwarding.streams.wait((reason) => call.breakOff(reason))
    if (signal.aborted) leave()
    else call.start()
  })

/** What is neither the upstream's fault nor already in words is the client's. */
const faultOf = (reason: unknown): PeerFailure | Problem => {
  if (reason instanceof PeerFailure || reason instanceof Problem) return reason
  if (!(reason instanceof BodyStalled)) return brokenOff(reason)
  return new Problem('request_timeout', { detail: 'The body did not go on.', cause: reason })
}

const outgoingOf = (request: Request, way: Way): Outgoing => {
  const { upstream, forwarding, target, headersMs, traceparent } = way
  const { base, basePath } = upstream
  const fields = requestHeaders(request, base, forwarding.requestRules, forwarding.clientOf)
  if (traceparent !== undefined) fields.traceparent = traceparent
  return {
    method: request.method,
    head: writeRequestHead(request.method, basePath + target, fields),
    body: bodyOf(request, fields['content-length'], forwarding),
    connectMs: forwarding.connectMs ?? headersMs,
    headersMs,
    silenceMs: forwarding.silenceMs,
  }
}

const bodyOf = (
  request: Request,
  length: string | undefined,
  { maxBodyBytes }: Forwarding,
): OutgoingBody | undefined => {
  if (!sendsBody(request) || !request.body || length === '0') return undefined
  return {
    stream: request.body,
    length: length === undefined ? undefined : Number(length),
    bound: maxBodyBytes === undefined ? undefined : { maxBytes: maxBodyBytes, tooLarge: bodyTooLarge },
  }
}

const toResponse = (
  request: Request,
  { head, body }: { head: AnswerHead; body: AnswerBody },
  way: Way,
): Response => {
  const { answerRules, streams } = way.forwarding
  const { status } = head
  const headers = answerHeaders(request, head, answerRules)
  const isEmpty = request.method === 'HEAD' || status === 204 || status === 205 || status === 304
  if (isEmpty) {
    way.answered(false)
    // Only with 205 something of one could be to come, and without an end.
    body.leave()
    return new Response(null, { status, headers })
  }
  const type = headers instanceof Headers ? headers.get('content-type') : headers['content-type']
  if (isEventStream(status, type)) {
    way.answered(false)
    return ownStream(headers, streams.pass(body))
  }
  if (body.isWhole) {
    const bytes = body.bytes()
    way.answered(status === 503 && bytes.includes('"code":"stopping"'))
    if (headers instanceof Headers || !STATUS_CODES[status]) return new Response(bytes, { status, headers })
    // Some come in chunks.
    headers['content-length'] = String(bytes.length)
    return wholeAnswer(status, { fields: headers, bytes })
  }
  way.answered(false)
  return new Response(body.stream(), { status, headers })
}
