import { Transform } from 'node:stream'
import { Problem } from '../../../../contract/problems.ts'

export const bodyTooLarge = (maxBytes: number): Problem =>
  new Problem('body_too_large', { detail: `The body may have at most ${maxBytes} bytes at this address.` })

/** Passes a body on up to so many bytes; what is longer breaks off with 413. Undefined where nothing bounds it. */
export const boundBody = (
  maxBytes: number | undefined,
  breakOff: (reason: Error) => void,
): Transform | undefined => {
  if (maxBytes === undefined) return undefined
  let size = 0
  return new Transform({
    transform(chunk: Uint8Array, _, pass) {
      size += chunk.byteLength
      if (size <= maxBytes) return pass(null, chunk)
      const reason = bodyTooLarge(maxBytes)
      breakOff(reason)
      pass(reason)
    },
  })
}
