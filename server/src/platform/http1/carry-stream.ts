import { Buffer } from 'node:buffer'
import { type Outlet, type Piece, type StreamSource, waitingMost } from '../http/own-stream.ts'
import type { Wire } from './wire.ts'
import { dateLine, statusLine } from './write-prepared.ts'

const endGraceMs = 2_000
const lastChunk = Buffer.from('0\r\n\r\n')

/**
 * Writes an answer's stream to its connection, which from then on carries nothing else: neither a web stream nor anything that
 * reads requests is kept for it.
 */
export const openStream = (wire: Wire, response: Response, stream: StreamSource, isHttp10: boolean): void => {
  const outlet = new WireOutlet(wire, isHttp10)
  outlet.begin(headOf(response, isHttp10), stream)
}

const headOf = ({ status, headers }: Response, isHttp10: boolean): string => {
  let lines = ''
  // A neighbour may have said a length, and who reads chunks must not see one beside them.
  for (const [name, value] of headers) if (name !== 'content-length') lines += `${name}: ${value}\r\n`
  // What a neighbour answered has one.
  const date = headers.has('date') ? '' : dateLine()
  const coding = isHttp10 ? '' : 'Transfer-Encoding: chunked\r\n'
  return `${statusLine(status)}${lines}${date}Connection: close\r\n${coding}\r\n`
}

class WireOutlet implements Outlet {
  readonly #wire: Wire
  readonly #isHttp10: boolean
  #isOver = false
  /** What leaves together, at the beginning. */
  #first: Uint8Array[] | undefined

  constructor(wire: Wire, isHttp10: boolean) {
    this.#wire = wire
    this.#isHttp10 = isHttp10
  }

  begin(head: string, stream: StreamSource): void {
    this.#first = [Buffer.from(head, 'latin1')]
    stream.open(this)
    const first = this.#first
    this.#first = undefined
    if (first) this.#wire.write(Buffer.concat(first))
  }

  #write(bytes: Uint8Array): void {
    if (this.#first) this.#first.push(bytes)
    else this.#wire.write(bytes)
  }

  send({ chunk, bytes }: Piece): void {
    if (this.#isOver) return
    if (this.#wire.pending > waitingMost) this.cut()
    else this.#write(this.#isHttp10 ? bytes : chunk)
  }

  end(piece?: Piece): void {
    if (this.#isOver) return
    if (piece) this.send(piece)
    if (!this.#isHttp10) this.#write(lastChunk)
    this.#isOver = true
    // At once where the beginning is still to be written.
    queueMicrotask(() => this.#wire.end())
    setTimeout(() => this.#wire.destroy(), endGraceMs).unref()
  }

  cut(): void {
    this.#isOver = true
    this.#wire.destroy()
  }
}
