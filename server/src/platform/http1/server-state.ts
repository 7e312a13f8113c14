import { Buffer } from 'node:buffer'
import { STATUS_CODES } from 'node:http'
import { afterReading } from '../after-reading.ts'
import { type ConnectionLimits, connectionLimits, type ListenOptions } from '../http/listener.ts'
import { problemResponse, toProblem } from '../http/problem-response.ts'
import { refuseUnreadable } from '../http/refuse-unreadable.ts'
import type { Fault } from '../http/shape-fault.ts'
import type { Peer } from '../peers/peer.ts'
import type { Connection } from './connection.ts'

/** What all connections of a listener share. */
export interface ServerState {
  peer: Peer
  limits: ConnectionLimits
  connections: Set<Connection>
  isDraining: boolean
  /** Ms; as of the last look at the connections. */
  now: number
  /** The lines of an answer's head about its connection. */
  endingOf(keepsAlive: boolean): string
  /** The whole answer to what is no request, as it is sent. */
  refusalOf(fault: Fault): Uint8Array
  answerFor(error: unknown): Response
  stop(): void
}

const looksInShortest = 4
const lookMost = 1_000
const lookLeast = 10

export const createServerState = (
  peer: Peer,
  { limits: given, onUnreadable }: ListenOptions,
): ServerState => {
  const limits = { ...connectionLimits, ...given }
  const keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(limits.keepAliveTimeoutMs / 1_000)}\r\n`
  const state: ServerState = {
    ...{ peer, limits, connections: new Set(), isDraining: false, now: performance.now() },
    endingOf: (keepsAlive) => (keepsAlive ? keepAlive : 'Connection: close\r\n'),
    refusalOf(fault) {
      const { status, headers, body } = refuseUnreadable(...fault, onUnreadable)
      const all = { ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) }
      const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
      return Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
    },
    answerFor(error) {
      const problem = toProblem(error)
      return problemResponse(problem, new Request('http://localhost/'))
    },
    stop: () => clearInterval(timer),
  }
  const shortest = Math.min(
    limits.headersTimeoutMs,
    limits.keepAliveTimeoutMs,
    limits.bodySpanMs,
    limits.silenceMs,
  )
  const everyMs = Math.max(lookLeast, Math.min(lookMost, shortest / looksInShortest))
  const look = (): void => {
    state.now = performance.now()
    for (const connection of state.connections) connection.look(state.now)
  }
  // After what has arrived was read: where we were late, the client was not.
  const timer = setInterval(() => afterReading(look), everyMs)
  timer.unref()
  return state
}

/** A client that sends no more still hears what was said; an answer that is only being made ends with it, as with one that is gone. */
export const socketOptions = { noDelay: true, allowHalfOpen: true } as const
