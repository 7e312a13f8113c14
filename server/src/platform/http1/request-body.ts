import { Buffer } from 'node:buffer'
import type { ConnectionLimits } from '../http/listener.ts'
import { type Intake, noBytes } from './intake.ts'

/** What a client may wait for before it sends a body. */
export const goAhead: Uint8Array = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n')
/** What waits to be read before no more is taken from the connection. */
const waitingMost = 65_536
/** Small pieces take more memory than their bytes. */
const piecesMost = 256
/** A chunk's size line, with its extensions; and all trailers together. */
const longestLine = 4_096
const chunkSize = /^([0-9A-Fa-f]{1,12})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/

const trailer = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n$/

/** The chunks were not as RFC 9112 §7.1 has them. */
export class BrokenBody extends Error {
  override name = 'BrokenBody'
}

/** The body of one request: takes bytes as they arrive, and gives them on as they are read. */
export class RequestBody {
  readonly #intake: Intake
  /** Sends what a client waits for that wants to know whether it may send the body; undefined: it does not wait. */
  #invite: (() => void) | undefined
  /** Bytes that arrived; of them those that had when its speed was looked at, which was `#lookedAt`. */
  #arrived = 0
  #arrivedBefore = 0
  #lookedAt: number
  readonly #isChunked: boolean
  /** Bytes left of the body, or of the chunk. */
  #left: number
  /** Chunked: what the next bytes are. */
  #at: 'size' | 'data' | 'data end' | 'trailers' = 'size'
  #line = ''
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #isComplete = false
  #isWanted = false
  #trailerBytes = 0
  #failure: Error | undefined
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #stream: ReadableStream<Uint8Array> | undefined

  constructor(length: number | 'chunked', intake: Intake, now: number, invite: (() => void) | undefined) {
    this.#intake = intake
    this.#invite = invite
    this.#lookedAt = now
    this.#isChunked = length === 'chunked'
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

  /** Takes what arrived; returns what is behind the end of the body. Throws {@link BrokenBody}. */
  take(bytes: Buffer): Buffer {
    this.#arrived += bytes.length
    const rest = this.#isChunked ? this.#takeChunks(bytes) : this.#takeData(bytes)
    if (!this.#isChunked && this.#left === 0) this.#complete()
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

  #takeChunks(given: Buffer): Buffer {
    let bytes = given
    while (bytes.length > 0 && !this.#isComplete) {
      if (this.#at === 'data') {
        bytes = this.#takeData(bytes)
        if (this.#left === 0) this.#at = 'data end'
        continue
      }
      const end = bytes.indexOf(10)
      const part = bytes.toString('latin1', 0, end < 0 ? bytes.length : end + 1)
      this.#line += part
      if (this.#line.length > longestLine) throw new BrokenBody('a line between chunks is too long')
      if (end < 0) return noBytes
      bytes = bytes.subarray(end + 1)
      this.#readLine()
    }
    return bytes
  }

  #readLine(): void {
    const line = this.#line
    if (!line.endsWith('\r\n') || line.indexOf('\r') !== line.length - 2) {
      throw new BrokenBody('a line between chunks does not end as it must')
    }
    if (this.#at === 'data end') {
      if (line !== '\r\n') throw new BrokenBody('a chunk is longer than its size')
      this.#at = 'size'
      this.#line = ''
    } else if (this.#at === 'size') {
      const size = chunkSize.exec(line.slice(0, -2))?.[1]
      if (size === undefined) throw new BrokenBody('a chunk has no size')
      this.#left = Number.parseInt(size, 16)
      this.#at = this.#left === 0 ? 'trailers' : 'data'
      this.#line = ''
    } else if (line === '\r\n') this.#complete()
    else this.#skipTrailer(line)
  }

  /** Trailers are read, and mean nothing. */
  #skipTrailer(line: string): void {
    this.#trailerBytes += line.length
    if (!trailer.test(line) || this.#trailerBytes > longestLine)
      throw new BrokenBody('a trailer is no header')
    this.#line = ''
  }
}
