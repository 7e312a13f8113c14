import { IncomingMessage } from 'node:http'

/** What is asked of the headers of a request. */
export type HeaderFields = Pick<Headers, 'get' | 'has'>

/** The symbol under which the listener's Request has what node:http received; found once, null where there is none. */
let messageKey: symbol | null | undefined = 'Bun' in globalThis ? null : undefined

const findMessageKey = (request: Request): symbol | undefined =>
  Object.getOwnPropertySymbols(request).find(
    (key) => (request as unknown as Record<symbol, unknown>)[key] instanceof IncomingMessage,
  )

/** Of these node:http joins several lines as Headers do; of others it keeps the first. */
const joined: ReadonlySet<string> = new Set([
  ...['accept', 'accept-encoding', 'accept-language', 'cache-control', 'if-none-match', 'range'],
])

class ReceivedFields implements HeaderFields {
  readonly #received: IncomingMessage['headers']
  readonly #request: Request

  constructor(received: IncomingMessage['headers'], request: Request) {
    this.#received = received
    this.#request = request
  }

  get(name: string): string | null {
    const value = this.#received[name]
    if (value === undefined) return null
    return joined.has(name) && typeof value === 'string' ? value : this.#request.headers.get(name)
  }

  has(name: string): boolean {
    return this.#received[name] !== undefined
  }
}

/**
 * The headers of a request, names in lower case, for who looks for many that are hardly ever there: the listener's Headers on Node
 * check each name anew, a look into what was parsed takes a tenth of that. The rest is read from the Headers all the same.
 */
export const fieldsOf = (request: Request): HeaderFields => {
  if (messageKey === undefined) messageKey = findMessageKey(request)
  if (!messageKey) return request.headers
  const message = (request as unknown as Record<symbol, IncomingMessage | undefined>)[messageKey]
  // HTTP/2 has a message of another kind.
  return message instanceof IncomingMessage ? new ReceivedFields(message.headers, request) : request.headers
}
