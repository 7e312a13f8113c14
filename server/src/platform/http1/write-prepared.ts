import { Buffer } from 'node:buffer'
import { STATUS_CODES } from 'node:http'
import type { PreparedParts } from '../http/prepared-answer.ts'
import type { Wire } from './wire.ts'

/** Bodies up to this are copied behind their head and leave with it. */
const copiedMost = 32_768
const headMost = 16_384

/** Where answers are put together: what the system takes at once leaves it free for the next. */
let scratch = Buffer.allocUnsafeSlow(copiedMost + headMost)

const lineOf = new Map<number, string>()
/** `HTTP/1.1 200 OK`, with the end of its line. */
export const statusLine = (status: number): string => {
  let line = lineOf.get(status)
  if (line === undefined) {
    line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
    lineOf.set(status, line)
  }
  return line
}

let date = ''

/** The Date of this second, written once for all answers of it. */
export const dateLine = (): string => {
  if (date === '') {
    date = `Date: ${new Date().toUTCString()}\r\n`
    const forget = (): void => {
      date = ''
    }
    setTimeout(forget, 1_000 - (Date.now() % 1_000)).unref()
  }
  return date
}

/** Sends an answer whose lines were written before: nothing of it is looked at again. `ending` is the lines about the connection. */
export const writePrepared = (
  wire: Wire,
  { status, prepared, changing, body }: PreparedParts,
  isHead: boolean,
  ending: string,
): void => {
  let text = statusLine(status) + prepared.lines
  for (const name in changing) text += `${name}: ${changing[name]}\r\n`
  // An answer that was stored tells when it was made.
  if (!prepared.hasDate) text += dateLine()
  const isBodiless = isHead || status === 204 || status === 304
  if (!prepared.hasLength && !isBodiless) {
    text += `Content-Length: ${body?.byteLength ?? 0}\r\n`
  }
  text += `${ending}\r\n`
  if (body === null || isBodiless) writeHead(wire, text)
  else writeWhole(wire, text, body)
}

/** Not where something waits already: what is put behind it waits in its own size, not in that of the whole scratch. */
const fitsScratch = (wire: Wire, text: string): boolean =>
  wire.givesBack && text.length <= headMost && wire.pending === 0

const renew = (): void => {
  scratch = Buffer.allocUnsafeSlow(copiedMost + headMost)
}

const writeWhole = (wire: Wire, text: string, bytes: Uint8Array): void => {
  if (bytes.byteLength > copiedMost || !fitsScratch(wire, text)) {
    wire.writeBoth(Buffer.from(text, 'latin1'), bytes)
    return
  }
  const headBytes = scratch.write(text, 0, 'latin1')
  scratch.set(bytes, headBytes)
  wire.writeFirst(scratch, headBytes + bytes.byteLength)
  if (wire.pending > 0) renew()
}

const writeHead = (wire: Wire, text: string): void => {
  if (!fitsScratch(wire, text)) {
    wire.write(Buffer.from(text, 'latin1'))
    return
  }
  wire.writeFirst(scratch, scratch.write(text, 0, 'latin1'))
  if (wire.pending > 0) renew()
}
