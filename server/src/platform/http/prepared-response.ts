import { ServerResponse, STATUS_CODES } from 'node:http'
import { connectionLimits } from './listener.ts'
import { type Changing, changingFields, preparedLines } from './prepared-answer.ts'

/** What node:http keeps of an answer's head; not public, so the contract tests hold every header of it. */
interface Head {
  _header: string | null
  _hasBody: boolean
}

interface PreparedFields {
  [preparedLines]?: string
  [changingFields]?: Changing
  date?: string
}

let date = ''

/** The Date of this second, written once for all answers of it. */
const dateNow = (): string => {
  if (date === '') {
    date = new Date().toUTCString()
    setTimeout(
      () => {
        date = ''
      },
      1_000 - (Date.now() % 1_000),
    ).unref()
  }
  return date
}

const keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${connectionLimits.keepAliveTimeoutMs / 1_000}\r\n\r\n`

/**
 * Sends prepared header lines as they are. node:http checks and joins every header of every answer anew, which takes a
 * tenth of a cached read; everything but a prepared answer on a kept connection still goes that way.
 */
export class PreparedResponse extends ServerResponse {
  override writeHead(status: number, ...rest: unknown[]): this {
    const fields = rest[0] as PreparedFields | undefined
    const lines = fields?.[preparedLines]
    if (!fields || lines === undefined || !this.shouldKeepAlive || !this.useChunkedEncodingByDefault) {
      return super.writeHead(status, ...(rest as []))
    }
    const head = this as unknown as Head
    this.statusCode = status
    if (status === 304) head._hasBody = false
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}`
    const changing = fields[changingFields]
    for (const name in changing) text += `${name}: ${changing[name]}\r\n`
    // An answer that was stored tells when it was made.
    head._header = fields.date === undefined ? `${text}Date: ${dateNow()}\r\n${keepAlive}` : text + keepAlive
    return this
  }
}
