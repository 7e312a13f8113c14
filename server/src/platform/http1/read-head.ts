import type { ConnectionLimits } from '../http/listener.ts'
import { badAddress } from '../http/refuse-unreadable.ts'
import { type Fault, targetFault } from '../http/shape-fault.ts'
import { isClosing, isKeptAlive, readFields, strange } from './read-fields.ts'

/** Request line and headers, read; names in lower case, each value without the white space around it. */
export interface Head {
  method: string
  target: string
  isHttp10: boolean
  names: string[]
  values: string[]
  host: string
  /** Bytes of the body; `chunked` until they end themselves. */
  length: number | 'chunked'
  keepsAlive: boolean
  expectsContinue: boolean
}

export const unreadable: Fault = ['invalid_request', 'This is not HTTP/1.1 as RFC 9112 defines it.']
const method = /^[A-Z-]{1,32}$/
const version = /^HTTP\/(\d\.\d)$/
/** Beyond ASCII is refused with the words of {@link rewriteFault}, later on. */
const target = /^[\x21-\x7e\x80-\xff]+$/
const digits = /^\d{1,15}$/
/**
 * Reads the head of a request, `text` in Latin-1 up to the empty line, as strictly as RFC 9112 lets a server be: what two readers
 * could take for different requests is a fault, with the connection of no use any more.
 */
export const readHead = (text: string, limits: ConnectionLimits): Head | Fault => {
  if (strange.test(text)) return unreadable
  const lineEnd = text.indexOf('\r\n')
  const line = lineEnd < 0 ? text : text.slice(0, lineEnd)
  const first = line.indexOf(' ')
  const second = line.indexOf(' ', first + 1)
  if (first < 0 || second < 0) return unreadable
  const head: Head = {
    method: line.slice(0, first),
    target: line.slice(first + 1, second),
    isHttp10: false,
    names: [],
    values: [],
    host: '',
    length: 0,
    keepsAlive: true,
    expectsContinue: false,
  }
  const protocol = line.slice(second + 1)
  if (protocol !== 'HTTP/1.1') {
    const spoken = version.exec(protocol)?.[1]
    if (spoken === undefined) return unreadable
    if (spoken !== '1.0') return ['invalid_request', `HTTP/${spoken} is not spoken here; send HTTP/1.1.`]
    head.isHttp10 = true
    head.keepsAlive = false
  }
  if (!method.test(head.method) || !target.test(head.target)) return unreadable
  if (head.method === 'CONNECT') {
    return ['invalid_request', 'This is no proxy: CONNECT is not supported.']
  }
  if (head.target.length > limits.addressBytes) {
    return ['uri_too_long', `The address may have ${limits.addressBytes} bytes.`]
  }
  if (head.target.includes('#')) return ['invalid_request', 'The address must not have a fragment (#).']
  return readHeaders(head, text, lineEnd, limits) ?? checkWhole(head) ?? head
}

const readHeaders = (
  head: Head,
  text: string,
  lineEnd: number,
  limits: ConnectionLimits,
): Fault | undefined => {
  let fault: Fault | undefined
  const isRead = readFields(text, lineEnd < 0 ? text.length : lineEnd + 2, (name, value) => {
    fault =
      head.names.length >= limits.headers
        ? ['headers_too_large', `A request may have ${limits.headers} headers.`]
        : noteField(head, name, value)
    if (fault) return false
    head.names.push(name)
    head.values.push(value)
    return true
  })
  return isRead ? undefined : (fault ?? unreadable)
}

/** What of the headers is about the message itself (RFC 9112 §3.2, §6, §9). */
const noteField = (head: Head, name: string, value: string): Fault | undefined => {
  switch (name) {
    case 'host':
      if (head.names.includes('host')) return ['invalid_request', 'Send one Host header.']
      head.host = value
      return undefined
    case 'content-length':
      if (!digits.test(value) || head.names.includes('content-length')) {
        return ['invalid_request', 'Content-Length must be one number.']
      }
      head.length = head.length === 'chunked' ? head.length : Number(value)
      return undefined
    case 'transfer-encoding':
      if (head.isHttp10) return ['invalid_request', 'HTTP/1.0 has no Transfer-Encoding.']
      if (value.toLowerCase() !== 'chunked' || head.names.includes('transfer-encoding')) {
        return ['invalid_request', 'Transfer-Encoding may be chunked alone.']
      }
      head.length = 'chunked'
      return undefined
    case 'connection':
      if (isClosing(value)) head.keepsAlive = false
      // Close wins, whichever line says it (RFC 9112 §9.3).
      else if (head.isHttp10 && !head.names.includes('connection') && isKeptAlive(value))
        head.keepsAlive = true
      return undefined
    case 'expect':
      if (value.toLowerCase() === '100-continue') head.expectsContinue = !head.isHttp10
      return undefined
    default:
      return undefined
  }
}

const checkWhole = (head: Head): Fault | undefined => {
  const { names, host, target } = head
  if (head.length === 'chunked' && names.includes('content-length')) {
    return ['invalid_request', 'A body has a Content-Length or comes in chunks, not both.']
  }
  if (host === '') return ['invalid_request', badAddress]
  return target.charCodeAt(0) === 47 ? undefined : targetFault(target, host)
}
