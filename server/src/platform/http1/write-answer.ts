import { Buffer } from 'node:buffer'
import type { Wire } from './wire.ts'
import { dateLine, statusLine } from './write-prepared.ts'

/** What we decide of the message, whatever an answer says (RFC 9112 §9, RFC 9110 §7.6.1). */
const ours: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date'])
/** A body that is at hand is sent with its length. */
const lastChunk = Buffer.from('0\r\n\r\n')
const lineEnd = Buffer.from('\r\n')

/** Where the bytes of one answer go. */
export interface Sending {
  wire: Wire
  isHead: boolean
  isHttp10: boolean
  keepsAlive: boolean
  /** The lines of the head about the connection. */
  endingOf(keepsAlive: boolean): string
  /** Before the first byte is sent. */
  onBegin(): void
  /** Until the system takes more; at once where it does. False: the client is gone. */
  room(): Promise<boolean> | boolean
  /** Of a body that the client does not take. */
  onGone(cancel: () => void): void
}

/**
 * Sends any answer. Returns whether the connection may be used for another; rejects where the body fails or is not as long as
 * was said, and what was sent is no whole answer.
 */
export const writeAnswer = async (response: Response, sending: Sending): Promise<boolean> => {
  const { wire, isHead } = sending
  const { status, body } = response
  const head = headOf(response)
  let keepsAlive = sending.keepsAlive && !head.closes
  const send = (lines: string, ...pieces: Uint8Array[]): void => {
    const bytes = Buffer.from(
      `${statusLine(status) + head.lines + lines + sending.endingOf(keepsAlive)}\r\n`,
      'latin1',
    )
    sending.onBegin()
    wire.write(pieces.length === 0 ? bytes : Buffer.concat([bytes, ...pieces]))
  }
  if (isHead || status === 204 || status === 304) {
    send(head.length === undefined || status === 204 ? '' : lengthLine(head.length))
    void body?.cancel().catch(() => {})
    return keepsAlive
  }
  if (body === null) {
    send(lengthLine(0))
    return keepsAlive
  }
  const pieces = new Pieces(body)
  sending.onGone(() => pieces.cancel())
  const first = await pieces.next()
  if (first && head.length !== undefined && first.byteLength > head.length) {
    pieces.cancel()
    throw new Error(`a body of ${head.length} bytes had ${first.byteLength}`)
  }
  const length = head.length ?? (await pieces.lengthAtHand(first))
  if (length !== undefined) {
    send(lengthLine(length), ...(first && first.byteLength <= copiedMost ? [first] : []))
    const rest = first && first.byteLength > copiedMost ? first : undefined
    await sendPlain(pieces, sending, length, first?.byteLength ?? 0, rest)
    return keepsAlive
  }
  if (sending.isHttp10) {
    keepsAlive = false
    send('')
    await sendPlain(pieces, sending, undefined, 0, first)
    return false
  }
  send('Transfer-Encoding: chunked\r\n', ...(first ? chunkOf(first) : []))
  await sendChunks(pieces, sending)
  return keepsAlive
}

const copiedMost = 65_536
const lengthLine = (length: number): string => `Content-Length: ${length}\r\n`
const chunkOf = (bytes: Uint8Array): Uint8Array[] =>
  bytes.byteLength === 0 ? [] : [Buffer.from(`${bytes.byteLength.toString(16)}\r\n`), bytes, lineEnd]

interface AnswerHead {
  lines: string
  length: number | undefined
  closes: boolean
}

const headOf = ({ headers }: Response): AnswerHead => {
  const head: AnswerHead = { lines: '', length: undefined, closes: false }
  let date = ''
  for (const [name, value] of headers) {
    if (name === 'content-length') head.length = /^\d{1,15}$/.test(value) ? Number(value) : undefined
    else if (name === 'connection') head.closes ||= /\bclose\b/i.test(value)
    else if (name === 'date') date = `date: ${value}\r\n`
    else if (!ours.has(name)) head.lines += `${name}: ${value}\r\n`
  }
  head.lines += date || dateLine()
  return head
}

const sendPlain = async (
  pieces: Pieces,
  { room, wire }: Sending,
  length: number | undefined,
  sentBytes: number,
  first: Uint8Array | undefined,
): Promise<void> => {
  let sent = sentBytes
  if (first) wire.write(first)
  for (let piece = await pieces.next(); piece; piece = await pieces.next()) {
    sent += piece.byteLength
    if (length !== undefined && sent > length) break
    wire.write(piece)
    if (!(await room())) return pieces.cancel()
  }
  if (length !== undefined && sent !== length) {
    pieces.cancel()
    throw new Error(`a body of ${length} bytes had ${sent}`)
  }
}

const sendChunks = async (pieces: Pieces, { room, wire }: Sending): Promise<void> => {
  for (let piece = await pieces.next(); piece; piece = await pieces.next()) {
    wire.write(Buffer.concat(chunkOf(piece)))
    if (!(await room())) return pieces.cancel()
  }
  wire.write(lastChunk)
}

/** The pieces of a body, one of which may be read ahead. */
class Pieces {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  #ahead: ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']> | undefined

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader()
  }

  /** Undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const reading = this.#ahead ?? this.#reader.read()
    this.#ahead = undefined
    return (await reading).value
  }

  /** How long the body is, where `first` is all of it; undefined where more comes, or nobody knows yet. */
  async lengthAtHand(first: Uint8Array | undefined): Promise<number | undefined> {
    if (!first) return 0
    this.#ahead = this.#reader.read()
    const isOver = this.#ahead.then(
      ({ done }) => done,
      () => false,
    )
    return (await Promise.race([isOver, nextTurn()])) ? first.byteLength : undefined
  }

  cancel(): void {
    this.#reader.cancel().catch(() => {})
  }
}

const nextTurn = async (): Promise<false> => {
  for (let turn = 0; turn < 3; turn += 1) await undefined
  return false
}
