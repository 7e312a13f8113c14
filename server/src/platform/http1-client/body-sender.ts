import { Buffer } from 'node:buffer'

/** A body as it was announced. */
export interface OutgoingBody {
  stream: ReadableStream<Uint8Array>
  /** In bytes; undefined: it goes in chunks. */
  length: number | undefined
  /** Refuses what is longer. */
  bound?: { maxBytes: number; tooLarge(maxBytes: number): Error } | undefined
}

/** No more of a body came for so long that the request is given up; who sends it is at fault, not who is asked. */
export class BodyStalled extends Error {
  override name = 'BodyStalled'
}

/** Where a body goes. */
export interface BodyOutlet {
  write(bytes: Uint8Array): void
  /** Until the system takes more; undefined where it does. */
  room(): Promise<void> | undefined
  /** All of it is written. */
  sent(): void
  /** It is not as it was announced, or does not arrive; the request can not be completed. */
  failed(reason: unknown): void
}

const lineEnd = Buffer.from('\r\n')
const lastChunk = Buffer.from('0\r\n\r\n')

const chunkOf = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(`${bytes.byteLength.toString(16)}\r\n`), bytes, lineEnd])

/** Sends a body as it comes, no faster than it is taken. */
export class BodySender {
  readonly #body: OutgoingBody
  readonly #outlet: BodyOutlet
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #sentBytes = 0
  #isOver = false

  constructor(body: OutgoingBody, outlet: BodyOutlet) {
    this.#body = body
    this.#outlet = outlet
  }

  /** Nothing of the body is touched before. */
  async send(): Promise<void> {
    try {
      const reader = this.#body.stream.getReader()
      this.#reader = reader
      while (!this.#isOver) {
        const { value, done } = await reader.read()
        if (this.#isOver) return
        if (done) return this.#end()
        this.#pass(value)
        if (this.#sentBytes === this.#body.length) return this.#end()
        await this.#outlet.room()
      }
    } catch (error) {
      if (!this.#isOver) this.#outlet.failed(error)
    }
  }

  /** Nobody takes it any more. */
  stop(reason: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#reader?.cancel(reason).catch(() => {})
  }

  #pass(bytes: Uint8Array): void {
    const { length, bound } = this.#body
    this.#sentBytes += bytes.byteLength
    if (bound && this.#sentBytes > bound.maxBytes) throw bound.tooLarge(bound.maxBytes)
    if (length !== undefined && this.#sentBytes > length)
      throw new Error(`a body of ${length} bytes has more`)
    if (bytes.byteLength === 0) return
    this.#outlet.write(length === undefined ? chunkOf(bytes) : bytes)
  }

  #end(): void {
    const { length } = this.#body
    if (length === undefined) this.#outlet.write(lastChunk)
    else if (this.#sentBytes < length) throw new Error(`a body of ${length} bytes had ${this.#sentBytes}`)
    this.stop(new Error('all of it is sent'))
    this.#outlet.sent()
  }
}
