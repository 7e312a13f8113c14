import { Buffer } from 'node:buffer'

/** Bytes that may go to many connections: as they are, and as a chunk of HTTP/1.1; made once for all. */
export interface Piece {
  bytes: Uint8Array<ArrayBuffer>
  chunk: Uint8Array
}

/** Where the bytes of one stream go. After its end nothing happens any more. */
export interface Outlet {
  /** A reader who lets more than `waitingMost` bytes wait is cut off when there is more; one piece may be longer. */
  send(piece: Piece): void
  /** Sends a last piece and ends properly; what the reader does not take within two seconds is lost. */
  end(piece?: Piece): void
  /** Ends at once, so that the reader sees that something is missing. */
  cut(): void
}

/** What a stream is made of, from its connection's beginning to its end. */
export interface StreamSource {
  open(outlet: Outlet): void
  /** Called once it is over, whoever ended it, also where its reader was gone before it was opened. */
  closed(): void
}

/** Bytes that may wait for one reader in this process; the system's own buffers come on top. */
export const waitingMost = 65_536

const source = Symbol('own stream')
interface Carrier {
  [source]?: StreamSource
}

export const pieceOf = (content: string | Uint8Array): Piece => {
  const bytes = Buffer.from(content)
  const chunk = Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
  return { bytes, chunk }
}

/**
 * Answers 200 with a stream that goes on. Over HTTP/1.1 carry-stream.ts writes it to the connection itself, because a web stream
 * costs more than all else of a reader who only listens; everywhere else it is the body.
 */
export const ownStream = (headers: Record<string, string> | Headers, stream: StreamSource): Response => {
  const response: Response & Carrier = new Response(webBody(stream), { headers })
  response[source] = stream
  return response
}

/** The stream that an answer carries; undefined for every other answer. */
export const streamOf = (response: Response): StreamSource | undefined => (response as Carrier)[source]

/** Opens the stream with the first read: on Node that is never. */
const webBody = (stream: StreamSource): ReadableStream<Uint8Array<ArrayBuffer>> => {
  let isOpen = false
  return new ReadableStream(
    {
      pull(controller) {
        if (isOpen) return
        isOpen = true
        stream.open(webOutlet(controller, stream))
      },
      cancel: () => stream.closed(),
    },
    { highWaterMark: 0, size: (bytes) => bytes?.byteLength ?? 0 },
  )
}

const webOutlet = (
  controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>,
  stream: StreamSource,
): Outlet => {
  let isOver = false
  const finish = (how: () => void): void => {
    if (isOver) return
    isOver = true
    how()
    stream.closed()
  }
  const cut = (): void => finish(() => controller.error(new Error('the reader is too slow')))
  return {
    send({ bytes }) {
      if (isOver) return
      if (-(controller.desiredSize ?? 0) > waitingMost) cut()
      else controller.enqueue(bytes)
    },
    end: (piece) =>
      finish(() => {
        if (piece) controller.enqueue(piece.bytes)
        controller.close()
      }),
    cut,
  }
}
