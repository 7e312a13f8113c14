/** Carry the lines of an answer's headers, already written, and what differs from answer to answer; listen-node.ts sends them. */
export const preparedLines = Symbol('prepared lines')
export const changingFields = Symbol('changing fields')

/** The Cache-Status of nearly all answers, prepared with the rest. */
export const hitInMemory = 'parasol; hit; detail=memory'

/** What differs from answer to answer, names in lower case; all other headers are prepared once. */
export type Changing = Readonly<Record<string, string>>

export interface PreparedHeaders {
  fields: Readonly<Record<string, string>>
  /** The same as header lines, for Node. */
  lines: string
  /** The same as a Headers object, which Bun copies faster than it reads a record; only there. */
  headers: Headers | undefined
}

/** What a prepared answer was made of, for who keeps answers: nothing of it is copied. */
export interface PreparedParts {
  status: number
  body: string | Uint8Array<ArrayBuffer> | null
  prepared: PreparedHeaders
  changing: Changing
}

const onBun = 'Bun' in globalThis

/** Writes headers, names in lower case, once for many answers; with a body, Content-Length must be among them. */
export const prepareHeaders = (fields: Record<string, string>): PreparedHeaders => ({
  fields,
  lines: Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join(''),
  headers: onBun ? new Headers({ ...fields, 'cache-status': hitInMemory }) : undefined,
})

type Make = (
  status: number,
  body: string | Uint8Array<ArrayBuffer> | null,
  prepared: PreparedHeaders,
  changing: Changing,
) => Response

/** On the Response itself: the record that its headers are sent from, and what all of it was made of. */
const recordKey = Symbol('record')
const partsKey = Symbol('parts')
interface Carrier {
  [recordKey]?: Record<string, string>
  [partsKey]?: PreparedParts
}

/** The listener's Response hands a record on as it is; Node's own, where nothing listens, reads it at once and takes no symbols. */
const handsOn = (): boolean => Object.getPrototypeOf(Response) !== Function.prototype

const makeOnNode: Make = (status, body, { fields, lines }, changing) => {
  if (!handsOn()) return new Response(body, { status, headers: { ...fields, ...changing } })
  const headers = { ...fields, ...changing, [preparedLines]: lines, [changingFields]: changing }
  const response: Response & Carrier = new Response(body, { status, headers })
  response[recordKey] = headers
  return response
}

const makeOnBun: Make = (status, body, { fields, headers = fields }, changing) => {
  const response = new Response(body, { status, headers })
  for (const name in changing) {
    const value = changing[name] ?? ''
    if (name !== 'cache-status' || value !== hitInMemory) response.headers.set(name, value)
  }
  return response
}

const make = onBun ? makeOnBun : makeOnNode

/**
 * An answer from bytes and headers that were made before: the cheapest there is on the runtime at hand. `changing` has
 * Cache-Status and X-Request-Id at least, and is the answer's own from then on.
 */
export const answerPrepared: Make = (status, body, prepared, changing) => {
  const response: Response & Carrier = make(status, body, prepared, changing)
  response[partsKey] = { status, body, prepared, changing }
  return response
}

/** What an answer was made of that answerPrepared made; undefined for every other. */
export const partsOf = (response: Response): PreparedParts | undefined => (response as Carrier)[partsKey]

/**
 * Adds a header, which the answer must not have yet, to an answer of any kind. On Node the Headers of a prepared one cannot be
 * touched: it is sent from its lines.
 */
export const addHeader = (response: Response, name: string, value: string): void => {
  const { [recordKey]: record, [partsKey]: parts }: Carrier = response as Carrier
  if (parts) (parts.changing as Record<string, string>)[name] = value
  if (record) record[name] = value
  else response.headers.set(name, value)
}
