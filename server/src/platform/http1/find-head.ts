import type { Buffer } from 'node:buffer'
import type { ConnectionLimits } from '../http/listener.ts'
import type { Fault } from '../http/shape-fault.ts'
import { unreadable } from './read-head.ts'

const upperA = 65
const upperZ = 90
const isUpper = (code: number | undefined): boolean => code !== undefined && code >= upperA && code <= upperZ
const emptyLine = '\r\n\r\n'

/** What is before the empty line that ends a head, in Latin-1; undefined while that has not come, a fault where it cannot. */
export const findHead = (bytes: Buffer, { headerBytes }: ConnectionLimits): string | undefined | Fault => {
  if (!isUpper(bytes[0]) && !(bytes[0] === 13 && bytes.length === 1)) return unreadable
  const text = bytes.toString('latin1', 0, headerBytes + emptyLine.length)
  const end = text.indexOf(emptyLine)
  if (end >= 0) return text.slice(0, end)
  if (bytes.length <= headerBytes) return undefined
  return ['headers_too_large', `Request line and headers may have ${headerBytes} bytes.`]
}
