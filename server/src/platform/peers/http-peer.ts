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
import { brokenOff } from '../http/read-body.ts'
import { contextHeaders, contextOf } from '../http/request-context.ts'
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
}

/**
 * The neighbour in another process, over HTTP/1.1 with kept connections. Bodies pass as they are: node:http is used
 * because fetch would undo a content coding that the client asked for. Throws 503 when the neighbour does not answer, and
 * 400, for nobody to read, when the client is gone first.
 */
export const httpPeer = (options: HttpPeerOptions): { peer: Peer; close: () => void } => {
  const base = new URL(options.baseUrl)
  const secure = base.protocol === 'https:'
  const agent = new (secure ? TlsAgent : Agent)({ keepAlive: true, maxSockets: 256, scheduling: 'lifo' })
  const send = async (request: Request, retried: boolean): Promise<Response> => {
    try {
      return await exchange(request, base, secure, agent, options.timeoutMs)
    } catch (error) {
      if (error instanceof Problem) throw error
      if (request.signal.aborted) throw brokenOff(error)
      // A kept connection may have been closed by the other side at this very moment: safe methods may go again.
      const again = !retried && isSafe(request.method) && (error as { reused?: boolean }).reused
      if (again) return send(request, true)
      throw new Problem('upstream_unavailable', {
        detail: `The ${options.name} service does not answer now; try again in a moment.`,
        headers: { 'retry-after': '1' },
        cause: error,
      })
    }
  }
  return { peer: (request) => send(request, false), close: () => agent.destroy() }
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

const exchange = (
  request: Request,
  base: URL,
  secure: boolean,
  agent: Agent,
  timeoutMs: number,
): Promise<Response> =>
  new Promise((resolve, reject) => {
    const { pathname, search } = new URL(request.url)
    const outgoing = (secure ? httpsRequest : httpRequest)(
      {
        protocol: base.protocol,
        hostname: base.hostname,
        port: base.port,
        agent,
        method: request.method,
        path: base.pathname.replace(/\/$/, '') + pathname + search,
        headers: outgoingHeaders(request, base),
        // Nobody waits any more: the neighbour need not go on, and the connection is free.
        signal: request.signal,
      },
      (incoming) => {
        // It does answer; what is silent now may as well be a client that reads slowly.
        outgoing.setTimeout(connectionLimits.silenceMs)
        resolve(toResponse(request, incoming))
      },
    )
    const giveUp = (): void => {
      const error = new Error(`no answer within ${timeoutMs} ms`)
      // One that waits for a connection is told of its end only when it gets one.
      reject(error)
      outgoing.destroy(error)
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

const toResponse = (request: Request, incoming: IncomingMessage): Response => {
  const headers = new Headers()
  for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
    const name = incoming.rawHeaders[i] ?? ''
    if (!hopByHop.has(name.toLowerCase())) headers.append(name, incoming.rawHeaders[i + 1] ?? '')
  }
  const status = incoming.statusCode ?? 502
  const empty = request.method === 'HEAD' || status === 204 || status === 304
  if (empty) incoming.resume()
  return new Response(empty ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>), {
    status,
    headers,
  })
}
