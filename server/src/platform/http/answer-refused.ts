import type { Http2ServerResponse } from 'node:http2'
import { type OnUnreadable, refuseUnreadable } from './refuse-unreadable.ts'
import type { Fault } from './shape-fault.ts'

/** Answers a request of HTTP/2 that is not handed on. */
export const answerRefused = (
  outgoing: Http2ServerResponse,
  fault: Fault,
  onUnreadable: OnUnreadable,
): void => {
  const { status, headers, body } = refuseUnreadable(...fault, onUnreadable)
  outgoing.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) })
  outgoing.end(body)
}
