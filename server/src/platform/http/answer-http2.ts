import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { getRequestListener, type Http2Bindings, type HttpBindings } from '@hono/node-server'
import { Problem } from '../../../../contract/problems.ts'
import type { Peer } from '../peers/peer.ts'
import { answerRefused } from './answer-refused.ts'
import { http2Fault } from './http2-fault.ts'
import { connectionLimits, type ListenOptions } from './listener.ts'
import { badAddress, refuseUnreadable } from './refuse-unreadable.ts'
import { noteSource } from './remote-address.ts'
import { rewriteFault } from './shape-fault.ts'
import { watchBodies } from './watch-bodies.ts'

type Answer = (incoming: Http2ServerRequest, outgoing: Http2ServerResponse) => void

/** What node:http2 calls with each request: refuses what nobody should see, and gives the others to the handler. */
export const answerHttp2 = (
  peer: Peer,
  { onUnreadable, limits: given }: ListenOptions,
): { answer: Answer; stop: () => void } => {
  const limits = { ...connectionLimits, ...given }
  const { watch, stop } = watchBodies(limits, ({ stream }) => stream.close())
  /** Requests that cannot even become a Request: no Host or a bad one, a backslash in the path. */
  const errorHandler = (error: unknown): Response => {
    const detail = error instanceof Problem ? error.message : badAddress
    const { body, ...init } = refuseUnreadable('invalid_request', detail, onUnreadable)
    return new Response(body, init)
  }
  // The platform's own Response stays what it is: answers are made for HTTP/1.1.
  const hand = getRequestListener(handler(peer), { errorHandler, overrideGlobalObjects: false })
  const answer: Answer = (incoming, outgoing) => {
    const fault = http2Fault(incoming, limits)
    if (fault) return answerRefused(outgoing, fault, onUnreadable)
    if (!incoming.stream.endAfterHeaders) watch(incoming)
    void hand(incoming as unknown as IncomingMessage, outgoing as unknown as ServerResponse)
  }
  return { answer, stop }
}

const handler =
  (peer: Peer) =>
  (request: Request, { incoming }: HttpBindings | Http2Bindings): Response | Promise<Response> => {
    const fault = rewriteFault(incoming.url ?? '', request.url)
    if (fault) throw new Problem(fault[0], { detail: fault[1] })
    noteSource(request, addressOf(incoming as unknown as Http2ServerRequest))
    return peer(request)
  }

/** A stream's socket is gone with its session, and asking it would throw. */
const addressOf = ({ stream }: Http2ServerRequest): { remoteAddress?: string | undefined } => ({
  remoteAddress: stream.session?.socket.remoteAddress,
})
