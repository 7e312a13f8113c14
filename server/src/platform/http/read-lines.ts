import type { JsonValue } from '../../../../contract/json.ts'
import { Problem } from '../../../../contract/problems.ts'
import { type BodyLimits, parseBytes, wholly } from './read-body.ts'

/** One line of NDJSON, counted from 1: what it says and the bytes that takes, or why it is refused. */
export type Line =
  | { number: number; value: JsonValue; bytes: number }
  | { number: number; problem: Problem; bytes: 0 }

const lineFeed = 10

/**
 * The lines of an NDJSON body as they arrive, each read as strictly as a JSON body and bounded as one. Holds one line at a
 * time, however many come. Lines of spaces are passed over. Throws 400 where the body does not arrive as a whole.
 */
export async function* readLines(request: Request, limits: BodyLimits): AsyncGenerator<Line> {
  let number = 0
  for await (const bytes of splitLines(request.body, limits.maxBytes)) {
    number += 1
    if (bytes === tooLong) yield { number, problem: lineTooLong(limits.maxBytes), bytes: 0 }
    else if (!isBlank(bytes)) yield readLine(bytes, number, limits)
  }
}

const tooLong = Symbol('a line beyond the bound')

/** The last line need not end with a line feed. */
async function* splitLines(
  body: Request['body'],
  maxBytes: number,
): AsyncGenerator<Uint8Array | typeof tooLong> {
  let pieces: Uint8Array[] = []
  let size = 0
  const add = (piece: Uint8Array): void => {
    size += piece.byteLength
    // What is beyond the bound is read, because the next line comes after it, but not kept.
    if (size > maxBytes) pieces = []
    else pieces.push(piece)
  }
  const take = (): Uint8Array | typeof tooLong => {
    const line = size > maxBytes ? tooLong : Buffer.concat(pieces)
    pieces = []
    size = 0
    return line
  }
  for await (const chunk of wholly(body)) {
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      add(chunk.subarray(start, end))
      yield take()
      start = end + 1
    }
    add(chunk.subarray(start))
  }
  if (size > 0) yield take()
}

const lineTooLong = (maxBytes: number): Problem =>
  new Problem('body_too_large', {
    detail: `A line may have at most ${maxBytes} bytes (setting PARASOL_MAX_DOCUMENT_BYTES).`,
  })

const isBlank = (bytes: Uint8Array): boolean =>
  bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)

const readLine = (bytes: Uint8Array, number: number, limits: BodyLimits): Line => {
  try {
    return { number, value: parseBytes(bytes, limits, 'line'), bytes: bytes.byteLength }
  } catch (error) {
    if (error instanceof Problem) return { number, problem: error, bytes: 0 }
    throw error
  }
}
