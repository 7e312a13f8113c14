/** Carries the lines of an answer's headers, already written, beside the headers themselves; listen-node.ts sends them. */
export const preparedLines = Symbol('prepared lines')

/** What differs from answer to answer; all other headers are prepared once. */
type Changing = 'cache-status' | 'x-request-id'

/** The Cache-Status of nearly all answers, prepared with the rest. */
export const hitInMemory = 'parasol; hit; detail=memory'

export interface PreparedHeaders {
  fields: Readonly<Record<string, string>>
  /** The same as header lines, for Node. */
  lines: string
  /** The same as a Headers object, which Bun copies faster than it reads a record; only there. */
  headers: Headers | undefined
}

const onBun = 'Bun' in globalThis

export const prepareHeaders = (fields: Record<string, string>): PreparedHeaders => ({
  fields,
  lines: Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join(''),
  headers: onBun ? new Headers({ ...fields, 'cache-status': hitInMemory }) : undefined,
})

type Send = (
  status: number,
  body: string | Uint8Array<ArrayBuffer> | null,
  prepared: PreparedHeaders,
  changing: Record<Changing, string>,
) => Response

/** On the Response itself: the record that its headers are sent from. */
const recordKey = Symbol('record')
interface Carrier {
  [recordKey]?: Record<string | symbol, string>
}

const sendOnNode: Send = (status, body, { fields, lines }, changing) => {
  const headers = { ...fields, ...changing, [preparedLines]: lines }
  const response: Response & Carrier = new Response(body, { status, headers })
  response[recordKey] = headers
  return response
}

const sendOnBun: Send = (status, body, { fields, headers = fields }, changing) => {
  const response = new Response(body, { status, headers })
  if (changing['cache-status'] !== hitInMemory) response.headers.set('cache-status', changing['cache-status'])
  response.headers.set('x-request-id', changing['x-request-id'])
  return response
}

/** An answer from bytes and headers that were made before: the cheapest there is on the runtime at hand. */
export const answerPrepared: Send = onBun ? sendOnBun : sendOnNode

/**
 * Adds a header, which the answer must not have yet, to an answer of any kind. On Node the Headers of a prepared one cannot be
 * touched: it is sent from its lines.
 */
export const addHeader = (response: Response, name: string, value: string): void => {
  const record = (response as Carrier)[recordKey]
  if (record === undefined) {
    response.headers.set(name, value)
    return
  }
  record[name] = value
  record[preparedLines] += `${name}: ${value}\r\n`
}
