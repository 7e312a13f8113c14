import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { ConnectionLimits } from './listener.ts'
import { type OnUnreadable, refuseUnreadable } from './refuse-unreadable.ts'
import type { Fault } from './shape-fault.ts'

const endGraceMs = 2_000

/** What of a connection was refused: nothing behind it may be taken for a request any more. */
const refusedKey = Symbol('refused')
interface Refusable {
  [refusedKey]?: true
}

export const isRefused = (socket: Duplex & Refusable): boolean => socket[refusedKey] === true

/** Answers what never becomes a request on the raw connection, and closes it. */
export const answerOnSocket = (socket: Duplex, fault: Fault, onUnreadable: OnUnreadable): void => {
  if (!socket.writable) return void socket.destroy()
  const { status, headers, body } = refuseUnreadable(...fault, onUnreadable)
  const all = { ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) }
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}\r\n${body}`)
  // At once, it could be lost on its way: an end with bytes unread is a reset.
  setTimeout(() => socket.destroy(), endGraceMs).unref()
}

/** Answers a request that is not handed on. Of HTTP/1.1 its connection ends with it: what follows could be a part of it. */
export const answerRefused = (
  incoming: IncomingMessage | Http2ServerRequest,
  outgoing: ServerResponse | Http2ServerResponse,
  fault: Fault,
  onUnreadable: OnUnreadable,
): void => {
  const { status, headers, body } = refuseUnreadable(...fault, onUnreadable)
  const all: Record<string, string> = { ...headers, 'content-length': String(Buffer.byteLength(body)) }
  if ('stream' in outgoing) outgoing.writeHead(status, all)
  else {
    const socket: Duplex & Refusable = incoming.socket
    socket[refusedKey] = true
    outgoing.writeHead(status, { ...all, connection: 'close' })
  }
  outgoing.end(body)
}

/** The fault that node:http tells by the code of an error. */
export const faultOf = ({ code }: NodeJS.ErrnoException, { headerBytes }: ConnectionLimits): Fault => {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return ['headers_too_large', `Request line and headers may have ${headerBytes} bytes.`]
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['request_timeout', 'The request did not arrive in time.']
  return ['invalid_request', 'This is not HTTP/1.1 as RFC 9112 defines it.']
}
