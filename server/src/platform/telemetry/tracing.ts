import type { StoreCall } from './note-store-calls.ts'

/** Spans; made where traces are asked for. */
export interface Tracing {
  /** A span of something that is over; `failure` tells the kind of its error, where it failed. */
  noteStoreCall(call: StoreCall, failure: string): void
  close(): Promise<void>
}
