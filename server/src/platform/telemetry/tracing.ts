import type { Peer } from '../peers/peer.ts'
import type { StoreCall } from './note-store-calls.ts'

/** The ids of a span as W3C Trace Context writes them. */
export interface SpanIds {
  traceId: string
  spanId: string
  isSampled: boolean
}

/** What is asked of another process. */
export interface OutgoingCall {
  method: string
  /** Without its query, which may hold a key. */
  url: string
  /** What the other side is called here. */
  name: string
}

export interface CallSpan {
  /** The header by which the other side hears of this span. */
  traceparent: string
  /** `failure` is the kind of what went wrong where there is no answer. */
  end(outcome: { status: number } | { failure: string }): void
}

/** Spans of OpenTelemetry; made only where traces are asked for, so that nobody else pays. */
export interface Tracing {
  /** A server's span around each request, a child of the caller's; inside of it everything else here knows what it belongs to. */
  serve(peer: Peer): Peer
  /** A span around what a service of this process does for a request. */
  within(service: string, peer: Peer): Peer
  /** Begins the span of a call; undefined where the trace is not recorded. */
  call(call: OutgoingCall): CallSpan | undefined
  /** A span of something that is over; `failure` is the kind of its error, '' without one. */
  noteStoreCall(call: StoreCall, failure: string): void
  /** The span that this code runs in. */
  current(): SpanIds | undefined
}
