import type { IncomingMessage } from 'node:http'
import type { Problem } from '../../../../contract/problems.ts'
import { eventStreamType, retryPiece } from '../http/event-stream.ts'
import { type Outlet, pieceOf, type StreamSource } from '../http/own-stream.ts'
import { stopping } from '../http/stopping.ts'

/** What is held open on behalf of clients: streams that are passed on, and reads that wait for a change. */
export interface PassStreams {
  /** Passes the neighbour's bytes on as they come, and its end; when the client goes, the neighbour is left too. */
  pass(incoming: IncomingMessage): StreamSource
  /** Notes how a read that waits is broken off, which is at once when this process is stopping; returns what forgets it. */
  wait(breakOff: (reason: Problem) => void): () => void
  /** This process is stopping: ends streams properly and answers what waits with 503, so that clients go elsewhere. */
  drain(): void
}

const newline = 10

export const isEventStream = (status: number, contentType: string | null | undefined): boolean =>
  status === 200 && (contentType ?? '').startsWith(eventStreamType)

export const createPassStreams = (): PassStreams => {
  const ends = new Set<() => void>()
  const waits = new Set<(reason: Problem) => void>()
  let isDraining = false

  const begin = (incoming: IncomingMessage, outlet: Outlet): (() => void) => {
    /** Between two events, where more may be said. */
    let isBetween = true
    const end = (): void => outlet.end(isBetween ? retryPiece(ends.size) : undefined)
    incoming.on('data', (bytes: Buffer) => {
      isBetween = bytes.at(-1) === newline && bytes.at(-2) === newline
      outlet.send(pieceOf(bytes))
    })
    incoming.on('end', () => outlet.end())
    // After a proper end nothing happens any more.
    incoming.on('error', () => outlet.cut()).on('close', () => outlet.cut())
    return end
  }

  return {
    pass(incoming) {
      let end: (() => void) | undefined
      return {
        open(outlet) {
          end = begin(incoming, outlet)
          ends.add(end)
          if (isDraining) end()
        },
        closed() {
          if (end) ends.delete(end)
          incoming.destroy()
        },
      }
    },
    wait(breakOff) {
      if (isDraining) breakOff(stopping())
      waits.add(breakOff)
      return () => void waits.delete(breakOff)
    },
    drain() {
      isDraining = true
      for (const end of ends) end()
      for (const breakOff of waits) breakOff(stopping())
    },
  }
}
