import { Problem } from '../../../../contract/problems.ts'

export const bodyTooLarge = (maxBytes: number): Problem =>
  new Problem('body_too_large', { detail: `The body may have at most ${maxBytes} bytes at this address.` })
