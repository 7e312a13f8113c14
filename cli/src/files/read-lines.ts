import type { Readable } from 'node:stream'
import { Failure } from '../command.ts'
import { reasonOf } from './read-text.ts'

/**
 * The lines of a stream, each without its line feed; no other character ends one, for JSON may hold all others. Ends early,
 * with what is whole, when the stream is destroyed. Throws a Failure for what can't be read or is not UTF-8.
 */
export async function* readLines(input: Readable): AsyncGenerator<string> {
  let rest = ''
  for await (const text of decoded(input)) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '' && !input.errored && input.readableEnded) yield rest
}

async function* decoded(input: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (bytes?: Uint8Array): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined })
    } catch {
      throw new Failure('The lines are not UTF-8 text, the only encoding of JSON.')
    }
  }
  try {
    for await (const bytes of input) yield decode(bytes)
  } catch (error) {
    if (input.destroyed && input.errored === null) return
    if (error instanceof Error && 'syscall' in error) {
      throw new Failure(`The lines can't be read: ${reasonOf(error)}.`)
    }
    throw error
  }
  yield decode()
}
