import { Buffer } from 'node:buffer'
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { keepCounting } from './count-connections.ts'
import { type Outlet, type Piece, type StreamSource, waitingMost } from './own-stream.ts'

/** What node:http does when it gives a connection away to another protocol; not public, so it may be gone one day. */
interface HttpCommon {
  freeParser?(parser: unknown, request: IncomingMessage, socket: Socket): void
}

const endGraceMs = 2_000
const lastChunk = Buffer.from('0\r\n\r\n')
/** Those that node:http has listeners of; `end` is net's own too, which is of no use for a reader who only listens. */
const httpEvents = ['close', 'error', 'drain', 'data', 'end', 'timeout', 'resume', 'pause']

const { freeParser }: HttpCommon = process.getBuiltinModule('_http_common') ?? {}

/**
 * Writes an answer's stream to its connection, which node:http gives up for it: parser, request, response and their listeners
 * are three quarters of what a reader costs who only listens. False where that is not possible (HTTP/1.0, an answer before it
 * is not sent yet, the reader is gone, another Node); then the answer's body is to be sent as any other.
 */
export const takeConnection = (
  response: Response,
  stream: StreamSource,
  { incoming, outgoing }: { incoming: IncomingMessage; outgoing: ServerResponse },
): boolean => {
  const { socket } = outgoing
  const { parser } = (socket ?? {}) as { parser?: unknown }
  const speaksChunks = incoming.httpVersionMajor === 1 && incoming.httpVersionMinor >= 1
  if (!freeParser || !parser || !socket || socket.destroyed || !speaksChunks) return false
  const head = headOf(response)
  // Not before the parser has left this request.
  setImmediate(() => {
    if (socket.destroyed || outgoing.socket !== socket) return stream.closed()
    outgoing.detachSocket(socket)
    freeParser(parser, incoming, socket)
    for (const event of httpEvents) socket.removeAllListeners(event)
    keepCounting(socket)
    begin(socket as CarryingSocket, head, stream)
  })
  return true
}

const headOf = (response: Response): string => {
  const lines = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const { status } = response
  // What a neighbour answered has one.
  const date = response.headers.has('date') ? '' : `Date: ${new Date().toUTCString()}\r\n`
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}${date}` +
    'Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n'
  )
}

/** On the socket itself, so that one function listens for all of them. */
const carried = Symbol('stream')
interface CarryingSocket extends Socket {
  [carried]: StreamSource
}

const begin = (socket: CarryingSocket, head: string, stream: StreamSource): void => {
  socket[carried] = stream
  socket.on('close', tellClosed).on('error', ignore).on('end', destroy)
  socket.setTimeout(0)
  // What a reader may still send is of no interest, but its end is.
  socket.resume()
  socket.cork()
  socket.write(head, 'latin1')
  stream.open(new SocketOutlet(socket))
  socket.uncork()
}

function tellClosed(this: CarryingSocket): void {
  this[carried].closed()
}
function destroy(this: Socket): void {
  this.destroy()
}
const ignore = (): void => {}

class SocketOutlet implements Outlet {
  readonly #socket: Socket
  #isOver = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  send({ chunk }: Piece): void {
    const socket = this.#socket
    if (this.#isOver || !socket.writable) return
    if (socket.writableLength > waitingMost) socket.destroy()
    else socket.write(chunk)
  }

  end(piece?: Piece): void {
    const socket = this.#socket
    if (this.#isOver || !socket.writable) return
    this.#isOver = true
    socket.setTimeout(endGraceMs, destroy)
    // All at once: thousands end together when the process does.
    socket.write(piece ? Buffer.concat([piece.chunk, lastChunk]) : lastChunk, () => socket.destroy())
  }

  cut(): void {
    this.#socket.destroy()
  }
}
