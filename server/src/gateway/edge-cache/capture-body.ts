import { Client } from './pace-client.ts'
import { bodyOf } from './stored.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** How many bytes of bodies may be in memory that are on their way into the store or to their client, over all of them. */
export interface CaptureBudget {
  left: number
}

interface CaptureOptions {
  /** The most bytes of one body. */
  maxBytes: number
  budget: CaptureBudget
  /** What Content-Length says; a body of another length is incomplete. */
  length: number | null
}

/** The whole body; null where it is too large, broke off or does not fit its announced length. */
export interface Gathered {
  body: Bytes | null
  isTooLarge: boolean
}

export interface Captured {
  /** The same bytes for the client, as they come. */
  body: ReadableStream<Bytes>
  /** Settled once the body is over, or known to be too large. Never fails. */
  whole: Promise<Gathered>
}

/** A piece of a body. It counts for as long as it is gathered, or waits for the client. */
export interface Piece {
  bytes: Bytes
  holders: number
}

/**
 * Lets a body pass to the client and gathers it meanwhile, as fast as it comes: neither a slow client nor one that goes
 * away keeps it from being complete. A body that turns out too large, or for which there is no room because clients have not
 * yet taken what they were given, goes on at the client's pace, and ends with him.
 */
export const captureBody = (source: ReadableStream<Bytes>, options: CaptureOptions): Captured => {
  const reader = source.getReader()
  const { promise: whole, resolve } = Promise.withResolvers<Gathered>()
  const gatherer = new Gatherer(options, resolve)
  const client = new Client({
    taken: (piece) => gatherer.release(piece),
    gone: (reason) => (gatherer.isGathering ? undefined : reader.cancel(reason)),
  })
  void pump(reader, client, gatherer)
  return { body: client.body, whole }
}

class Gatherer {
  readonly #options: CaptureOptions
  readonly #resolve: (whole: Gathered) => void
  #pieces: Piece[] = []
  #total = 0
  isGathering = true

  constructor(options: CaptureOptions, resolve: (whole: Gathered) => void) {
    this.#options = options
    this.#resolve = resolve
  }

  take(bytes: Bytes): Piece {
    const { maxBytes, budget } = this.#options
    const piece = { bytes, holders: 1 }
    budget.left -= bytes.length
    if (!this.isGathering) return piece
    if (this.#total + bytes.length > maxBytes || budget.left < 0) this.finish(false, true)
    else {
      piece.holders = 2
      this.#pieces.push(piece)
      this.#total += bytes.length
    }
    return piece
  }

  release(piece: Piece): void {
    piece.holders -= 1
    if (piece.holders === 0) this.#options.budget.left += piece.bytes.length
  }

  finish(isComplete: boolean, isTooLarge = false): void {
    if (!this.isGathering) return
    this.isGathering = false
    const { length } = this.#options
    const [pieces, total] = [this.#pieces, this.#total]
    this.#pieces = []
    const fits = isComplete && (length === null || length === total)
    const chunks = pieces.map(({ bytes }) => bytes)
    this.#resolve({ body: fits ? bodyOf(chunks, total) : null, isTooLarge })
    for (const piece of pieces) this.release(piece)
  }
}

const pump = async (
  reader: ReadableStreamDefaultReader<Bytes>,
  client: Client,
  gatherer: Gatherer,
): Promise<void> => {
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      client.give(gatherer.take(value))
      if (!gatherer.isGathering) await client.hasTakenAll()
      if (!gatherer.isGathering && client.isGone) return void (await reader.cancel())
    }
    gatherer.finish(true)
    client.end()
  } catch (error) {
    gatherer.finish(false)
    client.fail(error)
  }
}
