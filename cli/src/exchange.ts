import { exitCodes, Failure } from './command.ts'
import { readRefusal } from './refusal.ts'

/** How a server is reached. */
export interface Connection {
  /** where it answers, without a slash at the end; may have a path */
  url: string
  token: string | undefined
  /** for the whole of one answer, or for its beginning where it is long */
  timeoutMs: number
}

/** One request; `path` with its query. */
export interface Asked {
  method: string
  path: string
  headers?: Record<string, string>
  body?: string
  /** The answer has to begin in time, and may then take as long as it takes. */
  isLong?: boolean
}

/**
 * Sends a request once, and resolves with a good answer. Throws a Refusal for a problem document, and a Failure, which says
 * what to look at, when nothing answers in time, or something that is no Parasol.
 */
export const exchange = async (connection: Connection, asked: Asked): Promise<Response> => {
  const { url, token, timeoutMs } = connection
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(new DOMException('', 'TimeoutError')), timeoutMs)
  // Whoever has its answer need not wait for this.
  timer.unref()
  const response = await fetch(url + asked.path, {
    method: asked.method,
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...asked.headers },
    body: asked.body ?? null,
    redirect: 'manual',
    signal: timeout.signal,
  }).catch((error: unknown) => {
    throw failureOf(error, connection, asked)
  })
  if (asked.isLong) clearTimeout(timer)
  if (response.ok) return response
  if (response.status === 401 && token === undefined) throw noKey(url)
  throw (await readRefusal(response)) ?? stranger(connection, response)
}

const noKey = (url: string): Failure =>
  new Failure(
    `There is no key for ${url}: set PARASOL_TOKEN, or name a file that holds one with --token-file (- for stdin).`,
    exitCodes.unauthorized,
  )

/** What to say of an exchange, or of reading its answer, that failed. */
export const failureOf = (error: unknown, connection: Connection, asked: Asked): Failure => {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new Failure(
      `${connection.url} did not answer within ${connection.timeoutMs / 1000} s.${unknownOutcome(asked)}`,
      exitCodes.unreachable,
    )
  }
  // Node tells the cause of a TypeError, Bun the error itself.
  const code = codeOf(error instanceof Error ? error.cause : undefined) ?? codeOf(error) ?? String(error)
  if (['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code)) {
    return new Failure(
      `There is no Parasol at ${connection.url} (${code}). Start one with "parasol serve", or set PARASOL_URL to where it answers.`,
      exitCodes.unreachable,
    )
  }
  return new Failure(
    `The connection to ${connection.url} broke (${code}).${unknownOutcome(asked)}`,
    exitCodes.unreachable,
  )
}

const codeOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}

/** Whether a change happened is unknown when its answer is lost; the key of the request makes asking again safe. */
const unknownOutcome = ({ method, headers = {} }: Asked): string => {
  if (method === 'GET') return ''
  const key = headers['idempotency-key']?.replaceAll('"', '')
  return key
    ? ` Whether it was done is unknown; with --idempotency-key ${key} the same command does it once at most.`
    : ' Whether it was done is unknown: look before you repeat it.'
}

/** Something else than Parasol answered, such as a proxy's page. */
export const stranger = ({ url }: Connection, response: Response): Failure => {
  const location = response.headers.get('location')
  const type = response.headers.get('content-type') ?? 'no content type'
  const what = location ? `a redirect to ${location}` : `${response.status} with ${type}`
  return new Failure(
    `What answers at ${url} does not look like Parasol: it gave ${what}. Set PARASOL_URL to where Parasol answers.`,
    exitCodes.unreachable,
  )
}
