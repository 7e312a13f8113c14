import type { Piece } from './capture-body.ts'

type Controller = ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>

interface ClientEvents {
  /** It has taken a piece, or will never. */
  taken(piece: Piece): void
  gone(reason: unknown): void | Promise<void>
}

/** Whoever reads a body that may come faster than he takes it. */
export class Client {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>
  readonly #events: ClientEvents
  #controller: Controller | undefined
  #waiting: Piece[] = []
  #wantsMore = false
  #isOver = false
  #whenEmpty: (() => void) | undefined
  isGone = false

  constructor(events: ClientEvents) {
    this.#events = events
    // Nothing waits within the stream, where nobody can see when it leaves.
    this.body = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => {
          this.#wantsMore = true
          this.#pass()
        },
        cancel: (reason) => {
          this.isGone = true
          this.#drop()
          return events.gone(reason)
        },
      },
      { highWaterMark: 0 },
    )
  }

  give(piece: Piece): void {
    this.#waiting.push(piece)
    if (this.isGone) this.#drop()
    else this.#pass()
  }

  end(): void {
    this.#isOver = true
    this.#pass()
  }

  fail(error: unknown): void {
    if (this.isGone) return
    this.#drop()
    this.#controller?.error(error)
  }

  /** Settled once nothing waits for it any more; undefined where nothing does now. */
  hasTakenAll(): Promise<void> | undefined {
    if (this.#waiting.length === 0) return undefined
    return new Promise((resolve) => {
      this.#whenEmpty = resolve
    })
  }

  #pass(): void {
    if (this.#wantsMore) {
      const piece = this.#waiting.shift()
      if (piece) {
        this.#wantsMore = false
        this.#controller?.enqueue(piece.bytes)
        this.#events.taken(piece)
      }
    }
    if (this.#waiting.length > 0) return
    this.#empty()
    if (!this.#isOver || this.isGone) return
    // Once: who is given the last piece may ask for more at once.
    this.#isOver = false
    this.#controller?.close()
  }

  #drop(): void {
    for (const piece of this.#waiting.splice(0)) this.#events.taken(piece)
    this.#empty()
  }

  #empty(): void {
    this.#whenEmpty?.()
    this.#whenEmpty = undefined
  }
}
