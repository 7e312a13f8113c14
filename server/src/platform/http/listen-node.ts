import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Problem, type ProblemCode, problemBody } from '../../../../contract/problems.ts'
import type { Peer } from '../peers/peer.ts'
import { connectionLimits, type Listener, type ListenOptions, readableUrl } from './listener.ts'

/** Receives HTTP with node:http. */
export const listen = async (peer: Peer, { host, port }: ListenOptions): Promise<Listener> => {
  const server = createServer(
    {
      maxHeaderSize: connectionLimits.headerBytes,
      headersTimeout: connectionLimits.headersTimeoutMs,
      requestTimeout: connectionLimits.requestTimeoutMs,
      keepAliveTimeout: connectionLimits.keepAliveTimeoutMs,
      connectionsCheckingInterval: 2_000,
      noDelay: true,
    },
    getRequestListener(peer, { errorHandler: refuseUnreadable }),
  )
  server.maxConnections = connectionLimits.connections
  server.on('clientError', answerClientError)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  return { url: readableUrl(host, bound), close: (graceMs) => close(server, graceMs) }
}

/** Requests that cannot even become a Request (a bad Host, a backslash in the path) get a problem like all others. */
const refuseUnreadable = (): Response => {
  const { status, headers, body } = bareProblem(
    'invalid_request',
    'The request line or the Host header is not valid.',
  )
  return new Response(body, { status, headers })
}

const bareProblem = (code: ProblemCode, detail: string) => {
  const problem = new Problem(code, { detail })
  return {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json; charset=utf-8', 'cache-control': 'no-store' },
    body: JSON.stringify(problemBody(problem, 'none')),
  }
}

/** What the HTTP parser refuses never becomes a request: answer on the raw socket, then close it. */
const answerClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const { status, headers, body } =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? bareProblem(
          'headers_too_large',
          `Request line and headers may have ${connectionLimits.headerBytes} bytes.`,
        )
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? bareProblem('request_timeout', 'The request did not arrive in time.')
        : bareProblem('invalid_request', 'This is not HTTP/1.1 as RFC 9112 defines it.')
  const lines = Object.entries({ ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) })
  socket.end(`HTTP/1.1 ${status} -\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n${body}`)
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
