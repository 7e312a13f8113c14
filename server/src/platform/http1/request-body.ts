import { Buffer } from 'node:buffer'
import type { ConnectionLimits } from '../http/listener.ts'
import { ChunkReader } from './chunk-reader.ts'
import type { Intake } from './intake.ts'

/** What a client may wait for before it sends a body. */
export const goAhead: Uint8Array = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n')
/** What waits to be read before no more is taken from the connection. */
const waitingMost = 65_536
/** Small pieces take more memory than their bytes. */
const piecesMost = 256

/** The body of one request: takes bytes as they arrive, and gives them on as they are read. */
export class RequestBody {
  readonly #intake: Intake
  /** Sends what a client waits for that wants to know whether it may send the body; undefined: it does not wait. */
  #invite: (() => void) | undefined
  /** Bytes that arrived; of them those that had when its speed was looked at, which was `#lookedAt`. */
  #arrived = 0
  #arrivedBefore = 0
  #lookedAt: number
  readonly #chunks: ChunkReader | undefined
  /** Bytes left of a body with a length. */
  #left: number
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #isComplete = false
  #isWanted = false
  #failure: Error | undefined
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #stream: ReadableStream<Uint8Array> | undefined

  constructor(length: number | 'chunked', intake: Intake, now: number, invite: (() => void) | undefined) {
    this.#intake = intake
    this.#invite = invite
    this.#lookedAt = now
    if (length === 'chunked') this.#chunks = new ChunkReader((bytes) => this.#give(bytes))
    this.#left = length === 'chunked' ? 0 : length
  }

  /** Whether all of it has arrived. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Whether less than `bodyBytes` came in `bodySpanMs`, while it was the client's turn: all that came was read, more is wanted. */
  isTooSlow(now: number, { bodyBytes, bodySpanMs }: ConnectionLimits): boolean {
    if (this.#isComplete) return false
    if (!this.#isWanted || this.#arrived - this.#arrivedBefore >= bodyBytes) {
      this.#lookedAt = now
      this.#arrivedBefore = this.#arrived
    }
    return now - this.#lookedAt >= bodySpanMs
  }

  /** Takes what arrived; returns what is behind the end of the body, and undefined where it is broken: its readers hear so. */
  take(bytes: Buffer): Buffer | undefined {
    try {
      return this.#take(bytes)
    } catch (error) {
      this.fail(error as Error)
      return undefined
    }
  }

  #take(bytes: Buffer): Buffer {
    this.#arrived += bytes.length
    const rest = this.#chunks?.take(bytes) ?? this.#takeData(bytes)
    if (this.#chunks ? this.#chunks.isComplete : this.#left === 0) this.#complete()
    if (this.#isComplete) return rest
    if (this.#waitingBytes > waitingMost || this.#waiting.length > piecesMost) this.#intake.pause()
    return rest
  }

  fail(error: Error): void {
    if (this.#isComplete || this.#failure) return
    this.#failure = error
    this.#isWanted = false
    this.#waiting = []
    this.#controller?.error(error)
  }

  /** The same one for all who ask. Nothing is read before it is. */
  stream(): ReadableStream<Uint8Array> {
    this.#stream ??= new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => this.#pull(),
        cancel: () => {
          this.#isWanted = false
          this.#waiting = []
          this.#waitingBytes = 0
          // It is closed, and must not be told of the end of the body.
          this.#controller = undefined
        },
      },
      { highWaterMark: 0 },
    )
    return this.#stream
  }

  #pull(): void {
    // Also where the client did not wait, as it may: it knows then that the body was wanted.
    this.#invite?.()
    this.#invite = undefined
    const next = this.#waiting.shift()
    if (next) {
      this.#waitingBytes -= next.byteLength
      this.#controller?.enqueue(next)
    }
    if (this.#failure) this.#controller?.error(this.#failure)
    else if (this.#isComplete && this.#waiting.length === 0) this.#controller?.close()
    else if (!next) this.#ask()
  }

  #ask(): void {
    this.#isWanted = true
    this.#intake.resume()
  }

  #give(bytes: Buffer): void {
    if (bytes.length === 0) return
    if (this.#isWanted) {
      this.#isWanted = false
      this.#controller?.enqueue(bytes)
      return
    }
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
  }

  #complete(): void {
    if (this.#isComplete) return
    this.#isComplete = true
    this.#isWanted = false
    if (this.#waiting.length === 0) this.#controller?.close()
  }

  #takeData(bytes: Buffer): Buffer {
    const size = Math.min(this.#left, bytes.length)
    this.#left -= size
    this.#give(bytes.subarray(0, size))
    return bytes.subarray(size)
  }
}
