import { Agent, type IncomingHttpHeaders, request } from 'node:http'

/** An answer as it came over the wire: nothing decoded, nothing hidden. */
export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  /** Names and values in turn, as they were sent. */
  rawHeaders: readonly string[]
  body: Buffer
  text: string
  json<T = Record<string, unknown>>(): T
}

export interface Question {
  method?: string
  headers?: Record<string, string | string[]>
  /** An object is sent as JSON, text and bytes as they are. */
  body?: object | string | Buffer
  /** A connection of its own instead of a kept one. */
  fresh?: true
}

const agent = new Agent({ keepAlive: true })

const bytesOf = (body: Question['body']): Buffer | undefined => {
  if (body === undefined || Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/** Asks over node:http, because fetch undoes content codings and hides what it does not like. */
export const ask = (url: string, question: Question = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const body = bytesOf(question.body)
    const outgoing = request(
      url,
      {
        method: question.method ?? 'GET',
        agent: question.fresh ? false : agent,
        headers: { ...(body && { 'content-length': body.byteLength }), ...question.headers },
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const whole = Buffer.concat(chunks)
          const text = whole.toString()
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            rawHeaders: incoming.rawHeaders,
            body: whole,
            text,
            json: () => JSON.parse(text),
          })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
