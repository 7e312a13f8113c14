import { createServer, type Server, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener, type Http2Bindings, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { ProblemCode } from '../../../../contract/problems.ts'
import type { Peer } from '../peers/peer.ts'
import { connectionLimits, type Listener, type ListenOptions, readableUrl } from './listener.ts'
import { streamOf } from './own-stream.ts'
import { PreparedResponse } from './prepared-response.ts'
import { badAddress, type OnUnreadable, refuseUnreadable } from './refuse-unreadable.ts'
import { noteSource } from './remote-address.ts'
import { takeConnection } from './take-connection.ts'

/** Receives HTTP with node:http. */
export const listen = async (peer: Peer, options: ListenOptions): Promise<Listener> => {
  const { host, port, silenceMs = connectionLimits.silenceMs, onUnreadable } = options
  /** Requests that cannot even become a Request: no Host or a bad one, a backslash in the path. */
  const errorHandler = (): Response => {
    const { body, ...init } = refuseUnreadable('invalid_request', badAddress, onUnreadable)
    return new Response(body, init)
  }
  const server = createServer(
    {
      maxHeaderSize: connectionLimits.headerBytes,
      headersTimeout: connectionLimits.headersTimeoutMs,
      requestTimeout: connectionLimits.requestTimeoutMs,
      keepAliveTimeout: connectionLimits.keepAliveTimeoutMs,
      connectionsCheckingInterval: 2_000,
      noDelay: true,
      optimizeEmptyRequests: true,
      ServerResponse: PreparedResponse,
      // Node's own answer to a request without Host is no problem+json; errorHandler refuses it.
      requireHostHeader: false,
    },
    getRequestListener(sendingStreams(peer), { errorHandler }),
  )
  server.timeout = silenceMs
  server.maxConnections = connectionLimits.connections
  server.on('clientError', answerClientError(onUnreadable))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  return { url: readableUrl(host, bound), close: (graceMs) => close(server, graceMs) }
}

type Bindings = HttpBindings | Http2Bindings

/** Streams are written to their connections; every other answer goes as it is. */
const sendingStreams = (peer: Peer) => {
  const send = (answer: Response, http: Bindings): Response => {
    const stream = streamOf(answer)
    // No HTTP/2 is spoken here, as the types allow for.
    return stream && takeConnection(answer, stream, http as HttpBindings) ? RESPONSE_ALREADY_SENT : answer
  }
  return (request: Request, http: Bindings): Response | Promise<Response> => {
    noteSource(request, http.incoming.socket)
    const answer = peer(request)
    return answer instanceof Promise ? answer.then((response) => send(response, http)) : send(answer, http)
  }
}

const faultOf = (error: NodeJS.ErrnoException): [ProblemCode, string] => {
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    return ['headers_too_large', `Request line and headers may have ${connectionLimits.headerBytes} bytes.`]
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return ['request_timeout', 'The request did not arrive in time.']
  }
  return ['invalid_request', 'This is not HTTP/1.1 as RFC 9112 defines it.']
}

/** What the HTTP parser refuses never becomes a request: answer on the raw socket, then close it. */
const answerClientError =
  (onUnreadable: OnUnreadable) =>
  (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    const { status, headers, body } = refuseUnreadable(...faultOf(error), onUnreadable)
    const lines = Object.entries({
      ...headers,
      connection: 'close',
      'content-length': Buffer.byteLength(body),
    })
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${body}`)
  }

const close = async (server: Server, graceMs: number): Promise<void> => {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  // Connections that become idle only now would keep the server open until their keep-alive ends.
  const sweepIdle = setInterval(() => server.closeIdleConnections(), 50)
  server.closeIdleConnections()
  await closed
  clearTimeout(cut)
  clearInterval(sweepIdle)
}
