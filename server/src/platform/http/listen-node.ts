import {
  createServer,
  IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener, type Http2Bindings, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Problem } from '../../../../contract/problems.ts'
import type { Peer } from '../peers/peer.ts'
import { answerOnSocket, answerRefused, faultOf, isRefused } from './answer-refused.ts'
import { closeServer } from './close-server.ts'
import { countConnections } from './count-connections.ts'
import { connectionLimits, type Listener, type ListenOptions, readableUrl } from './listener.ts'
import { streamOf } from './own-stream.ts'
import { PreparedResponse } from './prepared-response.ts'
import { isTooManyBehind } from './queue-behind.ts'
import { badAddress, refuseUnreadable } from './refuse-unreadable.ts'
import { noteSource } from './remote-address.ts'
import { rewriteFault, shapeFault } from './shape-fault.ts'
import { takeConnection } from './take-connection.ts'
import { watchBodies } from './watch-bodies.ts'

export type HttpSettings = ServerOptions<typeof IncomingMessage, typeof PreparedResponse>

/** With what it speaks beside HTTP/1.1. */
export interface AnyServer {
  http: Server
  drain(): void
  cut(): void
  stop(): void
}

export type Answer = (
  incoming: IncomingMessage | Http2ServerRequest,
  outgoing: ServerResponse | Http2ServerResponse,
) => void

/** Receives HTTP with node:http. */
export const listen = async (peer: Peer, options: ListenOptions): Promise<Listener> => {
  const limits = { ...connectionLimits, ...options.limits }
  const state: State = { isDraining: false }
  const { answer, stop } = createAnswer(peer, options, state)
  const settings: HttpSettings = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersTimeoutMs,
    // Bodies are held to a least speed instead.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(2_000, limits.headersTimeoutMs),
    noDelay: true,
    optimizeEmptyRequests: true,
    IncomingMessage,
    ServerResponse: PreparedResponse,
    // Node's own answer to a request without Host is no problem+json; errorHandler refuses it.
    requireHostHeader: false,
  }
  const secure = options.tls && (await import('./listen-tls.ts'))
  const server = secure
    ? await secure.createSecureServer(settings, answer, options)
    : { http: createServer(settings, answer), drain: () => {}, cut: () => {}, stop: () => {} }
  bound(server.http, options)
  await bind(server.http, options)
  const { port } = server.http.address() as AddressInfo
  const drain = (): void => {
    state.isDraining = true
    server.drain()
  }
  return {
    url: readableUrl(options.host, port, secure ? 'https' : 'http'),
    drain,
    close: async (graceMs) => {
      drain()
      await closeServer(server, graceMs, limits.lingerMs)
      server.stop()
      stop()
    },
  }
}

/** What of the listener changes while it runs. */
interface State {
  isDraining: boolean
}

const bind = (server: Server, { host, port, sharesPort = false }: ListenOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, reusePort: sharesPort }, resolve)
  })

/** Holds connections to their bounds, and refuses what is no request. */
const bound = (server: Server, options: ListenOptions): void => {
  const {
    onUnreadable,
    connectionsPerClient: most = 0,
    isTrusted = () => false,
    onCrowd = () => {},
  } = options
  const limits = { ...connectionLimits, ...options.limits }
  server.timeout = limits.silenceMs
  server.maxConnections = limits.connections
  const isOneMore = countConnections({ most, isTrusted, onCrowd })
  // Before node:http makes a parser for it.
  server.prependListener('connection', isOneMore)
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable || isRefused(socket)) return void socket.destroy()
    answerOnSocket(socket, faultOf(error, limits), onUnreadable)
  })
  server.on('connect', (_: unknown, socket: Socket) =>
    answerOnSocket(socket, ['invalid_request', 'This is no proxy: CONNECT is not supported.'], onUnreadable),
  )
}

/** What node:http calls with each request: refuses what nobody should see, and gives the others to the handler. */
const createAnswer = (
  peer: Peer,
  { onUnreadable, limits: given }: ListenOptions,
  state: State,
): { answer: Answer; stop: () => void } => {
  const limits = { ...connectionLimits, ...given }
  const { watch, stop } = watchBodies(limits, (incoming, outgoing) => {
    if ('stream' in outgoing) outgoing.stream.close()
    else if (outgoing.headersSent || !outgoing.socket) incoming.socket.destroy()
    else answerOnSocket(outgoing.socket, ['request_timeout', 'The body arrives too slowly.'], onUnreadable)
  })
  /** Requests that cannot even become a Request: no Host or a bad one, a backslash in the path. */
  const errorHandler = (error: unknown): Response => {
    const detail = error instanceof Problem ? error.message : badAddress
    const { body, ...init } = refuseUnreadable('invalid_request', detail, onUnreadable)
    return new Response(body, init)
  }
  const closingHandler = (error: unknown): Response => {
    const answer = errorHandler(error)
    answer.headers.set('connection', 'close')
    return answer
  }
  const hand = getRequestListener(sendingStreams(peer, state), { errorHandler: closingHandler })
  // HTTP/2 has no such header.
  const handHttp2 = getRequestListener(sendingStreams(peer, state), { errorHandler })
  const answer: Answer = (incoming, outgoing) => {
    const isHttp2 = 'stream' in incoming
    if (!isHttp2 && isRefused(incoming.socket)) return
    const fault = shapeFault(incoming, limits)
    if (fault) return answerRefused(incoming, outgoing, fault, onUnreadable)
    if (!isHttp2 && isTooManyBehind(incoming, outgoing as ServerResponse, limits.pipelined)) {
      return void incoming.socket.destroy()
    }
    const { headers } = incoming
    const hasBody = isHttp2
      ? !incoming.stream.endAfterHeaders
      : headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
    if (hasBody) watch(incoming, outgoing)
    void (isHttp2 ? handHttp2 : hand)(incoming as IncomingMessage, outgoing as ServerResponse)
  }
  return { answer, stop }
}

type Bindings = HttpBindings | Http2Bindings

/** Streams are written to their connections; every other answer goes as it is. */
const sendingStreams = (peer: Peer, state: State) => {
  const send = (answer: Response, { incoming, outgoing }: Bindings): Response => {
    const stream = streamOf(answer)
    // Of HTTP/2 a connection carries other requests too.
    if ('stream' in outgoing) return answer
    if (stream && takeConnection(answer, stream, { incoming, outgoing } as HttpBindings)) {
      return RESPONSE_ALREADY_SENT
    }
    if (state.isDraining) outgoing.shouldKeepAlive = false
    return answer
  }
  return (request: Request, http: Bindings): Response | Promise<Response> => {
    const { incoming } = http
    const fault = rewriteFault(incoming.url ?? '', request.url)
    if (fault) throw new Problem(fault[0], { detail: fault[1] })
    noteSource(request, 'stream' in incoming ? addressOf(incoming) : incoming.socket)
    const answer = peer(request)
    return answer instanceof Promise ? answer.then((response) => send(response, http)) : send(answer, http)
  }
}

/** A stream's socket is gone with its session, and asking it would throw. */
const addressOf = ({ stream }: Http2ServerRequest): { remoteAddress?: string | undefined } => ({
  remoteAddress: stream.session?.socket.remoteAddress,
})
