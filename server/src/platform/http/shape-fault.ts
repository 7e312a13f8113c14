import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { ProblemCode } from '../../../../contract/problems.ts'
import type { ConnectionLimits } from './listener.ts'

/** What is wrong with a request, and how to do better. */
export type Fault = [code: ProblemCode, detail: string]

type Incoming = Pick<IncomingMessage | Http2ServerRequest, 'httpVersion' | 'rawHeaders' | 'url'> & {
  authority?: string
}

const absoluteForm = /^https?:\/\/([^/?#]+)/i
/** `.` and `..`, also percent-encoded, as a URL parser takes them away. */
const dotSegment = /\/(?:\.|%2e){1,2}(?:\/|$)/i

/**
 * What node:http lets pass though two readers may take it for different requests: versions it does not speak, lengths told
 * twice over, several hosts, an address that contradicts the Host (RFC 9112 §3.2.2, §6.1, §6.3). Undefined for a good one.
 */
export const shapeFault = (incoming: Incoming, limits: ConnectionLimits): Fault | undefined => {
  const { httpVersion, rawHeaders, url: target = '' } = incoming
  if (target.length > limits.addressBytes) {
    return ['uri_too_long', `The address may have ${limits.addressBytes} bytes.`]
  }
  if (rawHeaders.length > limits.headers * 2) {
    return ['headers_too_large', `A request may have ${limits.headers} headers.`]
  }
  if (httpVersion !== '1.1' && httpVersion !== '1.0' && httpVersion !== '2.0') {
    return ['invalid_request', `HTTP/${httpVersion} is not spoken here; send HTTP/1.1.`]
  }
  if (target.includes('#')) return ['invalid_request', 'The address must not have a fragment (#).']
  return headersFault(incoming, target)
}

const headersFault = (
  { httpVersion, rawHeaders, authority }: Incoming,
  target: string,
): Fault | undefined => {
  let host = authority
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (name.length === 4 && name.toLowerCase() === 'host') {
      const value = rawHeaders[at + 1] as string
      if (host !== undefined && host !== value) return ['invalid_request', 'Send one Host header.']
      // A second one is refused also where it says the same, but for HTTP/2, where :authority says it too.
      if (host !== undefined && authority === undefined) return ['invalid_request', 'Send one Host header.']
      host = value
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      if (httpVersion !== '1.1') return ['invalid_request', `HTTP/${httpVersion} has no Transfer-Encoding.`]
      if (rawHeaders[at + 1]?.toLowerCase() !== 'chunked') {
        return ['invalid_request', 'Transfer-Encoding may be chunked alone.']
      }
    }
  }
  return target.charCodeAt(0) === 47 ? undefined : targetFault(target, host)
}

export const targetFault = (target: string, host: string | undefined): Fault | undefined => {
  const authority = absoluteForm.exec(target)?.[1]
  if (authority === undefined) return ['invalid_request', 'The address must begin with "/".']
  return authority.toLowerCase() === host?.toLowerCase()
    ? undefined
    : ['invalid_request', 'The address names another host than the Host header.']
}

/**
 * What a URL parser made another path of: whoever stands in front may have let it pass for what it was. `target` is what was
 * sent, `url` what became of it. Characters that were only encoded, in the query, are no fault.
 */
export const rewriteFault = (target: string, url: string): Fault | undefined => {
  // endsWith looks at one letter after the other, in six times as long.
  if (url.slice(-target.length) === target) return undefined
  const path = target.replace(absoluteForm, '').replace(/\?.*$/s, '')
  if (path === '' || url.replace(absoluteForm, '').replace(/\?.*$/s, '') === path) return undefined
  return dotSegment.test(path)
    ? ['invalid_request', 'The path must not have segments "." or "..", also encoded.']
    : ['invalid_request', 'Characters that have no place in a path must be percent-encoded.']
}
