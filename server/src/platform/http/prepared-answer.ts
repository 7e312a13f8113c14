/** The Cache-Status of nearly all answers, prepared with the rest. */
export const hitInMemory = 'parasol; hit; detail=memory'

/** What differs from answer to answer, names in lower case; all other headers are prepared once. */
export type Changing = Readonly<Record<string, string>>

/** Headers that are the same for many answers, names in lower case. */
export class PreparedHeaders {
  readonly fields: Readonly<Record<string, string>>
  /** It tells when it was made: an answer that was stored does. */
  readonly hasDate: boolean
  readonly hasLength: boolean
  /** What somebody who looks at each answer has found out of these headers, so that it need not be found out again. */
  note: object | undefined
  #lines: string | undefined

  constructor(fields: Readonly<Record<string, string>>) {
    this.fields = fields
    this.hasDate = fields.date !== undefined
    this.hasLength = fields['content-length'] !== undefined
    this.note = undefined
    this.#lines = undefined
  }

  /** The same as header lines, written once. */
  get lines(): string {
    if (this.#lines === undefined) {
      let lines = ''
      for (const name in this.fields) lines += `${name}: ${this.fields[name]}\r\n`
      this.#lines = lines
    }
    return this.#lines
  }
}

/** What a prepared answer was made of, for who keeps answers: nothing of it is copied. */
export interface PreparedParts {
  status: number
  body: Uint8Array<ArrayBuffer> | null
  prepared: PreparedHeaders
  changing: Changing
}

const headerName = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
/** Headers are written as they are, in Latin-1: a line end in a value would begin another header (RFC 9110 §5.5). */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/

/** Notes headers, names in lower case, for many answers. Throws TypeError at what no header may have. */
export const prepareHeaders = (fields: Readonly<Record<string, string>>): PreparedHeaders => {
  for (const name in fields) {
    if (!headerName.test(name)) throw new TypeError(`${JSON.stringify(name)} is no name of a header`)
    if (!headerValue.test(fields[name] ?? ''))
      throw new TypeError(`the header ${name} cannot have the value ${JSON.stringify(fields[name])}`)
  }
  return new PreparedHeaders(fields)
}

/** The same of headers that were read from a message, or prepared before, and hence checked: it goes on for each answer. */
export const prepareRead = (fields: Readonly<Record<string, string>>): PreparedHeaders =>
  new PreparedHeaders(fields)

/** Answers with the status alone have a body of no kind, which the Response of the platform insists on. */
const isBodiless = (status: number): boolean => status === 204 || status === 304

/**
 * A Response that the listener sends from its parts. Whoever looks at more than its status gets a whole Response made, and if it is
 * the headers, which they may change, it is sent as that one.
 */
class PreparedAnswer {
  readonly status: number
  #parts: PreparedParts | undefined
  #whole: Response | undefined

  constructor(parts: PreparedParts) {
    this.status = parts.status
    this.#parts = parts
    this.#whole = undefined
  }

  static partsOf(response: object): PreparedParts | undefined {
    return #parts in response ? response.#parts : undefined
  }

  #make(): Response {
    const parts = this.#parts
    if (!this.#whole && parts) {
      const { status, body, prepared, changing } = parts
      const headers = { ...prepared.fields, ...changing }
      this.#whole = new Response(isBodiless(status) ? null : body, { status, headers })
    }
    return this.#whole as Response
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }
  get statusText(): string {
    return ''
  }
  get headers(): Headers {
    const { headers } = this.#make()
    // What was added since its body was looked at.
    const changing = this.#parts?.changing
    for (const name in changing) headers.set(name, changing[name] as string)
    this.#parts = undefined
    return headers
  }
  get body(): Response['body'] {
    return this.#make().body
  }
  get bodyUsed(): boolean {
    return this.#whole?.bodyUsed ?? false
  }
  text(): Promise<string> {
    return this.#make().text()
  }
  json(): Promise<unknown> {
    return this.#make().json()
  }
  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#make().arrayBuffer()
  }
  bytes(): Promise<Uint8Array> {
    return this.#make().bytes()
  }
  blob(): Promise<Blob> {
    return this.#make().blob()
  }
  clone(): Response {
    return this.#make().clone()
  }
}

Object.setPrototypeOf(PreparedAnswer.prototype, Response.prototype)

/**
 * An answer from bytes and headers that were made before: the cheapest there is. `changing` has Cache-Status and X-Request-Id at
 * least, and is the answer's own from then on.
 */
export const answerPrepared = (
  status: number,
  body: Uint8Array<ArrayBuffer> | null,
  prepared: PreparedHeaders,
  changing: Changing,
): Response => new PreparedAnswer({ status, body, prepared, changing }) as unknown as Response

/** What an answer was made of that answerPrepared made; undefined for every other, and where its headers were asked for. */
export const partsOf = (response: Response): PreparedParts | undefined => PreparedAnswer.partsOf(response)

/** Sets a header of an answer of any kind. */
export const addHeader = (response: Response, name: string, value: string): void => {
  const parts = PreparedAnswer.partsOf(response)
  const before = parts?.prepared.fields[name]
  if (parts && before === undefined) (parts.changing as Record<string, string>)[name] = value
  else if (before !== value) response.headers.set(name, value)
}
