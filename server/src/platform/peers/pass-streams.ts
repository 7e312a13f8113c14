import type { Problem } from '../../../../contract/problems.ts'
import { eventStreamType, retryPiece } from '../http/event-stream.ts'
import { type Outlet, pieceOf, type StreamSource } from '../http/own-stream.ts'
import { stopping } from '../http/stopping.ts'
import type { AnswerBody } from '../http1-client/answer-body.ts'

/** What is held open on behalf of clients: streams that are passed on, and reads that wait for a change. */
export interface PassStreams {
  /** Passes the neighbour's bytes on as they come, and its end; when the client goes, the neighbour is left too. */
  pass(body: AnswerBody): StreamSource
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

  return {
    pass(body) {
      /** Between two events, where more may be said. */
      let isBetween = true
      let outlet: Outlet | undefined
      const end = (): void => outlet?.end(isBetween ? retryPiece(ends.size) : undefined)
      return {
        open(to) {
          outlet = to
          if (isDraining) return end()
          ends.add(end)
          body.read({
            data(bytes) {
              isBetween = bytes.at(-1) === newline && bytes.at(-2) === newline
              to.send(pieceOf(bytes))
            },
            end: () => to.end(),
            cut: () => to.cut(),
          })
        },
        closed() {
          ends.delete(end)
          body.leave()
        },
      }
    },
    wait(breakOff) {
      if (isDraining) breakOff(stopping())
      else waits.add(breakOff)
      return () => void waits.delete(breakOff)
    },
    drain() {
      isDraining = true
      for (const end of ends) end()
      for (const breakOff of waits) breakOff(stopping())
    },
  }
}
