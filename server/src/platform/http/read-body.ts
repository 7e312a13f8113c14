import { JsonProblem, parseJson } from '../../../../contract/json.ts'
import { Problem, problemOf } from '../../../../contract/problems.ts'

export interface BodyLimits {
  maxBytes: number
  maxDepth: number
}

/** The JSON body of a request, strictly read. Throws a Problem: 413, 415, 400 (not JSON) or 422 (JSON we refuse). */
export const readJsonBody = async (request: Request, limits: BodyLimits): Promise<unknown> => {
  checkMediaType(request)
  const text = decodeUtf8(await readBytes(request, limits.maxBytes))
  try {
    return parseJson(text, { maxDepth: limits.maxDepth }).value
  } catch (error) {
    if (error instanceof JsonProblem) throw problemOf(error.findings)
    throw error
  }
}

const checkMediaType = (request: Request): void => {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw new Problem('unsupported_media_type', {
      detail: `Send the body with Content-Type: application/json${type ? ` (it came as ${type})` : ''}.`,
      headers: { accept: 'application/json' },
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

const tooLarge = (maxBytes: number): Problem =>
  new Problem('body_too_large', {
    detail: `The body may have at most ${maxBytes} bytes (setting PARASOL_MAX_DOCUMENT_BYTES).`,
  })

const readBytes = async (request: Request, maxBytes: number): Promise<Uint8Array> => {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of wholly(request.body)) {
    size += chunk.byteLength
    if (size > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** A client that breaks off is no fault of ours, though its connection fails as one to a store would. */
export const brokenOff = (cause: unknown): Problem =>
  new Problem('invalid_request', { detail: 'The body did not arrive as a whole.', cause })

async function* wholly(body: Request['body']): AsyncGenerator<Uint8Array> {
  try {
    yield* body ?? []
  } catch (cause) {
    throw brokenOff(cause)
  }
}

const decodeUtf8 = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Problem('invalid_json', {
      detail: 'The body is not UTF-8, the only encoding of JSON (RFC 8259).',
    })
  }
}
