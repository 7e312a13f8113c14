import { type ClientRequest, request as httpRequest, type IncomingMessage, STATUS_CODES } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { pipeline, Readable } from 'node:stream'
import { ownStream } from '../http/own-stream.ts'
import { brokenOff } from '../http/read-body.ts'
import { contextOf } from '../http/request-context.ts'
import { wholeAnswer } from '../http/whole-answer.ts'
import { boundBody } from './bound-body.ts'
import type { ClientOf } from './client-of.ts'
import { answerHeaders, type HeaderRules, requestHeaders, sendsBody } from './forwarded-headers.ts'
import { isEventStream, type PassStreams } from './pass-streams.ts'
import { type FailureKind, PeerFailure } from './peer-failure.ts'
import type { Upstream } from './upstream.ts'

/** Bytes that the headers of an answer may have. */
const answerHeaderBytes = 65_536

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
  uploads: Set<ClientRequest>
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
    const { forwarding, headersMs } = way
    let answer: IncomingMessage | undefined
    const outgoing = open(request, way, (incoming) => {
      answer = incoming
      // Whoever reads it hears of it; nobody may be reading.
      incoming.on('error', () => {})
      // A small answer is there as a whole as soon as what was received with its headers has been read.
      process.nextTick(() => {
        // It does answer; what is silent now may as well be a client that reads slowly.
        if (!incoming.complete) outgoing.setTimeout(forwarding.silenceMs)
        try {
          checkAnswer(incoming)
          resolve(toResponse(request, incoming, way))
        } catch (cause) {
          breakOff(new PeerFailure('broken', { cause }))
        }
      })
    })
    way.begun()
    const breakOff = (reason: Error): void => {
      // One that waits for a connection is told of its end only when it gets one.
      reject(reason)
      outgoing.destroy(reason)
    }
    if (way.waits) {
      const forget = forwarding.streams.wait(breakOff)
      outgoing.on('response', forget).on('close', forget)
    }
    if (sendsBody(request)) forwarding.uploads.add(outgoing)
    const sent = (): void => void forwarding.uploads.delete(outgoing)
    outgoing.once('close', sent)
    boundWait(outgoing, headersMs, breakOff, () => {
      contextOf(request).sentAt = performance.now()
      sent()
    })
    const connection = whenConnected(outgoing, forwarding.connectMs ?? headersMs, breakOff, () =>
      sendBody(request, outgoing, forwarding, breakOff),
    )
    outgoing.on('error', (cause) => {
      const kind = connection.kindOf(cause)
      reject(new PeerFailure(kind, { cause, isReused: outgoing.reusedSocket }))
    })
    const { signal } = request
    // Nobody waits any more: the upstream need not go on, and the connection is free.
    const leave = (): void => breakOff(new Error('the client is gone', { cause: signal.reason }))
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave)
    outgoing.once('close', () => {
      signal.removeEventListener('abort', leave)
      // One that speaks another protocol all of a sudden is closed without an error.
      if (!answer) reject(new PeerFailure('broken'))
      way.over(isBrokenOff(answer))
    })
  })

/** Throws where an answer cannot be what it seems: another reader could find another end of it. */
const checkAnswer = ({ statusCode = 0, headers, httpVersion }: IncomingMessage): void => {
  if (statusCode < 200 || statusCode > 599) throw new Error(`status ${statusCode}`)
  const coding = headers['transfer-encoding']
  if (coding === undefined) return
  if (coding.toLowerCase() !== 'chunked' || httpVersion !== '1.1')
    throw new Error(`Transfer-Encoding ${coding} of HTTP/${httpVersion}`)
}

/**
 * While the body is on its way there may be no silence; from its end on an answer has so much time to begin, whatever else comes:
 * 103s without end, or its headers letter by letter.
 */
const boundWait = (
  outgoing: ClientRequest,
  headersMs: number,
  breakOff: (reason: Error) => void,
  sent: () => void,
): void => {
  const giveUp = (): void =>
    breakOff(new PeerFailure('silent', { cause: new Error(`no answer within ${headersMs} ms`) }))
  outgoing.setTimeout(headersMs, giveUp)
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  const stop = (): void => {
    isOver = true
    clearTimeout(timer)
  }
  outgoing.once('response', stop).once('close', stop)
  outgoing.once('finish', () => {
    sent()
    if (!isOver) timer = setTimeout(giveUp, headersMs)
  })
}

/** It was not us who left, nor our client. */
const isBrokenOff = (answer: IncomingMessage | undefined): boolean =>
  (answer?.errored as NodeJS.ErrnoException | null | undefined)?.code === 'ECONNRESET'

const open = (
  request: Request,
  { upstream, forwarding, target, isBeside }: Way,
  onAnswer: (incoming: IncomingMessage) => void,
): ClientRequest => {
  const { base, basePath, agent, heldOpen } = upstream
  const outgoing = (base.protocol === 'https:' ? httpsRequest : httpRequest)(
    {
      protocol: base.protocol,
      hostname: base.hostname,
      port: base.port,
      agent: isBeside ? heldOpen : agent,
      method: request.method,
      path: basePath + target,
      headers: requestHeaders(request, base, forwarding.requestRules, forwarding.clientOf),
      maxHeaderSize: answerHeaderBytes,
    },
    onAnswer,
  )
  // Else those beyond the 2,000th are dropped, and `no-store` with them; their bytes are bounded.
  outgoing.maxHeadersCount = 0
  return outgoing
}

type Connecting = Socket & { secureConnecting?: boolean }

/** A request's own timeout begins when it is connected: not while it waits for a free connection, nor for a dead host. */
const whenConnected = (
  outgoing: ClientRequest,
  connectMs: number,
  breakOff: (reason: Error) => void,
  begin: () => void,
): { kindOf(error: NodeJS.ErrnoException): FailureKind } => {
  let isThere = false
  let isShaking = false
  // A kept connection is there already, and is only given a tick later.
  const timer = outgoing.reusedSocket
    ? undefined
    : setTimeout(() => {
        breakOff(new PeerFailure('unreachable', { cause: new Error(`no connection within ${connectMs} ms`) }))
      }, connectMs)
  const connected = (): void => {
    clearTimeout(timer)
    isThere = true
    begin()
  }
  if (timer) outgoing.on('close', () => clearTimeout(timer))
  outgoing.on('socket', (socket: Connecting) => {
    if (socket.secureConnecting) {
      socket.once('connect', () => {
        isShaking = true
      })
      socket.once('secureConnect', connected)
    } else if (socket.connecting) socket.once('connect', connected)
    else connected()
  })
  return {
    kindOf: ({ code }) =>
      isThere ? 'broken' : isShaking && code !== 'ECONNRESET' ? 'untrusted' : 'unreachable',
  }
}

const sendBody = (
  request: Request,
  outgoing: ClientRequest,
  { maxBodyBytes }: Forwarding,
  breakOff: (reason: Error) => void,
): void => {
  if (!sendsBody(request) || !request.body) return void outgoing.end()
  const body = Readable.fromWeb(request.body as never)
  body.on('error', (error) => breakOff(brokenOff(error)))
  const bound = boundBody(maxBodyBytes, breakOff)
  // Unlike pipe, this also ends what was begun when the client breaks off; errors arrive at the two.
  if (bound) pipeline(body, bound, outgoing, () => {})
  else pipeline(body, outgoing, () => {})
}

const toResponse = (request: Request, incoming: IncomingMessage, way: Way): Response => {
  const { answerRules, streams } = way.forwarding
  const status = incoming.statusCode ?? 0
  const headers = answerHeaders(request, incoming, answerRules)
  const isEmpty = request.method === 'HEAD' || status === 204 || status === 205 || status === 304
  if (isEmpty) {
    incoming.resume()
    way.answered(false)
    return new Response(null, { status, headers })
  }
  const fields = headers instanceof Headers ? Object.fromEntries(headers) : headers
  if (isEventStream(status, fields['content-type'])) {
    way.answered(false)
    return ownStream(fields, streams.pass(incoming))
  }
  if (incoming.complete) {
    const bytes = allOf(incoming)
    way.answered(status === 503 && bytes.includes('"code":"stopping"'))
    if (headers instanceof Headers || !STATUS_CODES[status]) return new Response(bytes, { status, headers })
    // Some come in chunks.
    headers['content-length'] = String(bytes.length)
    return wholeAnswer(status, { fields: headers, bytes })
  }
  way.answered(false)
  return new Response(Readable.toWeb(incoming) as ReadableStream<Uint8Array>, { status, headers })
}

/** What has arrived, which `read` gives a piece at a time; the connection is free when there is no more. */
const allOf = (incoming: IncomingMessage): Buffer<ArrayBuffer> => {
  const pieces: Buffer<ArrayBuffer>[] = []
  for (let piece = incoming.read(); piece !== null; piece = incoming.read()) pieces.push(piece)
  incoming.resume()
  return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)
}
