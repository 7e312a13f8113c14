import { Buffer } from 'node:buffer'
import { ChunkReader } from '../http1/chunk-reader.ts'
import { noBytes } from '../http1/intake.ts'
import type { Framing } from './answer-head.ts'

/** Who is told of a body as it arrives; `end` or `cut` is the last that is heard. */
export interface BodyReader {
  data(bytes: Buffer): void
  end(): void
  /** It broke off. */
  cut(error: Error): void
}

/** The connection that a body comes on. */
interface Source {
  pause(): void
  resume(): void
  /** Nobody wants the rest. */
  leave(): void
}

/** What waits to be read before no more is taken from the connection. */
const waitingMost = 65_536
/** Small pieces take more memory than their bytes. */
const pieceCostBytes = 256
const sizing = {
  highWaterMark: waitingMost,
  size: (bytes: Uint8Array | undefined) => (bytes?.byteLength ?? 0) + pieceCostBytes,
}

/** The body of one answer: takes bytes as they arrive, and gives them on to its reader; what comes before there is one waits. */
export class AnswerBody {
  readonly #source: Source
  readonly #chunks: ChunkReader | undefined
  readonly #isToClose: boolean
  /** Bytes left of a body with a length. */
  #left: number
  #state: 'open' | 'whole' | 'broken' = 'open'
  /** What broke it off. */
  #fault: Error | undefined
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #reader: BodyReader | undefined

  constructor(framing: Framing, source: Source) {
    this.#source = source
    this.#chunks = framing === 'chunked' ? new ChunkReader((bytes) => this.#give(bytes)) : undefined
    this.#isToClose = framing === 'close'
    this.#left = typeof framing === 'number' ? framing : Number.POSITIVE_INFINITY
    this.#reader = undefined
    if (this.#left === 0) this.#state = 'whole'
  }

  /** Whether all of it has arrived. */
  get isWhole(): boolean {
    return this.#state === 'whole'
  }

  /** Takes what arrived; returns what is behind the end of the body. Throws BrokenBody. */
  take(bytes: Buffer): Buffer {
    if (this.#chunks) {
      const rest = this.#chunks.take(bytes)
      if (this.#chunks.isComplete) this.#end()
      return rest
    }
    if (bytes.length < this.#left) {
      this.#left -= bytes.length
      this.#give(bytes)
      return noBytes
    }
    const { length } = bytes
    const size = this.#left
    this.#left = 0
    this.#give(size === length ? bytes : bytes.subarray(0, size))
    this.#end()
    return size === length ? noBytes : bytes.subarray(size)
  }

  /** The other side sends no more. True where that is how this body ends. */
  ended(): boolean {
    if (this.#isToClose) this.#end()
    return this.isWhole
  }

  cut(error: Error): void {
    if (this.#state !== 'open') return
    this.#state = 'broken'
    this.#fault = error
    this.#reader?.cut(error)
  }

  /** All of a body that is whole and has no reader; may be a part of a larger buffer. */
  bytes(): Buffer<ArrayBuffer> {
    const pieces = this.#waiting as Buffer<ArrayBuffer>[]
    this.#waiting = []
    return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)
  }

  /** From now on this reader is told, of what has arrived at once. */
  read(reader: BodyReader): void {
    this.#reader = reader
    this.#waitingBytes = 0
    if (this.#state === 'open') this.#source.resume()
    for (const bytes of this.#waiting.splice(0)) reader.data(bytes)
    if (this.isWhole) reader.end()
    else if (this.#fault) reader.cut(this.#fault)
  }

  /** The body for whoever reads at a speed of its own: the connection waits for it. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) =>
          this.read({
            data: (bytes) => {
              controller.enqueue(bytes as Buffer<ArrayBuffer>)
              if ((controller.desiredSize ?? 0) <= 0) this.#source.pause()
            },
            end: () => controller.close(),
            cut: (error) => controller.error(error),
          }),
        pull: () => this.#source.resume(),
        cancel: () => this.leave(),
      },
      sizing,
    )
  }

  /** It is received, but nobody reads it. */
  discard(): void {
    this.read({ data() {}, end() {}, cut() {} })
  }

  /** Nobody wants it any more. */
  leave(): void {
    if (this.#state !== 'open') return
    this.#state = 'broken'
    this.#reader = undefined
    this.#source.leave()
  }

  #give(bytes: Buffer): void {
    if (bytes.length === 0 || this.#state !== 'open') return
    if (this.#reader) return void this.#reader.data(bytes)
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length + pieceCostBytes
    if (this.#waitingBytes > waitingMost) this.#source.pause()
  }

  #end(): void {
    if (this.#state !== 'open') return
    this.#state = 'whole'
    this.#reader?.end()
  }
}
