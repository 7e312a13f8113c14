import { JsonProblem, type JsonValue, parseJson } from '../../../../contract/json.ts'
import { Problem, problemOf } from '../../../../contract/problems.ts'

export interface BodyLimits {
  maxBytes: number
  maxDepth: number
}

/** How many bytes a body may have, and the setting that says so; null: none does. `arrived` is told of each piece, and may throw. */
interface ByteLimit {
  maxBytes: number
  setting?: string | null
  arrived?: (bytes: number) => void
}

/** The JSON body of a request, strictly read. Throws a Problem: 413, 415, 400 (not JSON) or 422 (JSON we refuse). */
export const readJsonBody = async (request: Request, limits: BodyLimits): Promise<unknown> => {
  checkMediaType(request, 'application/json')
  return parseBytes(await readBytes(request, limits), limits, 'body')
}

/** JSON, strictly read. Throws a Problem: 400 (not UTF-8, not JSON) or 422 (JSON we refuse); `what` is the name of it. */
export const parseBytes = (bytes: Uint8Array, { maxDepth }: BodyLimits, what: string): JsonValue => {
  const text = decodeUtf8(bytes, what)
  try {
    return parseJson(text, { maxDepth }).value
  } catch (error) {
    if (error instanceof JsonProblem) throw problemOf(error.findings)
    throw error
  }
}

/** Throws 415 for a body of another media type, or under a content coding. */
export const checkMediaType = (request: Request, expected: string): void => {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== expected) {
    throw new Problem('unsupported_media_type', {
      detail: `Send the body with Content-Type: ${expected}${type ? ` (it came as ${type})` : ''}.`,
      headers: { accept: expected },
    })
  }
  const coding = request.headers.get('content-encoding')
  if (coding && coding.toLowerCase() !== 'identity') {
    throw new Problem('unsupported_media_type', {
      detail: `Send the body without Content-Encoding (it came as ${coding}).`,
      headers: { 'accept-encoding': 'identity' },
    })
  }
}

const tooLarge = ({ maxBytes, setting = 'PARASOL_MAX_DOCUMENT_BYTES' }: ByteLimit): Problem =>
  new Problem('body_too_large', {
    detail: `The body may have at most ${maxBytes} bytes${setting === null ? '' : ` (setting ${setting})`}.`,
  })

/** The bytes of a body. Throws a Problem: 413, or 400 where they do not all arrive. */
export const readBytes = async (request: Request, limit: ByteLimit): Promise<Uint8Array> => {
  const { maxBytes } = limit
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(limit)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of wholly(request.body)) {
    size += chunk.byteLength
    if (size > maxBytes) throw tooLarge(limit)
    limit.arrived?.(chunk.byteLength)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** A client that breaks off is no fault of ours, though its connection fails as one to a store would. */
export const brokenOff = (cause: unknown): Problem =>
  new Problem('invalid_request', { detail: 'The body did not arrive as a whole.', cause })

/** The bytes as they arrive; throws {@link brokenOff} where they end too early. */
export async function* wholly(body: Request['body']): AsyncGenerator<Uint8Array> {
  try {
    yield* body ?? []
  } catch (cause) {
    throw brokenOff(cause)
  }
}

export const decodeUtf8 = (bytes: Uint8Array, what: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Problem('invalid_json', {
      detail: `The ${what} is not UTF-8, the only encoding of JSON (RFC 8259).`,
    })
  }
}
