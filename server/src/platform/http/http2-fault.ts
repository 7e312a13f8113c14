import type { Http2ServerRequest } from 'node:http2'
import type { ConnectionLimits } from './listener.ts'
import { type Fault, targetFault } from './shape-fault.ts'

/**
 * What node:http2 lets pass though two readers may take it for different requests: several hosts, an address that contradicts them,
 * headers that HTTP/2 has not (RFC 9113 §8.2.2, §8.3.1). Undefined for a good one.
 */
export const http2Fault = (incoming: Http2ServerRequest, limits: ConnectionLimits): Fault | undefined => {
  const { rawHeaders, url: target = '' } = incoming
  if (target.length > limits.addressBytes) {
    return ['uri_too_long', `The address may have ${limits.addressBytes} bytes.`]
  }
  if (rawHeaders.length > limits.headers * 2) {
    return ['headers_too_large', `A request may have ${limits.headers} headers.`]
  }
  if (target.includes('#')) return ['invalid_request', 'The address must not have a fragment (#).']
  return headersFault(incoming, target)
}

const headersFault = ({ rawHeaders, authority }: Http2ServerRequest, target: string): Fault | undefined => {
  let host: string | undefined = authority
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase()
    if (name === 'host') {
      const value = rawHeaders[at + 1] as string
      // A second one is refused also where it says the same, unless :authority was the first.
      const isSecond = host !== undefined && (host !== value || authority === undefined)
      if (isSecond) return ['invalid_request', 'Send one Host header.']
      host = value
    } else if (name === 'transfer-encoding') {
      return ['invalid_request', 'HTTP/2 has no Transfer-Encoding.']
    }
  }
  return target.charCodeAt(0) === 47 ? undefined : targetFault(target, host)
}
