import {
  Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http'
import { request as httpsRequest, Agent as TlsAgent } from 'node:https'
import { pipeline, Readable } from 'node:stream'
import { Problem } from '../../../../contract/problems.ts'
import { connectionLimits } from '../http/listener.ts'
import { ownStream } from '../http/own-stream.ts'
import { brokenOff } from '../http/read-body.ts'
import { contextHeaders, contextOf } from '../http/request-context.ts'
import { createPassStreams, isEventStream, type PassStreams } from './pass-streams.ts'
import type { Peer } from './peer.ts'

/** Headers that speak of one connection only and must not be passed on (RFC 9110 §7.6.1). */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

interface HttpPeerOptions {
  /** What it is called in errors, for example `config`. */
  name: string
  baseUrl: string
  timeoutMs: number
  /**
   * Which requests (path and query) the neighbour may leave open, and how long it may be silent beyond the timeout, in ms;
   * undefined for all others.
   */
  heldOpenMs?: (target: string) => number | undefined
}

/** A neighbour as it is reached over HTTP. */
export interface HttpPeer {
  peer: Peer
  /** This process is stopping: what is held open ends, so that clients go elsewhere. */
  drain(): void
  close(): void
}

/** The way of one request to the neighbour. */
interface Way {
  base: URL
  /** Path and query. */
  target: string
  agent: Agent
  timeoutMs: number
  streams: PassStreams
  /** The neighbour may wait for something before it answers. */
  waits: boolean
}

/**
 * The neighbour in another process, over HTTP/1.1 with kept connections. Bodies pass as they are: node:http is used
 * because fetch would undo a content coding that the client asked for. What the neighbour may leave open has connections of
 * its own, beside the 256 of all other requests. Throws 503 when the neighbour does not answer, and 400, for nobody to read,
 * when the client is gone first.
 */
export const httpPeer = ({ name, baseUrl, timeoutMs, heldOpenMs }: HttpPeerOptions): HttpPeer => {
  const base = new URL(baseUrl)
  const AgentOfIt = base.protocol === 'https:' ? TlsAgent : Agent
  const agent = new AgentOfIt({ keepAlive: true, maxSockets: 256, scheduling: 'lifo' })
  const heldOpen = new AgentOfIt({ keepAlive: true, scheduling: 'lifo' })
  const streams = createPassStreams()

  const wayOf = (request: Request): Way => {
    const { pathname, search } = new URL(request.url)
    const target = pathname + search
    const heldMs = heldOpenMs?.(target)
    return heldMs === undefined
      ? { base, target, agent, timeoutMs, streams, waits: false }
      : { base, target, agent: heldOpen, timeoutMs: timeoutMs + heldMs, streams, waits: heldMs > 0 }
  }
  const send = async (request: Request, way: Way, retried: boolean): Promise<Response> => {
    try {
      return await exchange(request, way)
    } catch (error) {
      if (error instanceof Problem) throw error
      if (request.signal.aborted) throw brokenOff(error)
      // A kept connection may have been closed by the other side at this very moment: safe methods may go again.
      const again = !retried && isSafe(request.method) && (error as { reused?: boolean }).reused
      if (again) return send(request, way, true)
      throw new Problem('upstream_unavailable', {
        detail: `The ${name} service does not answer now; try again in a moment.`,
        headers: { 'retry-after': '1' },
        cause: error,
      })
    }
  }
  return {
    peer: async (request) => send(request, wayOf(request), false),
    drain: streams.drain,
    close() {
      agent.destroy()
      heldOpen.destroy()
    },
  }
}

const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD' || method === 'OPTIONS'

const outgoingHeaders = (request: Request, base: URL): OutgoingHttpHeaders => {
  const named = (request.headers.get('connection') ?? '').toLowerCase().split(/\s*,\s*/)
  const headers: OutgoingHttpHeaders = {}
  for (const [name, value] of request.headers) {
    if (!hopByHop.has(name) && !named.includes(name)) headers[name] = value
  }
  // No body is passed on with these, so none may be announced: the next request would be taken for it.
  if (isSafe(request.method)) delete headers['content-length']
  return { ...headers, host: base.host, ...contextHeaders(contextOf(request)) }
}

/** A request's own timeout begins when it is connected: not while it waits for a free connection, nor for a dead host. */
const boundConnecting = (outgoing: ClientRequest, timeoutMs: number, giveUp: () => void): void => {
  const timer = setTimeout(giveUp, timeoutMs)
  const connected = (): void => clearTimeout(timer)
  outgoing.on('close', connected)
  outgoing.on('socket', (socket) => {
    if (socket.connecting) socket.once('connect', connected)
    else connected()
  })
}

const exchange = (request: Request, way: Way): Promise<Response> => {
  const { base, target, agent, timeoutMs, streams } = way
  return new Promise((resolve, reject) => {
    const outgoing = (base.protocol === 'https:' ? httpsRequest : httpRequest)(
      {
        protocol: base.protocol,
        hostname: base.hostname,
        port: base.port,
        agent,
        method: request.method,
        path: base.pathname.replace(/\/$/, '') + target,
        headers: outgoingHeaders(request, base),
        // Nobody waits any more: the neighbour need not go on, and the connection is free.
        signal: request.signal,
      },
      (incoming) => {
        // It does answer; what is silent now may as well be a client that reads slowly.
        outgoing.setTimeout(connectionLimits.silenceMs)
        resolve(toResponse(request, incoming, streams))
      },
    )
    const breakOff = (reason: Error): void => {
      // One that waits for a connection is told of its end only when it gets one.
      reject(reason)
      outgoing.destroy(reason)
    }
    const giveUp = (): void => breakOff(new Error(`no answer within ${timeoutMs} ms`))
    if (way.waits) {
      const forget = streams.wait(breakOff)
      outgoing.on('response', forget).on('close', forget)
    }
    outgoing.setTimeout(timeoutMs, giveUp)
    boundConnecting(outgoing, timeoutMs, giveUp)
    outgoing.on('error', (error) => reject(Object.assign(error, { reused: outgoing.reusedSocket })))
    if (isSafe(request.method) || !request.body) outgoing.end()
    else {
      const body = Readable.fromWeb(request.body as never)
      body.on('error', (error) => reject(brokenOff(error)))
      // Unlike pipe, this also ends what was begun when the client breaks off; errors arrive at the two.
      pipeline(body, outgoing, () => {})
    }
  })
}

const toResponse = (request: Request, incoming: IncomingMessage, streams: PassStreams): Response => {
  const headers = new Headers()
  for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
    const name = incoming.rawHeaders[i] ?? ''
    if (!hopByHop.has(name.toLowerCase())) headers.append(name, incoming.rawHeaders[i + 1] ?? '')
  }
  const status = incoming.statusCode ?? 502
  const empty = request.method === 'HEAD' || status === 204 || status === 304
  if (empty) incoming.resume()
  else if (isEventStream(incoming)) return ownStream(Object.fromEntries(headers), streams.pass(incoming))
  return new Response(empty ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>), {
    status,
    headers,
  })
}
