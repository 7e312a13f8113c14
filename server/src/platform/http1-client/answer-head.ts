import { isClosing, isKeptAlive, readFields, strange } from '../http1/read-fields.ts'

/** Where the body of an answer ends: after so many bytes, with its last chunk, or with the connection. */
export type Framing = number | 'chunked' | 'close'

/** Status line and headers of an answer, read; names in lower case, each value without the white space around it. */
export interface AnswerHead {
  status: number
  isHttp10: boolean
  names: string[]
  values: string[]
  framing: Framing
  /** Whether the connection may be used for another request. */
  keepsAlive: boolean
  /** For how long the other side keeps the connection open without one, where it says so. */
  idleSeconds: number | undefined
}

/** What came is no answer as RFC 9112 defines it, or two readers could find another end of it. */
export class BrokenAnswer extends Error {
  override name = 'BrokenAnswer'
}

/** Many servers send neither a reason nor the space before it. */
const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/
const digits = /^\d{1,15}$/
const timeout = /(?:^|,)[ \t]*timeout=(\d{1,9})[ \t]*(?:,|$)/i

/**
 * Reads the head of an answer, `text` in Latin-1 up to the empty line, as strictly as the server side reads requests. `isBodiless`:
 * the request was a HEAD. Throws {@link BrokenAnswer}.
 */
export const readAnswerHead = (text: string, isBodiless: boolean): AnswerHead => {
  if (strange.test(text)) throw new BrokenAnswer('a head with controls, or with half a line end')
  const lineEnd = text.indexOf('\r\n')
  const line = lineEnd < 0 ? text : text.slice(0, lineEnd)
  const [, minor, status] = statusLine.exec(line) ?? []
  if (status === undefined) throw new BrokenAnswer(`no status line: ${line.slice(0, 80)}`)
  const head: AnswerHead = {
    status: Number(status),
    isHttp10: minor === '0',
    names: [],
    values: [],
    framing: 'close',
    keepsAlive: minor === '1',
    idleSeconds: undefined,
  }
  const isRead = readFields(text, lineEnd < 0 ? text.length : lineEnd + 2, (name, value) => {
    noteField(head, name, value)
    head.names.push(name)
    head.values.push(value)
    return true
  })
  if (!isRead) throw new BrokenAnswer('a line of the head is no header')
  settle(head, isBodiless)
  return head
}

/** What of the headers is about the message itself (RFC 9112 §6, §9). */
const noteField = (head: AnswerHead, name: string, value: string): void => {
  switch (name) {
    case 'content-length':
      if (!digits.test(value) || head.framing !== 'close') throw new BrokenAnswer(`Content-Length ${value}`)
      head.framing = Number(value)
      return
    case 'transfer-encoding':
      if (head.isHttp10 || value.toLowerCase() !== 'chunked' || head.framing !== 'close')
        throw new BrokenAnswer(`Transfer-Encoding ${value}`)
      head.framing = 'chunked'
      return
    case 'connection':
      if (isClosing(value)) head.keepsAlive = false
      // Close wins, whichever line says it (RFC 9112 §9.3).
      else if (head.isHttp10 && !head.names.includes('connection')) head.keepsAlive = isKeptAlive(value)
      return
    case 'keep-alive': {
      const seconds = timeout.exec(value)?.[1]
      if (seconds !== undefined) head.idleSeconds = Number(seconds)
      return
    }
    default:
  }
}

/** RFC 9112 §6.3: what has no body, whatever its headers say. */
const settle = (head: AnswerHead, isBodiless: boolean): void => {
  const { status, framing } = head
  if (status < 200 || status === 204) {
    // Who announces a body here may send one, which would be taken for the next answer.
    if (framing !== 'close' && framing !== 0) head.keepsAlive = false
    head.framing = 0
  } else if (isBodiless) {
    // Some send the body all the same, often a moment later; it may be of a stranger's making, and look like an answer.
    if (framing !== 0) head.keepsAlive = false
    head.framing = 0
  } else if (status === 304) head.framing = 0
  else if (framing === 'close') head.keepsAlive = false
}
